// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const sessionColumns = `id, user_id, token_hash, created_at, auth_time, amr, acr,
	last_seen_at, expires_at, address, user_agent, ended_at, end_reason`

func scanSession(r row) (idp.Session, error) {
	var s idp.Session
	err := r.Scan(&s.ID, &s.UserID, asHash{&s.TokenHash}, asTime{&s.CreatedAt}, asTime{&s.AuthTime},
		asList(&s.AMR), &s.ACR, asTime{&s.LastSeenAt}, asTime{&s.ExpiresAt},
		&s.Address, &s.UserAgent, asTime{&s.EndedAt}, &s.EndReason)
	return s, err
}

// CreateSession begins a session now where a time is left open, for somebody
// who just signed in.
func (t *tx) CreateSession(s idp.Session) error {
	return t.insert("session "+string(s.ID), "sessions", sessionColumns,
		s.ID, s.UserID, hash(s.TokenHash), t.created(s.CreatedAt), t.created(s.AuthTime),
		list(s.AMR), s.ACR, t.created(s.LastSeenAt), millis(s.ExpiresAt),
		s.Address, s.UserAgent, millis(s.EndedAt), s.EndReason)
}

func (t *tx) Session(id idp.SessionID) (idp.Session, error) {
	return one(t, "session "+string(id), scanSession,
		`SELECT `+sessionColumns+` FROM sessions WHERE id = ?`, id)
}

func (t *tx) SessionByToken(h idp.Hash) (idp.Session, error) {
	return one(t, "session of a token", scanSession,
		`SELECT `+sessionColumns+` FROM sessions WHERE token_hash = ?`, hash(h))
}

func (t *tx) SessionsOf(user idp.UserID, liveOnly bool) ([]idp.Session, error) {
	var w where
	w.and("user_id = ?", user)
	if liveOnly {
		w.and("ended_at IS NULL AND expires_at > ?", millis(t.now))
	}
	return many(t, "sessions of user "+string(user), scanSession,
		`SELECT `+sessionColumns+` FROM sessions`+w.text()+` ORDER BY created_at DESC, id DESC`, w.args...)
}

// UpdateSession leaves out what says how the session began and ended, so that a
// request that runs late cannot bring an ended session back to life.
func (t *tx) UpdateSession(s idp.Session) error {
	return t.update("session "+string(s.ID), "sessions",
		"token_hash, auth_time, amr, acr, last_seen_at, expires_at",
		hash(s.TokenHash), millis(s.AuthTime), list(s.AMR), s.ACR,
		millis(s.LastSeenAt), millis(s.ExpiresAt), s.ID)
}

// EndSession sets the reason before the time in its statement, yet both see the
// row as it was: the first end counts.
func (t *tx) EndSession(id idp.SessionID, reason string) error {
	return t.change("session "+string(id), `
		UPDATE sessions SET
		  end_reason = CASE WHEN ended_at IS NULL THEN ? ELSE end_reason END,
		  ended_at = coalesce(ended_at, ?)
		WHERE id = ?`, reason, millis(t.now), id)
}

// TimedOutSessions asks for either kind by itself, so that each has its index.
// UNION alone would read all sessions by their id to find equal ones.
func (t *tx) TimedOutSessions(idleSince time.Time, limit int) ([]idp.Session, error) {
	return many(t, "sessions that timed out", scanSession, `
		SELECT `+sessionColumns+` FROM sessions WHERE id IN (
		  SELECT id FROM sessions WHERE ended_at IS NULL AND last_seen_at <= ?
		  UNION ALL
		  SELECT id FROM sessions WHERE ended_at IS NULL AND expires_at <= ?)
		ORDER BY id LIMIT ?`, millis(idleSince), millis(t.now), limit)
}

// SweepSessions has two indexes to find either kind, and deletes by id because
// DELETE itself takes no LIMIT.
func (t *tx) SweepSessions(before time.Time, limit int) (int, error) {
	n, err := t.exec("sessions", `
		DELETE FROM sessions WHERE id IN (
		  SELECT id FROM sessions WHERE expires_at < ? OR ended_at < ? LIMIT ?)`,
		millis(before), millis(before), limit)
	return int(n), err
}
