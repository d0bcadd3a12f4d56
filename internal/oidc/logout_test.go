// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

const bye = "https://rp.example/bye"

// TestLogout says where the browser goes, and that the session ends when it is
// proven which one is meant (OIDC RPL §2, OIDC RPL §3).
func TestLogout(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"hint alone", nil, oidc.SignInPath},
		{"back to the application", []string{"post_logout_redirect_uri", bye}, bye},
		{"with state", []string{"post_logout_redirect_uri", bye, "state", "a b&c"}, bye + "?state=a+b%26c"},
		{"with a query of its own", []string{"post_logout_redirect_uri", bye + "?fixed=1", "state", "x"}, bye + "?fixed=1&state=x"},
		{"client_id too", []string{"post_logout_redirect_uri", bye, "client_id", "atlas-client"}, bye},
		{"unregistered", []string{"post_logout_redirect_uri", "https://evil.example/"}, oidc.SignInPath},
		{"prefix", []string{"post_logout_redirect_uri", bye + "/x"}, oidc.SignInPath},
		{"redirect URI", []string{"post_logout_redirect_uri", callback}, oidc.SignInPath},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tokens := w.tokens()
			other := w.signIn(w.user.ID, time.Now())
			a := w.get("/oidc/logout", with(url.Values{"id_token_hint": {tokens.text("id_token")}}, tt.pairs...))
			if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != tt.want {
				t.Errorf("logout(%q) = %d to %q, want 303 to %q", tt.pairs, a.status, got, tt.want)
			}
			if w.reload(w.session.ID).EndedAt.IsZero() || w.works(tokens.text("access_token")) {
				t.Error("the session or its token lives")
			}
			if !w.reload(other.ID).EndedAt.IsZero() {
				t.Error("another session of the user ended")
			}
			signals := w.signalsOf(caep.TypeSessionRevoked)
			if n := len(signals); n != 1 || signals[0].Principal.SessionID != w.session.ID {
				t.Errorf("logout recorded %v, want one session-revoked of the session", signals)
			}
		})
	}
}

// TestLogoutAsks: without a proof the user is asked, and nothing has happened.
func TestLogoutAsks(t *testing.T) {
	w := newWorld(t)
	tokens := w.tokens()
	for _, tt := range []struct{ name, hint string }{
		{"no hint", ""},
		{"garbage", "a.b.c"},
		{"access token", tokens.text("access_token")},
		{"changed", tokens.text("id_token") + "x"},
		{"alg none", withHeader(map[string]any{"iss": w.url, "sub": string(w.user.ID), "sid": string(w.session.ID), "azp": "atlas-client"}, `{"alg":"none"}`, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.get("/oidc/logout", url.Values{"id_token_hint": {tt.hint}, "post_logout_redirect_uri": {bye}, "client_id": {"atlas-client"}})
			if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != oidc.SignOutPath {
				t.Errorf("logout = %d to %q, want 303 to %q", a.status, got, oidc.SignOutPath)
			}
		})
	}
	t.Run("another client_id", func(t *testing.T) {
		a := w.get("/oidc/logout", url.Values{"id_token_hint": {tokens.text("id_token")}, "client_id": {"beacon-client"}})
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("logout = %d to %q, want 400", a.status, a.header.Get("Location"))
		}
	})
	if !w.reload(w.session.ID).EndedAt.IsZero() {
		t.Error("the session ended")
	}
}

func TestLogoutLate(t *testing.T) {
	w := newWorld(t)
	w.atlas.client.IDTokenLifetime = time.Minute
	w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(w.atlas.client) })
	form := url.Values{"id_token_hint": {w.tokens().text("id_token")}, "post_logout_redirect_uri": {bye}}
	w.update(func(tx idp.Tx) error { return tx.EndSession(w.session.ID, "signed out") })
	t.Run("session ended before", func(t *testing.T) {
		if a := w.post("/oidc/logout", registration{}, form); a.header.Get("Location") != bye {
			t.Errorf("logout = %d to %q, want %q", a.status, a.header.Get("Location"), bye)
		}
		if n := len(w.signalsOf(caep.TypeSessionRevoked)); n != 0 {
			t.Errorf("logout recorded %d signals, want none", n)
		}
	})
	t.Run("user deleted", func(t *testing.T) {
		w.update(func(tx idp.Tx) error { return tx.DeleteUser(w.user.ID) })
		if a := w.post("/oidc/logout", registration{}, form); a.header.Get("Location") != bye {
			t.Errorf("logout = %d to %q, want %q", a.status, a.header.Get("Location"), bye)
		}
	})
	t.Run("application deleted", func(t *testing.T) {
		w.update(func(tx idp.Tx) error { return tx.DeleteApplication(w.atlas.app.ID) })
		if a := w.post("/oidc/logout", registration{}, form); a.header.Get("Location") != oidc.SignInPath {
			t.Errorf("logout = %d to %q, want %q", a.status, a.header.Get("Location"), oidc.SignInPath)
		}
	})
}
