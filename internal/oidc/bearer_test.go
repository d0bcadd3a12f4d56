// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// TestAuthenticate is CAEP Interop §2.7.3: a token that manages streams is
// checked for what it is, whether it was altered, and whether its time is over
// or it was revoked.
func TestAuthenticate(t *testing.T) {
	w := newWorld(t)
	fresh := func() string { return w.clientToken(w.atlas, "ssf.manage").text("access_token") }
	good, altered := fresh(), []byte(fresh())
	altered[len(altered)-1] ^= 1
	revoked := fresh()
	w.post("/oauth2/revoke", w.atlas, url.Values{"token": {revoked}})
	// A token whose time ended as the transaction began.
	old := "tocsin_at_" + idp.NewToken()
	w.update(func(tx idp.Tx) error {
		return tx.CreateAccessToken(idp.AccessToken{ID: oidc.AccessTokenID(old), ApplicationID: w.atlas.app.ID,
			ClientID: w.atlas.client.ClientID, Scopes: []string{"ssf.manage"},
			CreatedAt: tx.Now().Add(-time.Hour), ExpiresAt: tx.Now()})
	})
	for _, tt := range []struct {
		name, token string
		want        error
	}{
		{"good", good, nil},
		{"altered", string(altered), idp.ErrNotFound},
		{"made up", "tocsin_at_" + idp.NewToken(), idp.ErrNotFound},
		{"revoked", revoked, idp.ErrExpired},
		{"expired", old, idp.ErrExpired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := w.provider.Authenticate(t.Context(), tt.token); !errors.Is(err, tt.want) {
				t.Errorf("Authenticate = %v, want %v", err, tt.want)
			}
		})
	}
}
