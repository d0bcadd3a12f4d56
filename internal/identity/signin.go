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
	if err := proof.enough(tx); err != nil {
		return idp.Session{}, "", err
	}
	c, err := begin(tx, actor, cause, idp.CauseSignIn, "The user signed in", "")
	if err != nil {
		return idp.Session{}, "", err
	}
	token := idp.NewToken()
	s := idp.Session{
		ID: idp.NewID[idp.SessionID](), UserID: u.ID, TokenHash: idp.HashToken(token),
		CreatedAt: tx.Now(), AuthTime: tx.Now(), AMR: proof.AMR(), ACR: proof.acr,
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

// Reauthenticate gives a live session the auth_time, methods and level of a
// fresh proof of its user, and a new cookie token: the old one stops working. A
// proof of somebody else is ErrStale, an ended session idp.ErrExpired, a
// password alone where the user has a second factor ErrFactorNeeded.
//
// It records an assurance-level-change when the level is another than before,
// and otherwise nothing: the session is the same.
func Reauthenticate(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.SessionID, proof Proof) (idp.Session, string, error) {
	u, s, err := proof.renews(tx, id)
	if err != nil {
		return idp.Session{}, "", err
	}
	c, err := begin(tx, actor, Cause{}, idp.CauseSignIn, "The user proved who they are again", "")
	if err != nil {
		return idp.Session{}, "", err
	}
	before, token := s.ACR, idp.NewToken()
	s.TokenHash = idp.HashToken(token)
	s.AuthTime, s.LastSeenAt, s.AMR, s.ACR = tx.Now(), tx.Now(), proof.AMR(), proof.acr
	if err := tx.UpdateSession(s); err != nil {
		return idp.Session{}, "", err
	}
	p, err := principal(tx, u)
	if err != nil {
		return idp.Session{}, "", err
	}
	if err := c.levelChanged(p, s, before); err != nil {
		return idp.Session{}, "", err
	}
	return s, token, c.enter("session.reauthenticate", u)
}

// renews returns the user and the session of theirs that the proof can renew.
func (p Proof) renews(tx idp.Tx, id idp.SessionID) (idp.User, idp.Session, error) {
	u, err := p.holds(tx)
	if err != nil {
		return idp.User{}, idp.Session{}, err
	}
	if err := p.enough(tx); err != nil {
		return idp.User{}, idp.Session{}, err
	}
	s, err := tx.Session(id)
	if err != nil {
		return idp.User{}, idp.Session{}, err
	}
	if s.UserID != u.ID {
		return idp.User{}, idp.Session{}, fmt.Errorf("%w: session %s is another user's", ErrStale, id)
	}
	if !s.Live(tx.Now()) {
		return idp.User{}, idp.Session{}, fmt.Errorf("session %s: %w", id, idp.ErrExpired)
	}
	return u, s, nil
}
