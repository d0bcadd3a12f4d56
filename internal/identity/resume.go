// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// SessionPolicy says how long sessions live. See EndTimedOutSessions for what
// happens when their time is up.
type SessionPolicy struct {
	// Idle ends a session that was not used for so long. Zero means 8 hours.
	Idle time.Duration
	// Absolute ends a session so long after its sign-in, used or not. Zero
	// means 30 days. Sessions that exist keep the end they were given.
	Absolute time.Duration
}

func (p SessionPolicy) idle() time.Duration {
	if p.Idle > 0 {
		return p.Idle
	}
	return 8 * time.Hour
}

func (p SessionPolicy) absolute() time.Duration {
	if p.Absolute > 0 {
		return p.Absolute
	}
	return 30 * 24 * time.Hour
}

// Live reports whether a session can be used at now: it was not ended, is not
// idle for too long, and its absolute time is not up.
func (p SessionPolicy) Live(s idp.Session, now time.Time) bool {
	return s.Live(now) && now.Before(s.LastSeenAt.Add(p.idle()))
}

// touchEvery bounds how often the use of a session is written.
const touchEvery = time.Minute

// Resume returns the session of a cookie and its user. Without a session the
// error wraps idp.ErrNotFound, for one that is over idp.ErrExpired, for a
// disabled user idp.ErrDisabled.
//
// It notes that the session was used, at most once a minute and in an Update
// of its own, so that most requests only read.
func (p SessionPolicy) Resume(ctx context.Context, db idp.DB, token string) (idp.Session, idp.User, error) {
	var s idp.Session
	var u idp.User
	var seen time.Time
	err := db.View(ctx, func(tx idp.Tx) (err error) {
		seen = tx.Now()
		if s, err = tx.SessionByToken(idp.HashToken(token)); err != nil {
			return err
		}
		if !p.Live(s, seen) {
			return fmt.Errorf("session %s: %w", s.ID, idp.ErrExpired)
		}
		u, err = tx.User(s.UserID)
		return err
	})
	if err != nil {
		return idp.Session{}, idp.User{}, err
	}
	if u.Disabled() {
		return idp.Session{}, idp.User{}, fmt.Errorf("user %s: %w", u.ID, idp.ErrDisabled)
	}
	if seen.Sub(s.LastSeenAt) < touchEvery {
		return s, u, nil
	}
	err = db.Update(ctx, func(tx idp.Tx) (err error) {
		// Read again: the session may have been ended or given a new token
		// meanwhile, and writing back the old row would undo that.
		if s, err = tx.Session(s.ID); err != nil {
			return err
		}
		if !p.Live(s, tx.Now()) {
			return fmt.Errorf("session %s: %w", s.ID, idp.ErrExpired)
		}
		s.LastSeenAt = tx.Now()
		return tx.UpdateSession(s)
	})
	return s, u, err
}
