// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// SignOut ends a session because its user said so, with its tokens.
//
// It records a session-revoked for that session, or nothing when the session
// has ended already.
func SignOut(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.SessionID, cause Cause) error {
	c, err := begin(tx, actor, cause, idp.CauseSignOut, "The user signed out", "")
	if err != nil {
		return err
	}
	return c.endOne(id, "signed out", "session.sign_out")
}

// RevokeSession ends a session from elsewhere: its user from their account
// page, or an admin. Its tokens end with it; other sessions stay.
//
// It records a session-revoked for that session, or nothing when the session
// has ended already.
func RevokeSession(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.SessionID, cause Cause) error {
	admin, user := "The user revoked the session", ""
	if actor.InitiatingEntity() == string(caep.ByAdmin) {
		admin, user = "An administrator revoked the session", "An administrator ended your session"
	}
	c, err := begin(tx, actor, cause, idp.CauseRevoked, admin, user)
	if err != nil {
		return err
	}
	return c.endOne(id, "revoked", "session.revoke")
}

// RevokeSessions ends all sessions of a user with all their tokens: "sign out
// everywhere".
//
// It records one session-revoked for the user without a session, also when
// there is no session here: an application may still have one.
func RevokeSessions(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	admin, text := "The user signed out everywhere", ""
	if actor.InitiatingEntity() == string(caep.ByAdmin) {
		admin, text = "An administrator revoked all sessions", "An administrator ended your sessions"
	}
	c, err := begin(tx, actor, cause, idp.CauseRevoked, admin, text)
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.endAll(p, "all sessions revoked"); err != nil {
		return err
	}
	return c.enter("user.revoke_sessions", u)
}

// endOne ends one live session and records it.
func (c change) endOne(id idp.SessionID, reason, action string) error {
	s, err := c.tx.Session(id)
	if err != nil {
		return err
	}
	if !s.EndedAt.IsZero() {
		return nil
	}
	u, err := c.tx.User(s.UserID)
	if err != nil {
		return fmt.Errorf("session %s: %w", id, err)
	}
	p, err := principal(c.tx, u)
	if err != nil {
		return err
	}
	if err := c.endSession(p, s, reason); err != nil {
		return err
	}
	return c.enter(action, u)
}

// endOthers ends the live sessions of a user but one, each with a signal of
// its own: a user-wide one would also end the session that stays.
func (c change) endOthers(p idp.Principal, keep idp.SessionID, reason string) error {
	sessions, err := c.tx.SessionsOf(p.UserID, true)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.ID == keep {
			continue
		}
		if err := c.endSession(p, s, reason); err != nil {
			return err
		}
	}
	return nil
}

// endSession ends a session with its tokens and records a session-revoked
// about it.
func (c change) endSession(p idp.Principal, s idp.Session, reason string) error {
	if err := c.tx.EndSession(s.ID, reason); err != nil {
		return err
	}
	if _, err := c.tx.RevokeTokens(idp.TokenFilter{SessionID: s.ID}); err != nil {
		return err
	}
	return c.record(ofSession(p, s.ID), caep.SessionRevoked{Common: c.common()})
}

// endAll ends all sessions and tokens of a user and records one
// session-revoked for the user as a whole.
func (c change) endAll(p idp.Principal, reason string) error {
	sessions, err := c.tx.SessionsOf(p.UserID, true)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := c.tx.EndSession(s.ID, reason); err != nil {
			return err
		}
	}
	if _, err := c.tx.RevokeTokens(idp.TokenFilter{UserID: p.UserID}); err != nil {
		return err
	}
	return c.record(p, caep.SessionRevoked{Common: c.common()})
}
