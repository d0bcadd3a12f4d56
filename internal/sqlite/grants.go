// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const grantColumns = `id, user_id, application_id, scopes, created_at, updated_at`

func scanGrant(r row) (idp.Grant, error) {
	var g idp.Grant
	err := r.Scan(&g.ID, &g.UserID, &g.ApplicationID, asList(&g.Scopes), asTime{&g.CreatedAt}, asTime{&g.UpdatedAt})
	return g, err
}

func (t *tx) Grant(user idp.UserID, app idp.ApplicationID) (idp.Grant, error) {
	return one(t, fmt.Sprintf("grant of user %s to application %s", user, app), scanGrant,
		`SELECT `+grantColumns+` FROM grants WHERE user_id = ? AND application_id = ?`, user, app)
}

func (t *tx) GrantsOf(user idp.UserID) ([]idp.Grant, error) {
	return many(t, "grants of user "+string(user), scanGrant,
		`SELECT `+grantColumns+` FROM grants WHERE user_id = ? ORDER BY created_at, id`, user)
}

// PutGrant meets an existing grant by user and application, and keeps its id,
// which others may have seen.
func (t *tx) PutGrant(g idp.Grant) error {
	_, err := t.exec("grant "+string(g.ID), `
		INSERT INTO grants (`+grantColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (user_id, application_id) DO UPDATE SET (scopes, updated_at) = (excluded.scopes, ?)`,
		g.ID, g.UserID, g.ApplicationID, list(g.Scopes), t.created(g.CreatedAt), t.created(g.UpdatedAt),
		millis(t.now))
	return err
}

func (t *tx) DeleteGrant(user idp.UserID, app idp.ApplicationID) error {
	return t.remove(fmt.Sprintf("grant of user %s to application %s", user, app),
		`DELETE FROM grants WHERE user_id = ? AND application_id = ?`, user, app)
}

// authRequestColumns are those that an update replaces.
const authRequestColumns = `client_id, redirect_uri, response_type, response_mode, state, nonce,
	scopes, challenge, prompt, max_age, login_hint, acr_values, expires_at,
	user_id, session_id, auth_time, amr, acr, done, code_hash, code_used_at, family_id`

const selectAuthRequest = `SELECT id, application_id, created_at, ` + authRequestColumns + ` FROM auth_requests`

// scanAuthRequest tells a max_age of 0, which asks for a sign-in now, from no
// max_age.
func scanAuthRequest(r row) (idp.AuthRequest, error) {
	var q idp.AuthRequest
	var maxAge sql.NullInt64
	err := r.Scan(&q.ID, &q.ApplicationID, asTime{&q.CreatedAt},
		&q.ClientID, &q.RedirectURI, &q.ResponseType, &q.ResponseMode, &q.State, &q.Nonce,
		asList(&q.Scopes), &q.Challenge, asList(&q.Prompt), &maxAge, &q.LoginHint, asList(&q.ACRValues),
		asTime{&q.ExpiresAt}, asText(&q.UserID), asText(&q.SessionID), asTime{&q.AuthTime}, asList(&q.AMR), &q.ACR,
		&q.Done, asHash{&q.CodeHash}, asTime{&q.CodeUsedAt}, asText(&q.FamilyID))
	if maxAge.Valid {
		q.MaxAge = new(time.Duration(maxAge.Int64) * time.Millisecond)
	}
	return q, err
}

// authRequestValues are the values of authRequestColumns. Members that are set
// later are NULL before, so that requests without a code do not clash.
func authRequestValues(q idp.AuthRequest) []any {
	var maxAge any
	if q.MaxAge != nil {
		maxAge = q.MaxAge.Milliseconds()
	}
	return []any{q.ClientID, q.RedirectURI, q.ResponseType, q.ResponseMode, q.State, q.Nonce,
		list(q.Scopes), q.Challenge, list(q.Prompt), maxAge, q.LoginHint, list(q.ACRValues),
		millis(q.ExpiresAt), optional(q.UserID), optional(q.SessionID), millis(q.AuthTime), list(q.AMR), q.ACR,
		q.Done, hash(q.CodeHash), millis(q.CodeUsedAt), optional(q.FamilyID)}
}

func (t *tx) CreateAuthRequest(q idp.AuthRequest) error {
	return t.insert("authorization request "+q.ID, "auth_requests",
		authRequestColumns+", id, application_id, created_at",
		append(authRequestValues(q), q.ID, q.ApplicationID, t.created(q.CreatedAt))...)
}

func (t *tx) AuthRequest(id string) (idp.AuthRequest, error) {
	return one(t, "authorization request "+id, scanAuthRequest, selectAuthRequest+` WHERE id = ?`, id)
}

func (t *tx) AuthRequestByCode(h idp.Hash) (idp.AuthRequest, error) {
	return one(t, "authorization code", scanAuthRequest, selectAuthRequest+` WHERE code_hash = ?`, hash(h))
}

func (t *tx) UpdateAuthRequest(q idp.AuthRequest) error {
	return t.update("authorization request "+q.ID, "auth_requests", authRequestColumns,
		append(authRequestValues(q), q.ID)...)
}

func (t *tx) DeleteAuthRequest(id string) error {
	return t.remove("authorization request "+id, `DELETE FROM auth_requests WHERE id = ?`, id)
}
