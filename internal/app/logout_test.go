// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
)

// TestBackchannelLogout has an application that knows of SSF nothing: it
// registered an address for logout tokens, verifies them with a library of
// others, and is away when the first comes (OIDC BCL §2.5, OIDC BCL §2.6).
func TestBackchannelLogout(t *testing.T) {
	p := newProgram(t)
	provider, err := oidc.NewProvider(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	var supported struct {
		Logout  bool `json:"backchannel_logout_supported"`
		Session bool `json:"backchannel_logout_session_supported"`
	}
	if err := provider.Claims(&supported); err != nil || !supported.Logout || !supported.Session {
		t.Errorf("discovery = %+v, %v, want both supported", supported, err)
	}
	tokens := make(chan *oidc.LogoutToken, 10)
	atlas := p.logoutEndpoint(provider, "atlas", tokens)
	atlas.away.Store(true)
	beacon := p.logoutEndpoint(provider, "beacon", tokens)

	sid, cookie := p.signIn(p.ada.ID)
	p.userToken("atlas", cookie)
	p.revoke("/users/" + string(p.ada.ID) + "/sessions/" + string(sid) + "/revoke")
	atlas.awaitRequest(t)
	atlas.away.Store(false)
	if got := next(t, tokens); got.Subject != string(p.ada.ID) || got.SessionID != string(sid) || got.Expiry.Sub(got.IssuedAt) != 2*time.Minute {
		t.Errorf("logout token = %+v, want one of session %s for two minutes", got, sid)
	}

	_, cookie = p.signIn(p.ada.ID)
	p.userToken("beacon", cookie)
	p.revoke("/users/" + string(p.ada.ID) + "/sessions/revoke")
	for range 2 {
		if got := next(t, tokens); got.Subject != string(p.ada.ID) || got.SessionID != "" {
			t.Errorf("logout token = %+v, want one of all sessions", got)
		}
	}
	if n := beacon.requests.Load(); n != 1 {
		t.Errorf("beacon got %d requests, want the one of the session that it knew", n)
	}
}

// logoutEndpoint is where an application takes logout tokens.
type logoutEndpoint struct {
	away     atomic.Bool
	requests atomic.Int64
	got      chan struct{}
}

func (e *logoutEndpoint) awaitRequest(t *testing.T) {
	t.Helper()
	select {
	case <-e.got:
	case <-time.After(patience):
		t.Fatal("no logout token arrived")
	}
}

// logoutEndpoint registers an endpoint for an application, which hands on the
// tokens that it verified.
func (p *program) logoutEndpoint(provider *oidc.Provider, slug string, tokens chan<- *oidc.LogoutToken) *logoutEndpoint {
	p.Helper()
	e := &logoutEndpoint{got: make(chan struct{}, 100)}
	verifier := provider.Verifier(&oidc.Config{ClientID: slug})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.requests.Add(1)
		e.got <- struct{}{}
		if e.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		token, err := verifier.VerifyLogout(r.Context(), r.PostFormValue("logout_token"))
		if err != nil {
			p.Errorf("%s: VerifyLogout = %v", slug, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		tokens <- token
	}))
	p.Cleanup(server.Close)
	p.update(func(tx idp.Tx) error {
		client, err := tx.OIDCProviderByClient(slug)
		if err != nil {
			return err
		}
		client.BackchannelLogoutURI = server.URL + "/logout"
		return errors.Join(tx.UpdateOIDCProvider(client), transmitter.SyncLogoutStream(p.Context(), tx, idp.System(), client))
	})
	return e
}

func next(t *testing.T, tokens <-chan *oidc.LogoutToken) *oidc.LogoutToken {
	t.Helper()
	select {
	case token := <-tokens:
		return token
	case <-time.After(patience):
		t.Fatal("no logout token arrived")
		return nil
	}
}

// revoke calls the admin API.
func (p *program) revoke(path string) {
	p.Helper()
	req, err := http.NewRequest(http.MethodPost, p.url+"/api/v1"+path, strings.NewReader(`{"reason_admin":"Laptop lost"}`))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.apiToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		p.Fatalf("POST %s = %d", path, resp.StatusCode)
	}
}
