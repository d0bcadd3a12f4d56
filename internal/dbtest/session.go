// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var sessionChecks = []check{
	{"comes back as it was made", func(e *env) {
		u := e.user("ada")
		at := u.CreatedAt
		want := idp.Session{
			ID: "sid", UserID: u.ID, TokenHash: idp.HashToken("cookie"), CreatedAt: at, AuthTime: at.Add(time.Second),
			AMR: []string{"pwd", "otp"}, ACR: "2", LastSeenAt: at.Add(time.Minute), ExpiresAt: at.Add(time.Hour),
			Address: "192.0.2.1", UserAgent: "Browser/1.0", EndedAt: at.Add(2 * time.Minute), EndReason: "signed out",
		}
		write(e, idp.Tx.CreateSession, want)
		same(e, "Session", read(e, idp.Tx.Session, "sid"), want)
		same(e, "SessionByToken", read(e, idp.Tx.SessionByToken, idp.HashToken("cookie")), want)
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.Session, "none")
		missing(e, idp.Tx.SessionByToken, idp.HashToken("none"))
		missing(e, idp.Tx.SessionByToken, idp.Hash{})
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateSession,
			idp.Session{ID: "none", TokenHash: idp.HashToken("x"),
				AuthTime: time.Now(), LastSeenAt: time.Now(), ExpiresAt: time.Now()})
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.EndSession("none", "signed out") })
		refuse(e, idp.ErrNotFound, idp.Tx.CreateSession,
			idp.Session{ID: "sid", UserID: "nobody", TokenHash: idp.HashToken("x"), ExpiresAt: time.Now()})
	}},
	{"has a cookie of its own", func(e *env) {
		u := e.user("ada")
		s := e.session("sid", u.ID)
		s.ID = "other"
		refuse(e, idp.ErrConflict, idp.Tx.CreateSession, s)
	}},
	{"replaces what changes while it lives", func(e *env) {
		u := e.user("ada")
		was := e.session("sid", u.ID)
		now := was
		now.TokenHash = idp.HashToken("next cookie")
		now.AuthTime = was.AuthTime.Add(time.Minute)
		now.AMR, now.ACR = []string{"pwd"}, "1"
		now.LastSeenAt = was.LastSeenAt.Add(time.Minute)
		now.ExpiresAt = was.ExpiresAt.Add(time.Minute)
		write(e, idp.Tx.UpdateSession, now)
		same(e, "Session", read(e, idp.Tx.Session, was.ID), now)
		missing(e, idp.Tx.SessionByToken, was.TokenHash)

		fixed := now
		fixed.Address, fixed.EndReason, fixed.EndedAt = "changed", "changed", now.ExpiresAt
		write(e, idp.Tx.UpdateSession, fixed)
		same(e, "Session after an update of what is fixed", read(e, idp.Tx.Session, was.ID), now)
	}},
	{"ends once", func(e *env) {
		u := e.user("ada")
		s := e.session("sid", u.ID)
		e.update(func(tx idp.Tx) error {
			s.EndedAt, s.EndReason = tx.Now(), "signed out"
			return tx.EndSession(s.ID, "signed out")
		})
		e.update(func(tx idp.Tx) error { return tx.EndSession(s.ID, "signed out by an admin") })
		same(e, "Session", read(e, idp.Tx.Session, s.ID), s)
	}},
	{"is listed, newest first", func(e *env) {
		u := e.user("ada")
		e.update(func(tx idp.Tx) error {
			for i, s := range []idp.Session{
				{ID: "old", ExpiresAt: tx.Now().Add(time.Hour)},
				{ID: "expired", ExpiresAt: tx.Now().Add(-time.Second)},
				{ID: "ended", ExpiresAt: tx.Now().Add(time.Hour), EndedAt: tx.Now()},
				{ID: "new", ExpiresAt: tx.Now().Add(time.Hour)},
			} {
				s.UserID, s.TokenHash = u.ID, idp.HashToken(string(s.ID))
				s.CreatedAt = u.CreatedAt.Add(time.Duration(i) * time.Second)
				if err := tx.CreateSession(s); err != nil {
					return err
				}
			}
			return nil
		})
		for liveOnly, want := range map[bool][]idp.SessionID{
			false: {"new", "ended", "expired", "old"},
			true:  {"new", "old"},
		} {
			var got []idp.SessionID
			for _, s := range get(e, func(tx idp.Tx) ([]idp.Session, error) { return tx.SessionsOf(u.ID, liveOnly) }) {
				got = append(got, s.ID)
			}
			same(e, "SessionsOf", got, want)
		}
	}},
	{"is listed once its idle or absolute time is up", func(e *env) {
		u := e.user("ada")
		var now time.Time
		e.update(func(tx idp.Tx) error {
			now = tx.Now()
			for _, s := range []idp.Session{
				{ID: "a idle", LastSeenAt: now.Add(-time.Hour), ExpiresAt: now.Add(time.Hour)},
				{ID: "b over", LastSeenAt: now, ExpiresAt: now},
				{ID: "c both", LastSeenAt: now.Add(-2 * time.Hour), ExpiresAt: now.Add(-time.Hour)},
				{ID: "d in use", LastSeenAt: now.Add(-time.Hour + time.Millisecond), ExpiresAt: now.Add(time.Hour)},
				{ID: "e ended", LastSeenAt: now.Add(-2 * time.Hour), ExpiresAt: now, EndedAt: now},
			} {
				s.UserID, s.TokenHash = u.ID, idp.HashToken(string(s.ID))
				if err := tx.CreateSession(s); err != nil {
					return err
				}
			}
			return nil
		})
		for limit, want := range map[int][]idp.SessionID{10: {"a idle", "b over", "c both"}, 2: {"a idle", "b over"}} {
			var got []idp.SessionID
			for _, s := range get(e, func(tx idp.Tx) ([]idp.Session, error) {
				return tx.TimedOutSessions(now.Add(-time.Hour), limit)
			}) {
				got = append(got, s.ID)
			}
			same(e, "TimedOutSessions", got, want)
		}
	}},
	{"is swept after it ended or expired", func(e *env) {
		u := e.user("ada")
		var before time.Time
		e.update(func(tx idp.Tx) error {
			before = tx.Now()
			for _, s := range []idp.Session{
				{ID: "live", ExpiresAt: before.Add(time.Hour)},
				{ID: "just expired", ExpiresAt: before},
				{ID: "expired", ExpiresAt: before.Add(-time.Millisecond)},
				{ID: "ended", ExpiresAt: before.Add(time.Hour), EndedAt: before.Add(-time.Millisecond)},
				{ID: "just ended", ExpiresAt: before.Add(time.Hour), EndedAt: before},
			} {
				s.UserID, s.TokenHash = u.ID, idp.HashToken(string(s.ID))
				if err := tx.CreateSession(s); err != nil {
					return err
				}
			}
			return nil
		})
		for _, want := range []int{1, 1, 0} {
			e.update(func(tx idp.Tx) error {
				n, err := tx.SweepSessions(before, 1)
				if n != want {
					e.Errorf("SweepSessions of at most 1 = %d, want %d", n, want)
				}
				return err
			})
		}
		missing(e, idp.Tx.Session, "expired")
		missing(e, idp.Tx.Session, "ended")
		for _, id := range []idp.SessionID{"live", "just expired", "just ended"} {
			read(e, idp.Tx.Session, id)
		}
	}},
}
