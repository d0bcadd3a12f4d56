// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// SignIn begins a session for the user of the proof, at the actor's address
// and user agent, and returns it with the token for the cookie, which is not
// kept. ErrStale when the proof no longer holds.
//
// It records session-established, which reaches the streams that ask for it.
func SignIn(_ context.Context, tx idp.Tx, actor idp.Actor, policy SessionPolicy, proof Proof, cause Cause) (idp.Session, string, error) {
	u, err := proof.holds(tx)
	if err != nil {
		return idp.Session{}, "", err
	}
	c, err := begin(tx, actor, cause, "The user signed in", "")
	if err != nil {
		return idp.Session{}, "", err
	}
	token := idp.NewToken()
	s := idp.Session{
		ID: idp.NewID[idp.SessionID](), UserID: u.ID, TokenHash: idp.HashToken(token),
		CreatedAt: tx.Now(), AuthTime: tx.Now(), AMR: passwordAMR(),
		LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(policy.absolute()),
		Address: actor.Address, UserAgent: actor.UserAgent,
	}
	if err := tx.CreateSession(s); err != nil {
		return idp.Session{}, "", err
	}
	p, err := principal(tx, u)
	if err != nil {
		return idp.Session{}, "", err
	}
	event := caep.SessionEstablished{Common: c.common(), ACR: s.ACR, AMR: s.AMR}
	if err := c.record(ofSession(p, s.ID), event); err != nil {
		return idp.Session{}, "", err
	}
	return s, token, c.enter("session.sign_in", u)
}

// Reauthenticate renews the auth_time of a live session after its user proved
// again who they are, and gives it a new cookie token: the old one stops
// working. A proof of somebody else is ErrStale, an ended session
// idp.ErrExpired.
//
// It records nothing: the session and its level are the same.
func Reauthenticate(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.SessionID, proof Proof) (idp.Session, string, error) {
	u, err := proof.holds(tx)
	if err != nil {
		return idp.Session{}, "", err
	}
	s, err := tx.Session(id)
	if err != nil {
		return idp.Session{}, "", err
	}
	if s.UserID != u.ID {
		return idp.Session{}, "", fmt.Errorf("%w: session %s is another user's", ErrStale, id)
	}
	if !s.Live(tx.Now()) {
		return idp.Session{}, "", fmt.Errorf("session %s: %w", id, idp.ErrExpired)
	}
	token := idp.NewToken()
	s.TokenHash = idp.HashToken(token)
	s.AuthTime, s.LastSeenAt, s.AMR = tx.Now(), tx.Now(), passwordAMR()
	if err := tx.UpdateSession(s); err != nil {
		return idp.Session{}, "", err
	}
	c, err := begin(tx, actor, Cause{}, "The user proved who they are again", "")
	if err != nil {
		return idp.Session{}, "", err
	}
	return s, token, c.enter("session.reauthenticate", u)
}

// passwordAMR is the "amr" of a sign-in with a password (OIDC Core §2).
func passwordAMR() []string { return []string{"pwd"} }
