// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"slices"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// PresentSession notes that a live session is used at an application. Call it
// before the application gets its tokens. A session that is over is
// idp.ErrExpired.
//
// It records a session-presented for the session when the application got no
// tokens through it before, and otherwise nothing (CAEP §3.7).
func PresentSession(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.SessionID, application idp.ApplicationID, cause Cause) error {
	s, err := tx.Session(id)
	if err != nil {
		return err
	}
	if !s.Live(tx.Now()) {
		return fmt.Errorf("session %s: %w", id, idp.ErrExpired)
	}
	used, err := tx.SessionApplications(id)
	if err != nil || slices.Contains(used, application) {
		return err
	}
	app, err := tx.Application(application)
	if err != nil {
		return err
	}
	u, err := tx.User(s.UserID)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseSignIn, "The session was used at another application", "")
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.record(ofSession(p, s.ID), caep.SessionPresented{Common: c.common()}); err != nil {
		return err
	}
	return c.enterAbout("session.present", "application", string(app.ID), app.Name)
}

// TouchSession notes that a session was used, at most once a minute, so that it
// does not end as idle while its applications refresh their tokens. It records
// nothing.
func TouchSession(tx idp.Tx, s idp.Session) error {
	if tx.Now().Sub(s.LastSeenAt) < touchEvery {
		return nil
	}
	s.LastSeenAt = tx.Now()
	return tx.UpdateSession(s)
}
