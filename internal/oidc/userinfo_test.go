// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (w *world) userinfo(method, authorization string, form url.Values) answer {
	w.t.Helper()
	r := w.form("/oidc/userinfo", authorization, form)
	r.Method = method
	if form == nil {
		r.Body, r.ContentLength = http.NoBody, 0
		r.Header.Del("Content-Type")
	}
	return w.send(r)
}

func TestUserinfo(t *testing.T) {
	w := newWorld(t)
	w.addGroup("readers", w.user.ID)
	w.addGroup("admins", w.user.ID)
	for _, tt := range []struct {
		scope string
		want  []string
	}{
		{"openid", []string{"sub"}},
		{"openid email", []string{"email", "sub"}},
		{"openid profile", []string{"name", "preferred_username", "sub", "updated_at"}},
		{"openid groups", []string{"groups", "sub"}},
	} {
		t.Run(tt.scope, func(t *testing.T) {
			token := w.tokens("scope", tt.scope).text("access_token")
			for _, a := range []answer{
				w.userinfo("GET", "Bearer "+token, nil),
				w.userinfo("GET", "bearer "+token, nil),
				w.userinfo("POST", "Bearer "+token, nil),
				w.userinfo("POST", "", url.Values{"access_token": {token}}),
			} {
				var names []string
				for name := range a.json {
					names = append(names, name)
				}
				slices.Sort(names)
				if a.status != http.StatusOK || !slices.Equal(names, tt.want) || a.text("sub") != string(w.user.ID) {
					t.Errorf("userinfo = %d %s, want the claims %q", a.status, a.body, tt.want)
				}
				if groups, ok := a.json["groups"]; ok && !reflect.DeepEqual(groups, []any{"admins", "readers"}) {
					t.Errorf("groups = %v, want admins and readers", groups)
				}
			}
		})
	}
}

// TestUserinfoRefused checks the challenge of RFC 6750 §3.
func TestUserinfoRefused(t *testing.T) {
	w := newWorld(t)
	token := w.tokens().text("access_token")
	for _, tt := range []struct {
		name      string
		a         answer
		status    int
		challenge string
	}{
		{"no token", w.userinfo("GET", "", nil), 401, `Bearer realm="` + w.url + `"`},
		{"unknown token", w.userinfo("GET", "Bearer "+idp.NewToken(), nil), 401, `error="invalid_token"`},
		{"refresh token", w.userinfo("GET", "Bearer "+w.tokens().text("refresh_token"), nil), 401, `error="invalid_token"`},
		{"ID token", w.userinfo("GET", "Bearer "+w.tokens().text("id_token"), nil), 401, `error="invalid_token"`},
		{"basic", w.userinfo("GET", "Basic "+token, nil), 401, `error="invalid_token"`},
		{"in the URL", w.get("/oidc/userinfo", url.Values{"access_token": {token}}), 400, `error="invalid_request"`},
		{"twice", w.userinfo("POST", "Bearer "+token, url.Values{"access_token": {token}}), 400, `error="invalid_request"`},
		{"of an application", w.userinfo("GET", "Bearer "+w.clientToken(w.atlas, "ssf.read").text("access_token"), nil), 403, `scope="openid"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.a.header.Get("WWW-Authenticate")
			if tt.a.status != tt.status || !strings.HasPrefix(got, "Bearer ") || !strings.Contains(got, tt.challenge) {
				t.Errorf("userinfo = %d %q, want %d with %s", tt.a.status, got, tt.status, tt.challenge)
			}
		})
	}
	if got := w.userinfo("GET", "", nil); strings.Contains(got.header.Get("WWW-Authenticate"), "error=") || got.body != "" {
		t.Errorf("userinfo without a token = %q %q, want no error code", got.header.Get("WWW-Authenticate"), got.body)
	}
	for _, tt := range outlivings() {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			token := w.tokens().text("access_token")
			tt.happens(w)
			if a := w.userinfo("GET", "Bearer "+token, nil); a.status != http.StatusUnauthorized {
				t.Errorf("userinfo = %d, want 401", a.status)
			}
		})
	}
}
