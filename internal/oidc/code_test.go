// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// TestCodeRefused: a code works for its client, at its redirect URI, with its
// verifier, in its time (RFC 6749 §4.1.3, RFC 7636 §4.6). A request that is
// wrong does not use the code up.
func TestCodeRefused(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name   string
		client registration
		pairs  []string
		status int
		want   oidc.Code
	}{
		{"no code", w.atlas, []string{"code", ""}, 400, oidc.InvalidRequest},
		{"unknown code", w.atlas, []string{"code", idp.NewToken()}, 400, oidc.InvalidGrant},
		{"another client", w.beacon, nil, 400, oidc.InvalidGrant},
		{"no verifier", w.atlas, []string{"code_verifier", ""}, 400, oidc.InvalidRequest},
		{"wrong verifier", w.atlas, []string{"code_verifier", strings.Repeat("x", 43)}, 400, oidc.InvalidGrant},
		{"the challenge as verifier", w.atlas, []string{"code_verifier", challenge}, 400, oidc.InvalidGrant},
		{"no redirect URI", w.atlas, []string{"redirect_uri", ""}, 400, oidc.InvalidGrant},
		{"another registered redirect URI", w.atlas, []string{"redirect_uri", "https://rp.example/with?fixed=1"}, 400, oidc.InvalidGrant},
		{"no grant type", w.atlas, []string{"grant_type", ""}, 400, oidc.InvalidRequest},
		{"unknown grant type", w.atlas, []string{"grant_type", "password"}, 400, oidc.UnsupportedGrantType},
		{"token exchange", w.atlas, []string{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"}, 400, oidc.UnsupportedGrantType},
		{"JWT grant", w.atlas, []string{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, 400, oidc.UnsupportedGrantType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := w.code()
			wantError(t, "token", w.post("/oauth2/token", tt.client, codeForm(code, tt.pairs...)), tt.status, tt.want)
			if a := w.post("/oauth2/token", w.atlas, codeForm(code)); a.status != http.StatusOK {
				t.Errorf("the code afterwards = %d %s, want 200", a.status, a.body)
			}
		})
	}
}

// TestCodeReplay: the second use revokes what the first one gave (RFC 6749
// §4.1.2), and only the client of the code can cause that.
func TestCodeReplay(t *testing.T) {
	w := newWorld(t)
	code := w.code()
	first := w.post("/oauth2/token", w.atlas, codeForm(code))
	access := first.text("access_token")

	wantError(t, "another client's replay", w.post("/oauth2/token", w.beacon, codeForm(code)), 400, oidc.InvalidGrant)
	if !w.works(access) {
		t.Fatal("another client's replay revoked the token")
	}
	wantError(t, "replay", w.post("/oauth2/token", w.atlas, codeForm(code)), 400, oidc.InvalidGrant)
	if w.works(access) {
		t.Error("the access token works after its code was replayed")
	}
	wantError(t, "refresh after replay", w.post("/oauth2/token", w.atlas, refreshForm(first.text("refresh_token"))), 400, oidc.InvalidGrant)
	if s := w.reload(w.session.ID); !s.Live(time.Now()) {
		t.Error("the replay of a code ended the session")
	}
}

func (w *world) reload(id idp.SessionID) (s idp.Session) {
	w.t.Helper()
	w.view(func(tx idp.Tx) (err error) {
		s, err = tx.Session(id)
		return err
	})
	return s
}

func TestCodeConcurrently(t *testing.T) {
	w := newWorld(t)
	code := w.code()
	var mu sync.Mutex
	var good int
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if w.post("/oauth2/token", w.atlas, codeForm(code)).status == http.StatusOK {
				mu.Lock()
				defer mu.Unlock()
				good++
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("%d of 8 exchanges of one code succeeded, want 1", good)
	}
}

// TestCodeOutlived: what changed since the code was made counts.
func TestCodeOutlived(t *testing.T) {
	for _, tt := range outlivings() {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			code := w.code()
			tt.happens(w)
			wantError(t, "token", w.post("/oauth2/token", w.atlas, codeForm(code)), 400, oidc.InvalidGrant)
		})
	}
	t.Run("code expired", func(t *testing.T) {
		w := newWorld(t)
		code := w.code()
		w.update(func(tx idp.Tx) error {
			r, err := tx.AuthRequestByCode(idp.HashToken(code))
			if err != nil {
				return err
			}
			if life := time.Until(r.ExpiresAt); life > time.Minute {
				t.Errorf("the code lives for %v, want at most a minute", life)
			}
			r.ExpiresAt = tx.Now()
			return tx.UpdateAuthRequest(r)
		})
		wantError(t, "token", w.post("/oauth2/token", w.atlas, codeForm(code)), 400, oidc.InvalidGrant)
	})
	t.Run("provider unassigned", func(t *testing.T) {
		w := newWorld(t)
		code := w.code()
		w.unassign()
		wantError(t, "token", w.post("/oauth2/token", w.atlas, codeForm(code)), 401, oidc.InvalidClient)
	})
}

// outlivings are the ways in which a user's authorization ends before its
// tokens do.
func outlivings() []struct {
	name    string
	happens func(*world)
} {
	return []struct {
		name    string
		happens func(*world)
	}{
		{"session ended", func(w *world) {
			w.update(func(tx idp.Tx) error { return tx.EndSession(w.session.ID, "signed out") })
		}},
		{"session swept", func(w *world) {
			w.update(func(tx idp.Tx) error {
				if err := tx.EndSession(w.session.ID, "signed out"); err != nil {
					return err
				}
				_, err := tx.SweepSessions(tx.Now().Add(time.Hour), 10)
				return err
			})
		}},
		{"user disabled", func(w *world) {
			w.user.DisabledAt = time.Now()
			w.update(func(tx idp.Tx) error { return tx.UpdateUser(w.user) })
		}},
		{"user deleted", func(w *world) {
			w.update(func(tx idp.Tx) error { return tx.DeleteUser(w.user.ID) })
		}},
		{"group demanded", func(w *world) { w.restrict(w.atlas, w.addGroup("members")) }},
	}
}

func (w *world) unassign() {
	w.t.Helper()
	w.atlas.client.ApplicationID = ""
	w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(w.atlas.client) })
}

// TestTokenLifetime: short-lived means sixty minutes at most (CAEP Interop
// §2.7.1).
func TestTokenLifetime(t *testing.T) {
	w := newWorld(t)
	a := w.tokens()
	if got := a.json["expires_in"]; got != float64(600) {
		t.Errorf("expires_in = %v, want 600", got)
	}
	record, err := w.provider.Authenticate(t.Context(), a.text("access_token"))
	if err != nil || record.ExpiresAt.Sub(record.CreatedAt) != 10*time.Minute {
		t.Errorf("Authenticate = %v, %v, want a life of 10 minutes", record.ExpiresAt.Sub(record.CreatedAt), err)
	}
	w.atlas.client.AccessTokenLifetime = time.Hour + time.Second
	if err := w.atlas.client.Validate(); err == nil {
		t.Error("a provider with an access token lifetime above an hour is valid")
	}
}
