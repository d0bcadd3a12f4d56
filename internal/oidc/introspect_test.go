// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

func (w *world) introspect(r registration, token string) answer {
	w.t.Helper()
	return w.post("/oauth2/introspect", r, url.Values{"token": {token}})
}

func TestIntrospect(t *testing.T) {
	w := newWorld(t)
	user, own := w.tokens(), w.clientToken(w.atlas, "ssf.read")

	a := w.introspect(w.atlas, user.text("access_token"))
	for name, want := range map[string]any{
		"active": true, "client_id": w.atlas.client.ClientID, "sub": string(w.user.ID), "username": "ada",
		"scope": "openid profile email offline_access", "token_type": "Bearer", "iss": w.url, "sid": string(w.session.ID),
	} {
		if a.json[name] != want {
			t.Errorf("introspect: %s = %v, want %v", name, a.json[name], want)
		}
	}
	if a.json["exp"].(float64)-a.json["iat"].(float64) != 600 || a.text("jti") == "" {
		t.Errorf("introspect = %s, want exp ten minutes after iat, and a jti", a.body)
	}
	a = w.introspect(w.atlas, own.text("access_token"))
	if a.json["active"] != true || a.text("sub") != w.atlas.client.ClientID || a.json["sid"] != nil {
		t.Errorf("introspect(client credentials) = %s, want the client as subject", a.body)
	}
}

// TestIntrospectInactive: of a token that does not work, or is none of the
// client's business, nothing is said but that (RFC 7662 §2.2).
func TestIntrospectInactive(t *testing.T) {
	w := newWorld(t)
	tokens := w.tokens()
	revoked := w.tokens().text("access_token")
	w.post("/oauth2/revoke", w.atlas, url.Values{"token": {revoked}})
	for _, tt := range []struct {
		name, token string
		client      registration
	}{
		{"another client's", tokens.text("access_token"), w.beacon},
		{"unknown", "tocsin_at_" + idp.NewToken(), w.atlas},
		{"empty", "", w.atlas},
		{"refresh token", tokens.text("refresh_token"), w.atlas},
		{"ID token", tokens.text("id_token"), w.atlas},
		{"revoked", revoked, w.atlas},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.introspect(tt.client, tt.token)
			if a.status != http.StatusOK || strings.TrimSpace(a.body) != `{"active":false}` {
				t.Errorf("introspect = %d %s, want 200 and active false alone", a.status, a.body)
			}
		})
	}
	wantError(t, "introspect without token", w.post("/oauth2/introspect", w.atlas, url.Values{}), 400, oidc.InvalidRequest)
	t.Run("meant for the client", func(t *testing.T) {
		token := "tocsin_at_" + idp.NewToken()
		record, err := w.provider.Authenticate(t.Context(), tokens.text("access_token"))
		if err != nil {
			t.Fatal(err)
		}
		record.ID, record.Audience = oidc.AccessTokenID(token), []string{w.beacon.client.ClientID}
		w.update(func(tx idp.Tx) error { return tx.CreateAccessToken(record) })
		if a := w.introspect(w.beacon, token); a.json["active"] != true {
			t.Errorf("introspect by its audience = %s, want active", a.body)
		}
	})
	t.Run("disabled user", func(t *testing.T) {
		outlivings()[2].happens(w)
		if a := w.introspect(w.atlas, tokens.text("access_token")); a.json["active"] != false {
			t.Errorf("introspect = %s, want inactive", a.body)
		}
	})
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	revoke := func(r registration, token string, pairs ...string) answer {
		return w.post("/oauth2/revoke", r, with(url.Values{"token": {token}}, pairs...))
	}
	t.Run("access token goes alone", func(t *testing.T) {
		a := w.tokens()
		if got := revoke(w.atlas, a.text("access_token")); got.status != http.StatusOK || got.body != "" {
			t.Errorf("revoke = %d %q, want 200 and nothing", got.status, got.body)
		}
		if w.works(a.text("access_token")) {
			t.Error("the access token works")
		}
		if w.refresh(a.text("refresh_token")).status != http.StatusOK {
			t.Error("the refresh token stopped to work")
		}
	})
	t.Run("refresh token takes its family", func(t *testing.T) {
		a := w.tokens()
		b := w.refresh(a.text("refresh_token"))
		if got := revoke(w.atlas, b.text("refresh_token"), "token_type_hint", "access_token"); got.status != http.StatusOK {
			t.Errorf("revoke = %d, want 200", got.status)
		}
		if w.works(a.text("access_token")) || w.works(b.text("access_token")) {
			t.Error("an access token of the family works")
		}
		wantError(t, "refresh", w.refresh(b.text("refresh_token")), 400, oidc.InvalidGrant)
		if !w.reload(w.session.ID).EndedAt.IsZero() {
			t.Error("revocation ended the session")
		}
	})
	t.Run("another client's", func(t *testing.T) {
		a := w.tokens()
		for _, name := range []string{"access_token", "refresh_token"} {
			wantError(t, "revoke", revoke(w.beacon, a.text(name)), 400, oidc.InvalidGrant)
		}
		if !w.works(a.text("access_token")) || w.refresh(a.text("refresh_token")).status != http.StatusOK {
			t.Error("another client revoked a token")
		}
	})
	t.Run("unknown", func(t *testing.T) {
		if got := revoke(w.atlas, idp.NewToken()); got.status != http.StatusOK {
			t.Errorf("revoke = %d, want 200", got.status)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		wantError(t, "revoke", revoke(w.atlas, "", "token", ""), 400, oidc.InvalidRequest)
	})
}
