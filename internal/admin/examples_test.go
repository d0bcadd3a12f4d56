// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"
)

// example is a request that works and what its answer holds at least. It is
// the documentation of the route.
type example struct {
	route string
	path  string
	// body is JSON unless contentType says otherwise.
	body        string
	contentType string
	status      int
	want        map[string]any
	// present are members that the answer has, whatever they are.
	present []string
	// action is that of the audit entry; a route without one only reads.
	action string
	// entries are the audit entries beside that one, for what it is made of.
	entries int64
}

func (e example) media() string { return cmp.Or(e.contentType, "application/json") }

func examples(t *testing.T) []example {
	return append(append(userExamples(), objectExamples()...), keyExamples(t)...)
}

func userExamples() []example {
	return []example{
		{route: "GET /api/v1/users", path: "/api/v1/users?search=ADA&limit=1", status: 200, present: []string{"items", "next_cursor"}},
		{route: "POST /api/v1/users", body: `{"username":"bob","email":"bob@example.com","name":"Bob","password":"correct horse battery"}`,
			status: 201, want: map[string]any{"username": "bob", "email": "bob@example.com", "admin": false, "disabled": false},
			present: []string{"id", "created_at"}, action: "user.create"},
		{route: "POST /api/v1/users/import", path: "/api/v1/users/import?reason_admin=moved", contentType: "text/csv",
			body: "username,email,groups\nbob,bob@example.com,staff\neve,,\n", status: 201,
			want:    map[string]any{"dry_run": false, "users": 2.0, "with_password": 0.0, "memberships": 1.0},
			present: []string{"txn"}, action: "user.import_file", entries: 2},
		{route: "GET /api/v1/users/{id}", path: "/api/v1/users/{user}", status: 200, want: map[string]any{"username": "ada", "email": "ada@example.com"}},
		{route: "PATCH /api/v1/users/{id}", path: "/api/v1/users/{user}", body: `{"email":"new@example.com","reason_admin":"asked"}`,
			status: 200, want: map[string]any{"username": "ada", "email": "new@example.com"}, action: "user.update"},
		{route: "DELETE /api/v1/users/{id}", path: "/api/v1/users/{user}?reason_admin=left", status: 204, action: "user.delete"},
		{route: "POST /api/v1/users/{id}/disable", path: "/api/v1/users/{user}/disable", body: `{"reason_admin":"asked","reason_user":"bye"}`,
			status: 200, want: map[string]any{"disabled": true}, present: []string{"disabled_at"}, action: "user.disable"},
		{route: "POST /api/v1/users/{id}/enable", path: "/api/v1/users/{user}/enable", body: `{}`,
			status: 200, want: map[string]any{"disabled": false}, action: "user.enable"},
		{route: "POST /api/v1/users/{id}/password", path: "/api/v1/users/{user}/password", body: `{"reason_user":"you asked"}`,
			status: 200, present: []string{"password"}, action: "user.reset_password"},
		{route: "GET /api/v1/users/{id}/credentials", path: "/api/v1/users/{user}/credentials", status: 200, present: []string{"items"}},
		{route: "DELETE /api/v1/users/{id}/credentials/{credential}", path: "/api/v1/users/{user}/credentials/{app}?reason_admin=lost+phone",
			status: 204, action: "user.remove_credential"},
		{route: "POST /api/v1/users/{id}/credentials/reset-factors", path: "/api/v1/users/{user}/credentials/reset-factors",
			body: `{"reason_admin":"lost phone","reason_user":"you called us"}`, status: 204, action: "user.reset_factors"},
		{route: "POST /api/v1/users/{id}/require-password-change", path: "/api/v1/users/{user}/require-password-change",
			body: `{"reason_admin":"leaked list"}`, status: 200, want: map[string]any{"must_change_password": true}, action: "user.require_password_change"},
		{route: "PUT /api/v1/users/{id}/recovery-email", path: "/api/v1/users/{user}/recovery-email",
			body: `{"recovery_email":"ada@home.example"}`, status: 200, want: map[string]any{"recovery_email": "ada@home.example"}, action: "user.change_recovery_email"},
		{route: "POST /api/v1/users/{id}/invite", path: "/api/v1/users/{user}/invite", body: `{"reason_admin":"new"}`,
			status: 200, want: map[string]any{"mailed_to": "ada@example.com", "link": nil}, present: []string{"expires_at"}, action: "user.invite"},
		{route: "GET /api/v1/users/{id}/sessions", path: "/api/v1/users/{user}/sessions?all=true", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/users/{id}/sessions/revoke", path: "/api/v1/users/{user}/sessions/revoke", body: `{"reason_admin":"lost phone"}`,
			status: 204, action: "user.revoke_sessions"},
		{route: "POST /api/v1/users/{id}/sessions/{session}/revoke", path: "/api/v1/users/{user}/sessions/{session}/revoke", body: `{}`,
			status: 204, action: "session.revoke"},
		{route: "GET /api/v1/groups", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/groups", body: `{"name":"guests"}`, status: 201, want: map[string]any{"name": "guests"}, action: "group.create"},
		{route: "GET /api/v1/groups/{id}", path: "/api/v1/groups/{group}", status: 200, want: map[string]any{"name": "staff"}},
		{route: "PATCH /api/v1/groups/{id}", path: "/api/v1/groups/{group}", body: `{"name":"crew"}`,
			status: 200, want: map[string]any{"name": "crew"}, action: "group.rename"},
		{route: "DELETE /api/v1/groups/{id}", path: "/api/v1/groups/{group}", status: 204, action: "group.delete"},
		{route: "GET /api/v1/groups/{id}/members", path: "/api/v1/groups/{group}/members", status: 200, present: []string{"items"}},
		{route: "PUT /api/v1/groups/{id}/members/{user}", path: "/api/v1/groups/{group}/members/{root}", status: 204, action: "group.add_member"},
		{route: "DELETE /api/v1/groups/{id}/members/{user}", path: "/api/v1/groups/{group}/members/{user}", status: 204, action: "group.remove_member"},
		{route: "GET /api/v1/api-tokens", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/api-tokens", body: `{"name":"deploy","expires_at":"2099-01-01T00:00:00Z"}`, status: 201,
			want: map[string]any{"name": "deploy", "expires_at": "2099-01-01T00:00:00Z"}, present: []string{"token", "id"}, action: "api_token.create"},
		{route: "DELETE /api/v1/api-tokens/{id}", path: "/api/v1/api-tokens/{token}", status: 204, action: "api_token.revoke"},
		{route: "GET /api/v1/audit-entries", path: "/api/v1/audit-entries?object_kind=user&limit=1", status: 200, present: []string{"items", "next_cursor"}},
		{route: "GET /api/v1/changes/{id}", path: "/api/v1/changes/{txn}", status: 200, present: []string{"items"}},
	}
}

func objectExamples() []example {
	return []example{
		{route: "GET /api/v1/applications", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/applications", body: `{"slug":"beacon","name":"Beacon","launch_url":"https://beacon.example.com","groups":["{group}"]}`,
			status: 201, want: map[string]any{"slug": "beacon", "launch_url": "https://beacon.example.com"}, present: []string{"id", "groups"}, action: "application.create"},
		{route: "GET /api/v1/applications/{id}", path: "/api/v1/applications/{application}", status: 200, want: map[string]any{"slug": "atlas", "groups": []any{}}},
		{route: "PATCH /api/v1/applications/{id}", path: "/api/v1/applications/{application}", body: `{"name":"Atlas 2","icon":"https://atlas.example.com/icon.png","policy":"factor"}`,
			status: 200, want: map[string]any{"slug": "atlas", "name": "Atlas 2", "policy": "factor"}, action: "application.update"},
		{route: "DELETE /api/v1/applications/{id}", path: "/api/v1/applications/{application}", status: 204, action: "application.delete"},
		{route: "GET /api/v1/oidc-providers", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/oidc-providers", body: `{"name":"Beacon","redirect_uris":["https://beacon.example.com/callback"]}`, status: 201,
			want:    map[string]any{"auth_method": "client_secret_basic", "access_token_lifetime_seconds": 900.0, "grants": []any{"authorization_code", "refresh_token"}},
			present: []string{"client_id", "client_secret"}, action: "oidc_provider.create"},
		{route: "GET /api/v1/oidc-providers/{id}", path: "/api/v1/oidc-providers/{oidc}", status: 200, want: map[string]any{"client_id": "atlas", "client_secret": nil}},
		{route: "PATCH /api/v1/oidc-providers/{id}", path: "/api/v1/oidc-providers/{oidc}", body: `{"id_token_lifetime_seconds":7200,"backchannel_logout_uri":"https://atlas.example.com/logout"}`,
			status: 200, want: map[string]any{"id_token_lifetime_seconds": 7200.0, "backchannel_logout_uri": "https://atlas.example.com/logout", "client_id": "atlas"}, action: "oidc_provider.update"},
		{route: "POST /api/v1/oidc-providers/{id}/secret", path: "/api/v1/oidc-providers/{oidc}/secret", status: 200,
			want: map[string]any{"client_id": "atlas"}, present: []string{"client_secret"}, action: "oidc_provider.rotate_secret"},
		{route: "DELETE /api/v1/oidc-providers/{id}", path: "/api/v1/oidc-providers/{oidc}", status: 204, action: "oidc_provider.delete"},
		{route: "GET /api/v1/ssf-providers", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/ssf-providers", body: `{"slug":"beacon","name":"Beacon","signing_key_id":"{key}","application_id":"{application}"}`, status: 201,
			want: map[string]any{"slug": "beacon", "verify_tls": true, "event_retention_seconds": 604800.0, "default_subjects": "ALL", "inactivity_timeout_seconds": 0.0,
				"subject_format": "iss_sub", "hold_back": []any{}, "tell_timeouts": false},
			present: []string{"event_types"}, action: "ssf_provider.create"},
		{route: "GET /api/v1/ssf-providers/{id}", path: "/api/v1/ssf-providers/{ssf}", status: 200, want: map[string]any{"slug": "atlas", "audiences": []any{}}},
		{route: "PATCH /api/v1/ssf-providers/{id}", path: "/api/v1/ssf-providers/{ssf}", body: `{"event_retention_seconds":86400,"verify_tls":false,"subject_format":"email","hold_back":["sign_out"],"tell_timeouts":true}`,
			status: 200, want: map[string]any{"event_retention_seconds": 86400.0, "verify_tls": false, "slug": "atlas",
				"subject_format": "email", "hold_back": []any{"sign_out"}, "tell_timeouts": true}, action: "ssf_provider.update"},
		{route: "DELETE /api/v1/ssf-providers/{id}", path: "/api/v1/ssf-providers/{ssf}", status: 204, action: "ssf_provider.delete"},
		{route: "GET /api/v1/streams", path: "/api/v1/streams?application_id={application}&status=enabled&limit=1", status: 200, present: []string{"items", "next_cursor"}},
		{route: "GET /api/v1/streams/{id}", path: "/api/v1/streams/{stream}", status: 200,
			want:    map[string]any{"status": "enabled", "authorized": true, "pending": 0.0, "attempts": []any{}, "method": "urn:ietf:rfc:8935"},
			present: []string{"health", "floor"}},
		{route: "PUT /api/v1/streams/{id}/status", path: "/api/v1/streams/{stream}/status", body: `{"status":"paused","reason":"maintenance"}`,
			status: 200, want: map[string]any{"status": "paused", "reason": "maintenance", "status_by": "token"}, action: "stream.pause"},
		{route: "POST /api/v1/streams/{id}/verify", path: "/api/v1/streams/{stream}/verify", status: 204, action: "stream.verify"},
		{route: "DELETE /api/v1/streams/{id}", path: "/api/v1/streams/{stream}", status: 204, action: "stream.delete"},
	}
}

func keyExamples(t *testing.T) []example {
	imported, err := json.Marshal(testPEM(t))
	if err != nil {
		t.Fatal(err)
	}
	return []example{
		{route: "GET /api/v1/signing-keys", status: 200, present: []string{"items"}},
		{route: "POST /api/v1/signing-keys", body: `{"name":"new","algorithm":"EdDSA"}`, status: 201,
			want: map[string]any{"name": "new", "algorithm": "EdDSA"}, present: []string{"versions"}, action: "signing_key.create"},
		{route: "POST /api/v1/signing-keys/import", body: `{"name":"imported","pem":` + string(imported) + `}`, status: 201,
			want: map[string]any{"name": "imported", "algorithm": "ES384"}, action: "signing_key.create"},
		{route: "GET /api/v1/signing-keys/{id}", path: "/api/v1/signing-keys/{key}", status: 200, want: map[string]any{"name": "atlas key"}},
		{route: "POST /api/v1/signing-keys/{id}/rotate", path: "/api/v1/signing-keys/{key}/rotate", body: `{"overlap_seconds":600}`,
			status: 200, want: map[string]any{"name": "atlas key"}, action: "signing_key.rotate"},
		{route: "DELETE /api/v1/signing-keys/{id}", path: "/api/v1/signing-keys/{spare}", status: 204, action: "signing_key.delete"},
	}
}

// testPEM is a fresh P-384 key.
func testPEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
