// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

func (w *world) clientToken(r registration, scope string) answer {
	w.t.Helper()
	return w.post("/oauth2/token", r, with(url.Values{"grant_type": {"client_credentials"}}, "scope", scope))
}

func TestClientCredentials(t *testing.T) {
	w := newWorld(t)
	noGrant := w.register("nogrant", func(p *idp.OIDCProvider) { p.Grants = []string{idp.GrantAuthorizationCode} })
	for _, tt := range []struct {
		name   string
		client registration
		scope  string
		want   string
		code   oidc.Code
	}{
		{"read", w.atlas, "ssf.read", "ssf.read", ""},
		{"both", w.atlas, "ssf.read ssf.manage", "ssf.read ssf.manage", ""},
		{"the same twice", w.atlas, "ssf.manage ssf.manage", "ssf.manage", ""},
		{"all that it may have", w.atlas, "", "ssf.read ssf.manage", ""},
		{"unknown", w.atlas, "ssf.read ssf.admin", "", oidc.InvalidScope},
		{"of a user", w.atlas, "openid", "", oidc.InvalidScope},
		{"offline", w.atlas, "ssf.read offline_access", "", oidc.InvalidScope},
		{"no SSF provider", w.beacon, "ssf.manage", "", oidc.InvalidScope},
		{"no SSF provider, no scope", w.beacon, "", "", oidc.InvalidScope},
		{"grant not allowed", noGrant, "ssf.read", "", oidc.UnauthorizedClient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.clientToken(tt.client, tt.scope)
			if tt.code != "" {
				wantError(t, "token", a, 400, tt.code)
				return
			}
			if a.status != http.StatusOK || a.text("scope") != tt.want || a.text("token_type") != "Bearer" {
				t.Fatalf("token = %d %s, want 200 with %q", a.status, a.body, tt.want)
			}
			if a.text("refresh_token") != "" || a.text("id_token") != "" {
				t.Errorf("token = %s, want an access token alone", a.body)
			}
			token, err := w.provider.Authenticate(t.Context(), a.text("access_token"))
			if err != nil {
				t.Fatal(err)
			}
			if token.UserID != "" || token.ApplicationID != tt.client.app.ID || !slices.Equal(token.Audience, []string{w.url + "/ssf/atlas"}) {
				t.Errorf("Authenticate = %+v, want a token of Atlas for its SSF provider", token)
			}
		})
	}
}

// TestUserTokensCarryNoStreamScope: whatever a user's application asks for, at
// whichever step, its tokens cannot manage streams.
func TestUserTokensCarryNoStreamScope(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{
		w.tokens("scope", "openid profile email groups offline_access").text("access_token"),
		w.refresh(w.tokens().text("refresh_token")).text("access_token"),
	} {
		record, err := w.provider.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if record.UserID == "" || slices.Contains(record.Scopes, "ssf.read") || slices.Contains(record.Scopes, "ssf.manage") {
			t.Errorf("Authenticate = %+v, want a user's token without scopes for streams", record)
		}
	}
}

// TestClientTokenOutlived: a token of an application dies with its provider.
func TestClientTokenOutlived(t *testing.T) {
	for _, tt := range []struct {
		name    string
		happens func(*world)
	}{
		{"provider unassigned", (*world).unassign},
		{"provider deleted", func(w *world) {
			w.update(func(tx idp.Tx) error { return tx.DeleteOIDCProvider(w.atlas.client.ID) })
		}},
		{"application deleted", func(w *world) {
			w.update(func(tx idp.Tx) error { return tx.DeleteApplication(w.atlas.app.ID) })
		}},
		{"provider given to another application", func(w *world) {
			other := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "other", Name: "Other"}
			w.atlas.client.ApplicationID = other.ID
			w.update(func(tx idp.Tx) error {
				if err := tx.CreateApplication(other); err != nil {
					return err
				}
				return tx.UpdateOIDCProvider(w.atlas.client)
			})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			token := w.clientToken(w.atlas, "ssf.read").text("access_token")
			if !w.works(token) {
				t.Fatal("the token does not work to begin with")
			}
			tt.happens(w)
			if w.works(token) {
				t.Error("the token works")
			}
		})
	}
}
