// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const accessTokenColumns = `id, application_id, client_id, user_id, session_id, family_id,
	scopes, audience, created_at, expires_at, revoked_at`

func scanAccessToken(r row) (idp.AccessToken, error) {
	var a idp.AccessToken
	err := r.Scan(&a.ID, &a.ApplicationID, &a.ClientID, asText(&a.UserID), asText(&a.SessionID), asText(&a.FamilyID),
		asList(&a.Scopes), asList(&a.Audience), asTime{&a.CreatedAt}, asTime{&a.ExpiresAt}, asTime{&a.RevokedAt})
	return a, err
}

func (t *tx) CreateAccessToken(a idp.AccessToken) error {
	err := t.insert("access token "+a.ID, "access_tokens", accessTokenColumns,
		a.ID, a.ApplicationID, a.ClientID, optional(a.UserID), optional(a.SessionID), optional(a.FamilyID),
		list(a.Scopes), list(a.Audience), t.created(a.CreatedAt), millis(a.ExpiresAt), millis(a.RevokedAt))
	if err != nil {
		return err
	}
	return t.rememberApplication(a.SessionID, a.ApplicationID)
}

// rememberApplication keeps that an application got tokens through a session,
// for longer than the tokens.
func (t *tx) rememberApplication(s idp.SessionID, a idp.ApplicationID) error {
	if s == "" {
		return nil
	}
	_, err := t.exec("application of session "+string(s),
		`INSERT INTO session_applications (session_id, application_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, s, a)
	return err
}

func (t *tx) AccessToken(id string) (idp.AccessToken, error) {
	return one(t, "access token "+id, scanAccessToken,
		`SELECT `+accessTokenColumns+` FROM access_tokens WHERE id = ?`, id)
}

func (t *tx) RevokeAccessToken(id string) error {
	return t.change("access token "+id,
		`UPDATE access_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?`, millis(t.now), id)
}

const refreshTokenColumns = `hash, family_id, application_id, client_id, user_id, session_id,
	scopes, audience, auth_time, amr, acr, access_token_id, created_at, expires_at, used_at, revoked_at`

func scanRefreshToken(r row) (idp.RefreshToken, error) {
	var f idp.RefreshToken
	err := r.Scan(asHash{&f.Hash}, &f.FamilyID, &f.ApplicationID, &f.ClientID, &f.UserID, asText(&f.SessionID),
		asList(&f.Scopes), asList(&f.Audience), asTime{&f.AuthTime}, asList(&f.AMR), &f.ACR, &f.AccessTokenID,
		asTime{&f.CreatedAt}, asTime{&f.ExpiresAt}, asTime{&f.UsedAt}, asTime{&f.RevokedAt})
	return f, err
}

func (t *tx) CreateRefreshToken(f idp.RefreshToken) error {
	err := t.insert("refresh token", "refresh_tokens", refreshTokenColumns,
		hash(f.Hash), f.FamilyID, f.ApplicationID, f.ClientID, f.UserID, optional(f.SessionID),
		list(f.Scopes), list(f.Audience), millis(f.AuthTime), list(f.AMR), f.ACR, f.AccessTokenID,
		t.created(f.CreatedAt), millis(f.ExpiresAt), millis(f.UsedAt), millis(f.RevokedAt))
	if err != nil {
		return err
	}
	return t.rememberApplication(f.SessionID, f.ApplicationID)
}

func (t *tx) RefreshToken(h idp.Hash) (idp.RefreshToken, error) {
	return one(t, "refresh token", scanRefreshToken,
		`SELECT `+refreshTokenColumns+` FROM refresh_tokens WHERE hash = ?`, hash(h))
}

// UseRefreshToken reads before it writes; no other transaction can come between
// them.
func (t *tx) UseRefreshToken(h idp.Hash) error {
	f, err := t.RefreshToken(h)
	if err != nil {
		return err
	}
	if !f.UsedAt.IsZero() {
		return fmt.Errorf("refresh token: %w", idp.ErrReused)
	}
	return t.change("refresh token",
		`UPDATE refresh_tokens SET used_at = ? WHERE hash = ?`, millis(t.now), hash(h))
}

// RevokeTokens applies the filter to both tables, which name its members alike,
// and leaves tokens that were revoked before with their time.
func (t *tx) RevokeTokens(f idp.TokenFilter) (int, error) {
	var w where
	if f.UserID != "" {
		w.and("user_id = ?", f.UserID)
	}
	if f.SessionID != "" {
		w.and("session_id = ?", f.SessionID)
	}
	if f.ApplicationID != "" {
		w.and("application_id = ?", f.ApplicationID)
	}
	if f.FamilyID != "" {
		w.and("family_id = ?", f.FamilyID)
	}
	if len(w.args) == 0 {
		return 0, errors.New("tokens: a filter without members would revoke all of them")
	}
	args := append([]any{millis(t.now)}, w.args...)
	access, err := t.exec("access tokens",
		`UPDATE access_tokens SET revoked_at = ?`+w.text()+` AND revoked_at IS NULL`, args...)
	if err != nil {
		return 0, err
	}
	refresh, err := t.exec("refresh tokens",
		`UPDATE refresh_tokens SET revoked_at = ?`+w.text()+` AND revoked_at IS NULL`, args...)
	return int(access + refresh), err
}

// SessionApplications tells of tokens that were swept too: the application may
// have begun a session of its own with them.
func (t *tx) SessionApplications(id idp.SessionID) ([]idp.ApplicationID, error) {
	return many(t, "applications of session "+string(id), scalar[idp.ApplicationID],
		`SELECT application_id FROM session_applications WHERE session_id = ? ORDER BY 1`, id)
}

// SweepTokens takes the oldest of each table along the index of expirations.
func (t *tx) SweepTokens(before time.Time, limit int) (int, error) {
	var swept int64
	for _, s := range []struct{ what, query string }{
		{"access tokens", `DELETE FROM access_tokens WHERE id IN (
			SELECT id FROM access_tokens WHERE expires_at < ? LIMIT ?)`},
		{"refresh tokens", `DELETE FROM refresh_tokens WHERE hash IN (
			SELECT hash FROM refresh_tokens WHERE expires_at < ? LIMIT ?)`},
		{"authorization requests", `DELETE FROM auth_requests WHERE id IN (
			SELECT id FROM auth_requests WHERE expires_at < ? LIMIT ?)`},
		{"tickets", `DELETE FROM tickets WHERE hash IN (
			SELECT hash FROM tickets WHERE expires_at < ? LIMIT ?)`},
		{"one-time values", `DELETE FROM used_once WHERE (kind, value_hash) IN (
			SELECT kind, value_hash FROM used_once WHERE expires_at < ? LIMIT ?)`},
	} {
		n, err := t.exec(s.what, s.query, millis(before), limit)
		if err != nil {
			return 0, err
		}
		swept += n
	}
	return int(swept), nil
}
