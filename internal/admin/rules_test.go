// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
)

// TestRules tries what a route refuses although its shape is right. Each
// answer names the member and leaves no audit entry.
func TestRules(t *testing.T) {
	const jwks = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"%s}]}`
	public, private := strings.Replace(jwks, "%s", "", 1), strings.Replace(jwks, "%s", `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`, 1)
	// What is refused changes nothing, so one database serves them all.
	f := newFixture(t)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"user name", "POST", "/users", `{"username":"a b"}`, 422, "body.username"},
		{"user name taken", "POST", "/users", `{"username":"ADA"}`, 409, ""},
		{"e-mail address", "POST", "/users", `{"username":"bob","email":"nope"}`, 422, "body.email"},
		{"short password", "POST", "/users", `{"username":"bob","password":"hunter2"}`, 422, "body.password"},
		{"long reason", "POST", "/users/{user}/disable", `{"reason_admin":"` + strings.Repeat("x", 501) + `"}`, 422, "reason_admin"},
		{"last admin", "PATCH", "/users/{root}", `{"admin":false}`, 409, "last admin"},
		{"last admin disabled", "POST", "/users/{root}/disable", `{}`, 409, "last admin"},
		{"group name", "POST", "/groups", `{"name":" staff"}`, 422, "body.name"},
		{"no group name", "POST", "/groups", `{"name":""}`, 422, "body.name"},
		{"no slug", "POST", "/applications", `{"slug":"","name":"A"}`, 422, "body.slug"},
		{"no key name", "POST", "/signing-keys", `{"name":"","algorithm":"EdDSA"}`, 422, "body.name"},
		{"no user name", "POST", "/users", `{"username":""}`, 422, "body.username"},
		{"group name taken", "POST", "/groups", `{"name":"STAFF"}`, 409, ""},
		{"slug", "POST", "/applications", `{"slug":"A","name":"A"}`, 422, "body.slug"},
		{"slug taken", "POST", "/applications", `{"slug":"atlas","name":"A"}`, 409, ""},
		{"unknown group", "POST", "/applications", `{"slug":"a","name":"A","groups":["nobody"]}`, 422, "body.groups"},
		{"launch URL", "PATCH", "/applications/{application}", `{"launch_url":"javascript:alert(1)"}`, 422, "body.launch_url"},
		{"second main provider", "POST", "/oidc-providers", `{"name":"B","application_id":"{application}","redirect_uris":["https://b.example.com/"]}`, 409, ""},
		{"unknown application", "POST", "/oidc-providers", `{"name":"B","application_id":"nobody","redirect_uris":["https://b.example.com/"]}`, 422, "body.application_id"},
		{"no redirect URI", "POST", "/oidc-providers", `{"name":"B"}`, 422, "body.redirect_uris"},
		{"long access token", "PATCH", "/oidc-providers/{oidc}", `{"access_token_lifetime_seconds":3601}`, 422, "body.access_token_lifetime_seconds"},
		{"a duration that wraps around", "PATCH", "/oidc-providers/{oidc}", `{"access_token_lifetime_seconds":18446744074}`, 422, "body.access_token_lifetime_seconds"},
		{"negative duration", "PATCH", "/ssf-providers/{ssf}", `{"event_retention_seconds":-1}`, 422, "body.event_retention_seconds"},
		{"keys missing", "PATCH", "/oidc-providers/{oidc}", `{"auth_method":"private_key_jwt"}`, 422, "body.jwks"},
		{"no keys in the set", "PATCH", "/oidc-providers/{oidc}", `{"auth_method":"private_key_jwt","jwks":{"keys":[]}}`, 422, "body.jwks"},
		{"no JWK Set", "PATCH", "/oidc-providers/{oidc}", `{"auth_method":"private_key_jwt","jwks":[1]}`, 422, "body.jwks"},
		{"private key", "PATCH", "/oidc-providers/{oidc}", `{"auth_method":"private_key_jwt","jwks":` + private + `}`, 422, "public keys only"},
		{"public key", "PATCH", "/oidc-providers/{oidc}", `{"auth_method":"private_key_jwt","jwks":` + public + `}`, 200, `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`},
		{"SSF slug taken", "POST", "/ssf-providers", `{"slug":"atlas","name":"A","signing_key_id":"{key}"}`, 409, ""},
		{"no signing key", "POST", "/ssf-providers", `{"slug":"b","name":"B"}`, 422, "body.signing_key_id"},
		{"unknown signing key", "POST", "/ssf-providers", `{"slug":"b","name":"B","signing_key_id":"nobody"}`, 422, "body.signing_key_id"},
		{"unknown event type", "PATCH", "/ssf-providers/{ssf}", `{"event_types":["https://example.com/e"]}`, 422, "body.event_types"},
		{"no event types", "PATCH", "/ssf-providers/{ssf}", `{"event_types":[]}`, 422, "body.event_types"},
		{"key under streams", "PATCH", "/ssf-providers/{ssf}", `{"signing_key_id":"{spare}"}`, 409, "rotate"},
		{"application under streams", "PATCH", "/ssf-providers/{ssf}", `{"application_id":""}`, 409, "application_id"},
		{"SSF slug changed", "PATCH", "/ssf-providers/{ssf}", `{"slug":"b"}`, 422, "body.slug"},
		{"key name taken", "POST", "/signing-keys", `{"name":"atlas key","algorithm":"EdDSA"}`, 409, ""},
		{"RSA size", "POST", "/signing-keys", `{"name":"k","rsa_bits":1024}`, 422, "body.rsa_bits"},
		{"no PEM", "POST", "/signing-keys/import", `{"name":"k","pem":"x"}`, 422, "body.pem"},
		{"overlap", "POST", "/signing-keys/{key}/rotate", `{"overlap_seconds":1}`, 422, "body.overlap_seconds"},
		{"key in use", "DELETE", "/signing-keys/{key}", ``, 409, ""},
		{"status", "PUT", "/streams/{stream}/status", `{"status":"off"}`, 422, "body.status"},
		{"expired token", "POST", "/api-tokens", `{"name":"t","expires_at":"2001-01-01T00:00:00Z"}`, 422, "body.expires_at"},
		{"token without a name", "POST", "/api-tokens", `{"name":""}`, 422, "body.name"},
		{"another user's session", "POST", "/users/{root}/sessions/{session}/revoke", `{}`, 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := f.entries(t)
			got := f.call(t, c.method, f.expand("/api/v1"+c.path), f.token, f.expand(c.body))
			if got.status != c.status || !strings.Contains(got.raw, c.says) {
				t.Errorf("%s %s %s = %d %s, want %d with %q", c.method, c.path, c.body, got.status, got.raw, c.status, c.says)
			}
			if strings.Contains(got.raw, "hunter2") {
				t.Errorf("the answer repeats the password: %s", got.raw)
			}
			if after, _ := f.entries(t); c.status >= 400 && after != before {
				t.Error("what was refused left an audit entry")
			}
		})
	}
}

// TestValuesAreHidden sends a password of the wrong type: huma's own check
// refuses it and must not repeat it.
func TestValuesAreHidden(t *testing.T) {
	f := newFixture(t)
	got := f.call(t, http.MethodPost, "/api/v1/users", f.token, `{"username":"bob","password":["hunter2"],"bogus":"hunter2"}`)
	if got.status != http.StatusUnprocessableEntity || strings.Contains(got.raw, "hunter2") || !strings.Contains(got.raw, "body.password") {
		t.Errorf("POST = %d %s, want 422 about body.password without the value", got.status, got.raw)
	}
}

func TestPaging(t *testing.T) {
	f := newFixture(t)
	var names []string
	for path := "/api/v1/users?limit=1"; ; {
		got := f.call(t, http.MethodGet, path, f.token, "")
		for _, item := range got.body["items"].([]any) {
			names = append(names, item.(map[string]any)["username"].(string))
		}
		cursor, _ := got.body["next_cursor"].(string)
		if cursor == "" {
			break
		}
		path = "/api/v1/users?limit=1&cursor=" + cursor
	}
	if strings.Join(names, " ") != "ada root" {
		t.Errorf("paging through users = %q, want ada and root once each", names)
	}
}

func TestStreamChanged(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		method, path, body string
		told               int
	}{
		{http.MethodGet, "", "", 0},
		{http.MethodPut, "/status", `{"status":"paused"}`, 1},
		{http.MethodPost, "/verify", "", 1}, // refused: the stream is paused
		{http.MethodPut, "/status", `{"status":"enabled"}`, 2},
		{http.MethodPost, "/verify", "", 3},
		{http.MethodDelete, "", "", 4},
	} {
		f.call(t, c.method, f.expand("/api/v1/streams/{stream}"+c.path), f.token, c.body)
		if len(f.changed) != c.told {
			t.Errorf("after %s %s: told of %d changes, want %d", c.method, c.path, len(f.changed), c.told)
		}
	}
}

func TestKeyStates(t *testing.T) {
	f := newFixture(t)
	rotate := f.expand("/api/v1/signing-keys/{key}/rotate")
	got := f.call(t, http.MethodPost, rotate, f.token, `{}`)
	var states []string
	for _, v := range got.body["versions"].([]any) {
		version := v.(map[string]any)
		states = append(states, version["state"].(string))
		jwk := version["jwk"].(map[string]any)
		if jwk["kid"] != version["kid"] || jwk["d"] != nil || jwk["use"] != "sig" {
			t.Errorf("jwk = %v, want the public key with its kid", jwk)
		}
	}
	if strings.Join(states, " ") != "signing next" {
		t.Errorf("states = %v, want signing and next", states)
	}
	if again := f.call(t, http.MethodPost, rotate, f.token, `{}`); again.status != http.StatusConflict {
		t.Errorf("rotation during a rotation = %d %s, want 409", again.status, again.raw)
	}
}

// brokenDB fails after the token was checked.
type brokenDB struct {
	idp.DB
	err error
}

func (db brokenDB) Update(context.Context, func(idp.Tx) error) error { return db.err }

// TestOurFault: what fails on our side is logged and not told.
func TestOurFault(t *testing.T) {
	f := newFixture(t)
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err    error
		status int
		logged bool
	}{
		{errors.New("disk is full of secrets"), http.StatusInternalServerError, true},
		{&admin.DeniedError{Entry: idp.AuditEntry{Action: "group.create"}}, http.StatusForbidden, true},
	} {
		var log strings.Builder
		api, err := admin.NewAPI(admin.Config{
			DB: brokenDB{f.db, c.err}, Passwords: passwords, Keys: signing.New(signing.Config{DB: f.db}),
			Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/v1/groups", strings.NewReader(`{"name":"guests"}`))
		r.Header.Set("Authorization", "bearer "+f.token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != c.status || strings.Contains(w.Body.String(), "secrets") {
			t.Errorf("%v = %d %s, want %d without the cause", c.err, w.Code, w.Body, c.status)
		}
		if (log.Len() > 0) != c.logged {
			t.Errorf("%v: log = %q, want a line %t", c.err, log.String(), c.logged)
		}
	}
}

// TestDenialIsEntered: a token that is revoked between its check and the
// transaction leaves an entry although the transaction is gone.
func TestDenialIsEntered(t *testing.T) {
	f := newFixture(t)
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	late := &lateDB{DB: f.db, revoke: f.ids["mine"]}
	api, err := admin.NewAPI(admin.Config{DB: late, Passwords: passwords, Keys: signing.New(signing.Config{DB: f.db})})
	if err != nil {
		t.Fatal(err)
	}
	f.api = api
	got := f.call(t, http.MethodPost, "/api/v1/groups", f.token, `{"name":"guests"}`)
	if got.status != http.StatusForbidden {
		t.Errorf("POST = %d %s, want 403", got.status, got.raw)
	}
	if _, entry := f.entries(t); entry.Outcome != "denied" || entry.Action != "group.create" || entry.Actor.ID != f.ids["mine"] {
		t.Errorf("audit entry = %+v, want the denial", entry)
	}
}

// lateDB revokes a token right before the first Update.
type lateDB struct {
	idp.DB
	revoke string
}

func (db *lateDB) Update(ctx context.Context, fn func(idp.Tx) error) error {
	if id := db.revoke; id != "" {
		db.revoke = ""
		if err := db.DB.Update(ctx, func(tx idp.Tx) error { return tx.RevokeAPIToken(id) }); err != nil {
			return err
		}
	}
	return db.DB.Update(ctx, fn)
}
