// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/secevent"
)

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	a := w.get("/.well-known/openid-configuration", nil)
	if b := w.get("/.well-known/oauth-authorization-server", nil); a.body != b.body || b.status != http.StatusOK {
		t.Errorf("the two documents differ:\n%s\n%s", a.body, b.body)
	}
	if a.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(a.header.Get("Cache-Control"), "public") {
		t.Errorf("discovery is %q, %q", a.header.Get("Content-Type"), a.header.Get("Cache-Control"))
	}
	secretOrKey := []any{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := []any{"RS256", "PS256", "ES256", "ES384", "EdDSA"}
	want := map[string]any{
		"issuer":                                w.url,
		"authorization_endpoint":                w.url + "/oauth2/authorize",
		"token_endpoint":                        w.url + "/oauth2/token",
		"userinfo_endpoint":                     w.url + "/oidc/userinfo",
		"jwks_uri":                              w.url + "/oauth2/keys",
		"introspection_endpoint":                w.url + "/oauth2/introspect",
		"revocation_endpoint":                   w.url + "/oauth2/revoke",
		"end_session_endpoint":                  w.url + "/oidc/logout",
		"scopes_supported":                      []any{"openid", "profile", "email", "groups", "offline_access", "ssf.read", "ssf.manage"},
		"response_types_supported":              []any{"code"},
		"response_modes_supported":              []any{"query"},
		"grant_types_supported":                 []any{"authorization_code", "refresh_token", "client_credentials"},
		"subject_types_supported":               []any{"public"},
		"id_token_signing_alg_values_supported": []any{"ES256"},
		"code_challenge_methods_supported":      []any{"S256"},
		"acr_values_supported":                  []any{"urn:tocsin:acr:password", "urn:tocsin:acr:factor", "urn:tocsin:acr:passkey"},
		"claims_supported": []any{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid",
			"name", "preferred_username", "updated_at", "email", "groups"},
		"prompt_values_supported":                                  []any{"none", "login", "consent", "select_account"},
		"token_endpoint_auth_methods_supported":                    secretOrKey,
		"introspection_endpoint_auth_methods_supported":            secretOrKey,
		"revocation_endpoint_auth_methods_supported":               secretOrKey,
		"token_endpoint_auth_signing_alg_values_supported":         algorithms,
		"introspection_endpoint_auth_signing_alg_values_supported": algorithms,
		"revocation_endpoint_auth_signing_alg_values_supported":    algorithms,
		"backchannel_logout_supported":                             true,
		"backchannel_logout_session_supported":                     true,
		"authorization_response_iss_parameter_supported":           true,
		"claims_parameter_supported":                               false,
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
	}
	if diff := cmp.Diff(want, a.json); diff != "" {
		t.Errorf("discovery differs from what works (-want +got):\n%s", diff)
	}
}

// TestDiscoveredEndpointsAnswer: each URL that discovery lists is a route, and
// each route is listed or a well-known place.
func TestDiscoveredEndpointsAnswer(t *testing.T) {
	w := newWorld(t)
	paths := map[string]bool{}
	for _, route := range w.provider.Routes() {
		paths[route.Path] = true
		r, _ := http.NewRequestWithContext(t.Context(), route.Method, w.url+route.Path, nil)
		if a := w.send(r); a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed || a.status >= 500 {
			t.Errorf("%s %s = %d, want an answer", route.Method, route.Path, a.status)
		}
	}
	for name, value := range w.get("/.well-known/openid-configuration", nil).json {
		if raw, ok := value.(string); ok && name != "issuer" {
			u, err := url.Parse(raw)
			if err != nil || !paths[u.Path] {
				t.Errorf("%s = %q is not a route", name, raw)
			}
			delete(paths, u.Path)
		}
	}
	for path := range paths {
		if !strings.HasPrefix(path, "/.well-known/") {
			t.Errorf("%s is not listed by discovery", path)
		}
	}
}

// TestListedScopesWork: each scope of discovery can be had.
func TestListedScopesWork(t *testing.T) {
	w := newWorld(t)
	all := w.tokens("scope", "openid profile email groups offline_access").text("scope") +
		" " + w.clientToken(w.atlas, "ssf.read ssf.manage").text("scope")
	for _, scope := range w.get("/.well-known/openid-configuration", nil).json["scopes_supported"].([]any) {
		if !strings.Contains(" "+all+" ", " "+scope.(string)+" ") {
			t.Errorf("scope %s is listed and cannot be had", scope)
		}
	}
}

// TestNoCORS: no page of another site can read an answer.
func TestNoCORS(t *testing.T) {
	w := newWorld(t)
	for _, route := range w.provider.Routes() {
		for _, method := range []string{route.Method, http.MethodOptions} {
			r, _ := http.NewRequestWithContext(t.Context(), method, w.url+route.Path, nil)
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", route.Method)
			if a := w.send(r); a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s allows the origin %q", method, route.Path, a.header.Get("Access-Control-Allow-Origin"))
			}
		}
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	a := w.get("/oauth2/keys", nil)
	keys, err := secevent.ParseJWKS([]byte(a.body))
	if err != nil || len(keys) != 1 || keys[0].ID == "" || keys[0].Algorithm != secevent.ES256 {
		t.Errorf("keys = %s, %v, want one ES256 key", a.body, err)
	}
	if strings.Contains(a.body, `"d"`) {
		t.Errorf("keys = %s: a private key", a.body)
	}
}

// TestNew reports everything that is wrong at once.
func TestNew(t *testing.T) {
	_, err := oidc.New(oidc.Config{})
	for _, want := range []string{"DB", "Keys", "SSFIssuer", "Base"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(zero Config) = %v, want a word about %s", err, want)
		}
	}
	for _, base := range []string{"http://id.example", "ftp://id.example", "https://id.example/path", "https://id.example?x=y", "https://", "https://u@id.example"} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := oidc.New(oidc.Config{Base: u}); !strings.Contains(err.Error(), "Base must be") {
			t.Errorf("New with base %q = %v, want a word about Base", base, err)
		}
	}
}

// TestErrorHidesCause: what an error wraps is for the log.
func TestErrorHidesCause(t *testing.T) {
	w := newWorld(t)
	w.db.Close()
	a := w.clientToken(w.atlas, "ssf.read")
	wantError(t, "token without a database", a, 500, oidc.ServerError)
	var body map[string]string
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || strings.Contains(a.body, "sql") || strings.Contains(a.body, "closed") {
		t.Errorf("the answer tells of the database: %s", a.body)
	}
}
