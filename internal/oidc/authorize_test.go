// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/signing"
)

// TestAuthorizeShows is about requests whose redirect URI cannot be trusted:
// the answer stays here (RFC 6749 §4.1.2.1).
func TestAuthorizeShows(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name  string
		pairs []string
	}{
		{"no client", []string{"client_id", ""}},
		{"unknown client", []string{"client_id", "nobody"}},
		{"no redirect URI", []string{"redirect_uri", ""}},
		{"another site", []string{"redirect_uri", "https://evil.example/callback"}},
		{"prefix", []string{"redirect_uri", callback + "/more"}},
		{"shorter", []string{"redirect_uri", "https://rp.example/"}},
		{"query added", []string{"redirect_uri", callback + "?next=https://evil.example"}},
		{"fragment added", []string{"redirect_uri", callback + "#x"}},
		{"trailing slash", []string{"redirect_uri", callback + "/"}},
		{"other scheme", []string{"redirect_uri", "http://rp.example/callback"}},
		{"other case", []string{"redirect_uri", "https://RP.example/callback"}},
		{"default port", []string{"redirect_uri", "https://rp.example:443/callback"}},
		{"user info", []string{"redirect_uri", "https://rp.example@evil.example/callback"}},
		{"path traversal", []string{"redirect_uri", "https://rp.example/x/../callback"}},
		{"encoded", []string{"redirect_uri", "https://rp.example/%63allback"}},
		{"space", []string{"redirect_uri", callback + " "}},
		{"subdomain", []string{"redirect_uri", "https://rp.example.evil.example/callback"}},
		{"script", []string{"redirect_uri", "javascript:alert(1)"}},
		{"post-logout URI", []string{"redirect_uri", "https://rp.example/bye"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.get("/oauth2/authorize", authorizeParams(w.atlas, tt.pairs...))
			if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
				t.Errorf("authorize(%q) = %d to %q, want 400 and no redirect", tt.pairs, a.status, a.header.Get("Location"))
			}
		})
	}
	t.Run("redirect URI of another application", func(t *testing.T) {
		other := w.register("other", func(p *idp.OIDCProvider) { p.RedirectURIs = []string{"https://other.example/cb"} })
		a := w.get("/oauth2/authorize", authorizeParams(other))
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("authorize = %d to %q, want 400 and no redirect", a.status, a.header.Get("Location"))
		}
	})
	t.Run("provider without application", func(t *testing.T) {
		lone := w.register("lone", nil)
		lone.client.ApplicationID = ""
		w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(lone.client) })
		if a := w.get("/oauth2/authorize", authorizeParams(lone)); a.status != http.StatusBadRequest {
			t.Errorf("authorize = %d, want 400", a.status)
		}
	})
	t.Run("parameter twice", func(t *testing.T) {
		params := authorizeParams(w.atlas)
		params.Add("redirect_uri", "https://evil.example/")
		if a := w.get("/oauth2/authorize", params); a.status != http.StatusBadRequest {
			t.Errorf("authorize = %d, want 400", a.status)
		}
	})
	t.Run("long parameter", func(t *testing.T) {
		a := w.get("/oauth2/authorize", authorizeParams(w.atlas, "state", strings.Repeat("x", 5<<10)))
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("authorize = %d to %q, want 400 and no redirect", a.status, a.header.Get("Location"))
		}
	})
	t.Run("long query", func(t *testing.T) {
		a := w.get("/oauth2/authorize", authorizeParams(w.atlas, "state", strings.Repeat("x", 9<<10)))
		if a.status != http.StatusRequestURITooLong {
			t.Errorf("authorize = %d, want 414", a.status)
		}
	})
}

// TestAuthorizeAnswers is about what is refused at the redirect URI, with
// state and issuer (RFC 6749 §4.1.2.1, RFC 9207 §2).
func TestAuthorizeAnswers(t *testing.T) {
	w := newWorld(t)
	noCode := w.register("nocode", func(p *idp.OIDCProvider) { p.Grants = []string{idp.GrantClientCredentials} })
	for _, tt := range []struct {
		name  string
		pairs []string
		want  oidc.Code
	}{
		{"PKCE missing", []string{"code_challenge", "", "code_challenge_method", ""}, oidc.InvalidRequest},
		{"PKCE plain", []string{"code_challenge", verifier, "code_challenge_method", "plain"}, oidc.InvalidRequest},
		{"PKCE method missing", []string{"code_challenge_method", ""}, oidc.InvalidRequest},
		{"PKCE method in lower case", []string{"code_challenge_method", "s256"}, oidc.InvalidRequest},
		{"PKCE challenge missing", []string{"code_challenge", ""}, oidc.InvalidRequest},
		{"PKCE challenge short", []string{"code_challenge", challenge[:42]}, oidc.InvalidRequest},
		{"PKCE challenge padded", []string{"code_challenge", challenge + "="}, oidc.InvalidRequest},
		{"implicit", []string{"response_type", "id_token token"}, oidc.UnsupportedResponseType},
		{"hybrid", []string{"response_type", "code id_token"}, oidc.UnsupportedResponseType},
		{"no response type", []string{"response_type", ""}, oidc.InvalidRequest},
		{"fragment", []string{"response_mode", "fragment"}, oidc.InvalidRequest},
		{"form_post", []string{"response_mode", "form_post"}, oidc.InvalidRequest},
		{"request object", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, oidc.RequestNotSupported},
		{"request object elsewhere", []string{"request_uri", "https://evil.example/"}, oidc.RequestURINotSupported},
		{"registration", []string{"registration", "{}"}, oidc.RegistrationUnsupported},
		{"no scope", []string{"scope", ""}, oidc.InvalidScope},
		{"no openid", []string{"scope", "profile email"}, oidc.InvalidScope},
		{"ssf.read for a user", []string{"scope", "openid ssf.read"}, oidc.InvalidScope},
		{"ssf.manage for a user", []string{"scope", "openid ssf.manage"}, oidc.InvalidScope},
		{"none and login", []string{"prompt", "none login"}, oidc.InvalidRequest},
		{"max_age is no number", []string{"max_age", "soon"}, oidc.InvalidRequest},
		{"max_age is empty", []string{"max_age", " "}, oidc.InvalidRequest},
		{"max_age is negative", []string{"max_age", "-1"}, oidc.InvalidRequest},
		{"bad hint", []string{"id_token_hint", "a.b.c"}, oidc.LoginRequired},
		{"grant not allowed", []string{"client_id", noCode.client.ClientID, "redirect_uri", callback}, oidc.UnauthorizedClient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := w.get("/oauth2/authorize", authorizeParams(w.atlas, tt.pairs...)).location(t)
			if got := u.Scheme + "://" + u.Host + u.Path; got != callback {
				t.Fatalf("authorize(%q) went to %s, want %s", tt.pairs, u, callback)
			}
			q := u.Query()
			if q.Get("error") != string(tt.want) || q.Get("error_description") == "" {
				t.Errorf("authorize(%q) = %q %q, want %q with a description", tt.pairs, q.Get("error"), q.Get("error_description"), tt.want)
			}
			if q.Get("state") != "af0ifjsldkj" || q.Get("iss") != w.url || q.Has("code") {
				t.Errorf("authorize(%q) = %s, want state, iss and no code", tt.pairs, u)
			}
		})
	}
}

func TestAuthorizeAccepts(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name  string
		pairs []string
	}{
		{"plain request", nil},
		{"query mode", []string{"response_mode", "query"}},
		{"unknown parameter", []string{"display", "touch", "ui_locales", "de fr", "x", "y"}},
		{"unknown prompt", []string{"prompt", "create"}},
		{"enormous max_age", []string{"max_age", "18446744073709551615"}},
		{"no state", []string{"state", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := w.resume(w.request(w.atlas, tt.pairs...), &w.session).(oidc.Continue)
			param(t, next.URL, "code")
		})
	}
	t.Run("names in another case are other names", func(t *testing.T) {
		params := authorizeParams(w.atlas, "Redirect_uri", "https://evil.example/", "CLIENT_ID", w.beacon.client.ClientID,
			"Code_challenge", verifier[:43], "Scope", "openid groups", "Nonce", "other")
		request := param(t, w.get("/oauth2/authorize", params).location(t).String(), "request")
		next := w.resume(request, &w.session).(oidc.Continue)
		if !strings.HasPrefix(next.URL, callback+"?") {
			t.Fatalf("Resume = %s, want %s", next.URL, callback)
		}
		a := w.post("/oauth2/token", w.atlas, codeForm(param(t, next.URL, "code")))
		if a.status != http.StatusOK || a.text("scope") != "openid profile email offline_access" {
			t.Errorf("token = %d %s, want 200 with the scope of the proper parameter", a.status, a.body)
		}
	})
	t.Run("by POST", func(t *testing.T) {
		a := w.post("/oauth2/authorize", registration{}, authorizeParams(w.atlas))
		if u := a.location(t); u.Path != oidc.SignInPath {
			t.Errorf("POST authorize went to %s, want %s", u, oidc.SignInPath)
		}
	})
	t.Run("redirect URI with a query", func(t *testing.T) {
		next := w.resume(w.request(w.atlas, "redirect_uri", "https://rp.example/with?fixed=1"), &w.session).(oidc.Continue)
		u, err := url.Parse(next.URL)
		if err != nil || u.Query().Get("fixed") != "1" || u.Query().Get("code") == "" {
			t.Errorf("Resume = %s, want fixed=1 and a code", next.URL)
		}
	})
}

// TestScopes says what a user can grant: what we know, and what the client can
// use (RFC 6749 §3.3).
func TestScopes(t *testing.T) {
	w := newWorld(t)
	noRefresh := w.register("norefresh", func(p *idp.OIDCProvider) {
		p.SkipConsent, p.Grants = true, []string{idp.GrantAuthorizationCode}
	})
	for _, tt := range []struct {
		name    string
		client  registration
		scope   string
		want    string
		refresh bool
	}{
		{"all", w.atlas, "openid profile email groups offline_access", "openid profile email groups offline_access", true},
		{"unknown left out", w.atlas, "openid phone address https://api.example/read", "openid", false},
		{"no offline_access", w.atlas, "openid", "openid", false},
		{"client cannot refresh", noRefresh, "openid offline_access", "openid", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := w.resume(w.request(tt.client, "scope", tt.scope), &w.session).(oidc.Continue)
			a := w.post("/oauth2/token", tt.client, codeForm(param(t, next.URL, "code")))
			if a.text("scope") != tt.want || (a.text("refresh_token") != "") != tt.refresh {
				t.Errorf("scope %q gave %q, refresh token %q; want %q, %v", tt.scope, a.text("scope"), a.text("refresh_token"), tt.want, tt.refresh)
			}
		})
	}
}

// TestErrorPage shows errors for people on a page of the caller's.
func TestErrorPage(t *testing.T) {
	w := newWorld(t)
	var shown *oidc.Error
	base, _ := url.Parse(w.url)
	p, err := oidc.New(oidc.Config{
		DB: w.db, Keys: signing.New(signing.Config{DB: w.db}), SigningKey: "unused", Base: base, AllowInsecure: true,
		SSFIssuer: func(slug string) string { return slug },
		ErrorPage: func(rw http.ResponseWriter, _ *http.Request, e *oidc.Error) { shown = e; rw.WriteHeader(e.Status()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	p.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/oauth2/authorize?client_id=nobody", nil))
	if rec.Code != http.StatusBadRequest || shown == nil || shown.Code != oidc.InvalidClient || !errors.Is(shown, idp.ErrNotFound) {
		t.Errorf("authorize = %d with %v, want 400 with the unknown client", rec.Code, shown)
	}
}
