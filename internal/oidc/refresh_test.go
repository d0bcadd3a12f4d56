// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

func (w *world) refresh(token string, pairs ...string) answer {
	w.t.Helper()
	return w.post("/oauth2/token", w.atlas, refreshForm(token, pairs...))
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	first := w.tokens()
	second := w.refresh(first.text("refresh_token"))
	if second.status != http.StatusOK || second.text("id_token") == "" {
		t.Fatalf("refresh = %d %s, want 200 with an ID token", second.status, second.body)
	}
	for _, name := range []string{"access_token", "refresh_token"} {
		if second.text(name) == first.text(name) || second.text(name) == "" {
			t.Errorf("refresh gave the %s %q again", name, second.text(name))
		}
	}
	if !w.works(first.text("access_token")) || !w.works(second.text("access_token")) {
		t.Error("an access token stopped to work because of a refresh")
	}
	if third := w.refresh(second.text("refresh_token")); third.status != http.StatusOK {
		t.Errorf("refresh with the successor = %d %s, want 200", third.status, third.body)
	}
}

// TestRefreshReuse: a second use revokes the family and ends the session, and
// the refusal does not undo that. Applications hear of it.
func TestRefreshReuse(t *testing.T) {
	w := newWorld(t)
	first := w.tokens()
	second := w.refresh(first.text("refresh_token"))
	before := w.signals()

	wantError(t, "reuse", w.refresh(first.text("refresh_token")), 400, oidc.InvalidGrant)
	for _, a := range []answer{first, second} {
		if w.works(a.text("access_token")) {
			t.Error("an access token of the family works after the reuse")
		}
	}
	wantError(t, "the successor", w.refresh(second.text("refresh_token")), 400, oidc.InvalidGrant)
	if s := w.reload(w.session.ID); s.EndedAt.IsZero() {
		t.Error("the session lives after the reuse")
	}
	signals := w.signals()[len(before):]
	for _, want := range []any{caep.SessionRevoked{}.EventType(), caep.RiskLevelChange{}.EventType()} {
		if !slices.ContainsFunc(signals, func(s idp.Signal) bool { return s.Type == want && s.Principal.SessionID == w.session.ID }) {
			t.Errorf("the reuse recorded no %v of the session", want)
		}
	}
	wantError(t, "reuse again", w.refresh(first.text("refresh_token")), 400, oidc.InvalidGrant)
	if got := len(w.signals()) - len(before); got != len(signals) {
		t.Errorf("a repeated reuse recorded %d more signals, want none", got-len(signals))
	}
}

func (w *world) signals() (all []idp.Signal) {
	w.t.Helper()
	w.view(func(tx idp.Tx) (err error) {
		all, err = tx.SignalsAfter(0, 100)
		return err
	})
	return all
}

// TestRefreshRefused says what else is refused, and that it uses nothing up.
func TestRefreshRefused(t *testing.T) {
	w := newWorld(t)
	token := w.tokens("scope", "openid email offline_access").text("refresh_token")
	for _, tt := range []struct {
		name   string
		client registration
		pairs  []string
		want   oidc.Code
	}{
		{"no token", w.atlas, []string{"refresh_token", ""}, oidc.InvalidRequest},
		{"unknown token", w.atlas, []string{"refresh_token", "tocsin_rt_" + idp.NewToken()}, oidc.InvalidGrant},
		{"another client", w.beacon, nil, oidc.InvalidGrant},
		{"more scope", w.atlas, []string{"scope", "openid profile"}, oidc.InvalidScope},
		{"scope for streams", w.atlas, []string{"scope", "openid ssf.manage"}, oidc.InvalidScope},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, "refresh", w.post("/oauth2/token", tt.client, refreshForm(token, tt.pairs...)), 400, tt.want)
		})
	}
	if s := w.reload(w.session.ID); !s.Live(time.Now()) {
		t.Error("a refused refresh ended the session")
	}

	t.Run("less scope for one access token", func(t *testing.T) {
		a := w.refresh(token, "scope", "openid")
		if a.status != http.StatusOK || a.text("scope") != "openid" {
			t.Fatalf("refresh = %d %s, want 200 with openid", a.status, a.body)
		}
		if again := w.refresh(a.text("refresh_token")); again.text("scope") != "openid email offline_access" {
			t.Errorf("the next refresh has scope %q, want all that was granted", again.text("scope"))
		}
	})
	t.Run("expired", func(t *testing.T) {
		access, refresh := "tocsin_at_"+idp.NewToken(), "tocsin_rt_"+idp.NewToken()
		w.update(func(tx idp.Tx) error {
			past := tx.Now().Add(-time.Millisecond)
			err := tx.CreateAccessToken(idp.AccessToken{ID: oidc.AccessTokenID(access), ApplicationID: w.atlas.app.ID,
				ClientID: w.atlas.client.ClientID, UserID: w.user.ID, SessionID: w.session.ID, ExpiresAt: past})
			if err != nil {
				return err
			}
			return tx.CreateRefreshToken(idp.RefreshToken{Hash: idp.HashToken(refresh), FamilyID: "family",
				ApplicationID: w.atlas.app.ID, ClientID: w.atlas.client.ClientID, UserID: w.user.ID, SessionID: w.session.ID, ExpiresAt: past})
		})
		wantError(t, "refresh", w.refresh(refresh), 400, oidc.InvalidGrant)
		if _, err := w.provider.Authenticate(t.Context(), access); !errors.Is(err, idp.ErrExpired) {
			t.Errorf("Authenticate = %v, want ErrExpired", err)
		}
	})
	t.Run("access token instead", func(t *testing.T) {
		wantError(t, "refresh", w.refresh(w.tokens().text("access_token")), 400, oidc.InvalidGrant)
	})
	t.Run("grant withdrawn", func(t *testing.T) {
		token := w.tokens().text("refresh_token")
		w.atlas.client.Grants = []string{idp.GrantAuthorizationCode}
		w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(w.atlas.client) })
		wantError(t, "refresh", w.refresh(token), 400, oidc.UnauthorizedClient)
	})
}

// TestRefreshOutlived: a refresh asks anew whether the user may.
func TestRefreshOutlived(t *testing.T) {
	for _, tt := range outlivings() {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			a := w.tokens()
			tt.happens(w)
			wantError(t, "refresh", w.refresh(a.text("refresh_token")), 400, oidc.InvalidGrant)
			_, err := w.provider.Authenticate(t.Context(), a.text("access_token"))
			if !errors.Is(err, idp.ErrExpired) && !errors.Is(err, idp.ErrNotFound) {
				t.Errorf("Authenticate = %v, want ErrExpired or ErrNotFound", err)
			}
		})
	}
}
