// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// clientEndpoints demand an authenticated client.
var clientEndpoints = []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"}

// TestClientAuthentication is one table for each endpoint that a client
// authenticates at (RFC 6749 §2.3, RFC 7662 §2.1, RFC 7009 §2.1).
func TestClientAuthentication(t *testing.T) {
	w := newWorld(t)
	lone := w.register("lone", nil)
	id := lone.client.ClientID
	lone.client.ApplicationID = ""
	w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(lone.client) })
	noSecret := w.register("nosecret", func(p *idp.OIDCProvider) { p.SecretHash = idp.Hash{} })

	atlas := w.atlas.client.ClientID
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for _, tt := range []struct {
		name   string
		header string
		pairs  []string
		status int
		want   oidc.Code
	}{
		{"basic", basic(atlas, w.atlas.secret), nil, 200, ""},
		{"basic with client_id", basic(atlas, w.atlas.secret), []string{"client_id", atlas}, 200, ""},
		{"basic in lower case", strings.Replace(basic(atlas, w.atlas.secret), "B", "b", 1), nil, 200, ""},
		{"post", "", []string{"client_id", atlas, "client_secret", w.atlas.secret}, 200, ""},
		{"nothing", "", nil, 401, oidc.InvalidClient},
		{"id alone", "", []string{"client_id", atlas}, 401, oidc.InvalidClient},
		{"basic, wrong secret", basic(atlas, "wrong"), nil, 401, oidc.InvalidClient},
		{"basic, no secret", basic(atlas, ""), nil, 401, oidc.InvalidClient},
		{"basic, unknown client", basic("nobody", w.atlas.secret), nil, 401, oidc.InvalidClient},
		{"basic, another's secret", basic(atlas, w.beacon.secret), nil, 401, oidc.InvalidClient},
		{"basic, bad encoding", basic(atlas, "%zz"), nil, 401, oidc.InvalidClient},
		{"bearer", "Bearer " + w.atlas.secret, nil, 401, oidc.InvalidClient},
		{"post, wrong secret", "", []string{"client_id", atlas, "client_secret", "wrong"}, 401, oidc.InvalidClient},
		{"post, no id", "", []string{"client_secret", w.atlas.secret}, 401, oidc.InvalidClient},
		{"two ways", basic(atlas, w.atlas.secret), []string{"client_secret", w.atlas.secret}, 400, oidc.InvalidRequest},
		{"two clients", basic(atlas, w.atlas.secret), []string{"client_id", w.beacon.client.ClientID}, 400, oidc.InvalidRequest},
		{"not assigned", basic(id, lone.secret), nil, 401, oidc.InvalidClient},
		{"registered without a secret", basic(noSecret.client.ClientID, noSecret.secret), nil, 401, oidc.InvalidClient},
		{"hash of the secret", basic(atlas, hashText(w.atlas.secret)), nil, 401, oidc.InvalidClient},
	} {
		for _, path := range clientEndpoints {
			t.Run(tt.name+path, func(t *testing.T) {
				form := with(url.Values{"grant_type": {"client_credentials"}, "token": {"x"}}, tt.pairs...)
				a := w.send(w.form(path, tt.header, form))
				if a.status != tt.status || a.errorCode() != string(tt.want) {
					t.Errorf("%s = %d %s, want %d %s", path, a.status, a.body, tt.status, tt.want)
				}
				if got := a.header.Get("WWW-Authenticate"); (tt.status == 401) != strings.HasPrefix(got, "Basic realm=") {
					t.Errorf("%s: WWW-Authenticate = %q", path, got)
				}
			})
		}
	}
}

func hashText(secret string) string {
	hash := idp.HashToken(secret)
	return string(hash[:])
}

// form makes a request with a given Authorization header.
func (w *world) form(path, authorization string, form url.Values) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "POST", w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

// TestBodies is about requests that are no proper form.
func TestBodies(t *testing.T) {
	w := newWorld(t)
	good := url.Values{"grant_type": {"client_credentials"}, "token": {"x"}}
	for _, tt := range []struct {
		name, query, contentType, body string
		status                         int
	}{
		{"secret in the URL", "?client_id=atlas-client&client_secret=" + w.atlas.secret, "application/x-www-form-urlencoded", good.Encode(), 400},
		{"JSON", "", "application/json", `{"grant_type":"client_credentials"}`, 400},
		{"no type", "", "", good.Encode(), 400},
		{"multipart", "", "multipart/form-data; boundary=x", "--x--", 400},
		{"bad escape", "", "application/x-www-form-urlencoded", "grant_type=%zz", 400},
		{"parameter twice", "", "application/x-www-form-urlencoded", good.Encode() + "&token=y", 400},
		{"long body", "", "application/x-www-form-urlencoded", "token=" + strings.Repeat("x", 100<<10), 413},
		{"empty", "", "application/x-www-form-urlencoded", "", 400},
	} {
		for _, path := range clientEndpoints {
			t.Run(tt.name+path, func(t *testing.T) {
				r, _ := http.NewRequestWithContext(t.Context(), "POST", w.url+path+tt.query, strings.NewReader(tt.body))
				r.Header.Set("Content-Type", tt.contentType)
				r.SetBasicAuth(w.atlas.client.ClientID, w.atlas.secret)
				wantError(t, path, w.send(r), tt.status, oidc.InvalidRequest)
			})
		}
	}
}
