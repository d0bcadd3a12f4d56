// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/oidc"
)

// FuzzAuthorize sends any query. The browser may only ever be sent to the
// sign-in page or to a registered redirect URI, and never with a code.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	for _, pairs := range [][]string{
		nil, {"redirect_uri", "https://evil.example/"}, {"redirect_uri", callback + "@evil.example"},
		{"max_age", "x"}, {"prompt", "none login"}, {"scope", "openid ssf.manage"}, {"id_token_hint", "a.b.c"},
	} {
		f.Add(authorizeParams(w.atlas, pairs...).Encode())
	}
	f.Add("client_id=atlas-client&redirect_uri=" + url.QueryEscape(callback) + "&redirect_uri=x")
	f.Add("%zz;=&&=")
	handler := w.provider.Handler()
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/oauth2/authorize", nil)
		r.URL.RawQuery = query
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		location := rec.Header().Get("Location")
		switch {
		case rec.Code >= 500:
			t.Errorf("authorize(%q) = %d", query, rec.Code)
		case location == "", strings.HasPrefix(location, oidc.SignInPath+"?request="):
		default:
			u, err := url.Parse(location)
			if err != nil || u.Query().Has("code") || u.Query().Get("error") == "" ||
				!strings.HasPrefix(location, callback+"?") && !strings.HasPrefix(location, "https://rp.example/with?") {
				t.Errorf("authorize(%q) went to %q", query, location)
			}
		}
	})
}

// FuzzToken sends any body with any Authorization header. Nobody who does not
// know a secret gets a token.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	robot := w.registerRobot("robot")
	f.Add("", assertionForm(withHeader(robot.claims(w.url), `{"alg":"none"}`, "")).Encode())
	f.Add("", assertionForm("e30.e30.e30").Encode())
	f.Add("Basic YXRsYXMtY2xpZW50Og==", "grant_type=client_credentials")
	f.Add("Basic !", "grant_type=authorization_code&code=x&code_verifier=y")
	f.Add("Bearer x", "client_id=atlas-client&client_secret=x&grant_type=refresh_token")
	f.Add("", "client_assertion=..&client_assertion_type=x")
	handler := w.provider.Handler()
	f.Fuzz(func(t *testing.T, authorization, body string) {
		for _, path := range clientEndpoints {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", authorization)
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			if rec.Code != 400 && rec.Code != 401 && rec.Code != 413 {
				t.Errorf("%s(%q, %q) = %d %s", path, authorization, body, rec.Code, rec.Body)
			}
		}
	})
}
