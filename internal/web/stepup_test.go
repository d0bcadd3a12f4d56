// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// asks opens an authorization request of atlas and returns its id and page.
func (w *world) asks(b *browser, pairs ...string) (request string, page answer) {
	w.t.Helper()
	a := b.get(w.authorizeURL("atlas", atlasCallback, pairs...))
	_, request, ok := strings.Cut(a.location, "/sign-in?request=")
	if !ok {
		w.t.Fatalf("authorize = %d to %q, want the sign-in page", a.status, a.location)
	}
	return request, b.get(a.location)
}

// recorded counts the signals of a type.
func (w *world) recorded(event secevent.EventType) int {
	w.t.Helper()
	n := 0
	err := w.db.View(context.Background(), func(tx idp.Tx) error {
		signals, err := tx.SignalsAfter(0, 500)
		for _, s := range signals {
			if s.Type == event {
				n++
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestStepUp asks the user of a session for what an application demands and
// they have not proved, and for nothing else.
func TestStepUp(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	before, token := w.session(w.ada), b.cookie("tocsin_session")
	w.demand(w.atlas, idp.PolicyFactor)

	request, page := w.asks(b)
	if page.status != http.StatusForbidden || !strings.Contains(page.body, "A second factor is needed") || !strings.Contains(page.body, "/account/factors") {
		t.Fatalf("without a factor: page = %d, want 403 that leads to one:\n%s", page.status, page.body)
	}
	app := w.giveApp(w.ada)
	a := b.get("/sign-in?request=" + request)
	wantArrival(t, "with a factor", a, "/sign-in/factor")
	page = b.get(a.location)
	if !strings.Contains(page.body, `name="code"`) || strings.Contains(page.body, `type="password"`) || !strings.Contains(page.body, "Atlas") {
		t.Errorf("the page asks for something else than a code:\n%s", page.body)
	}
	if a := b.get("/consent?request=" + request); !strings.HasPrefix(a.location, "/sign-in?request=") {
		t.Errorf("consent before the step-up = %d to %q, want the sign-in page", a.status, a.location)
	}
	wantArrival(t, "step-up", b.post("/sign-in/factor", "by", "app", "code", app.code()), "/consent?request="+request)
	after := w.session(w.ada)
	if after.ID != before.ID || after.ACR != identity.ACRFactor || b.cookie("tocsin_session") == token {
		t.Errorf("session %s of %s with its old token %v, want the same session, %s and another token",
			after.ID, after.ACR, b.cookie("tocsin_session") == token, identity.ACRFactor)
	}
	if n := w.recorded(caep.TypeAssuranceLevelChange); n != 1 {
		t.Errorf("%d assurance-level-change, want 1", n)
	}
}

// TestStepUpLate is a session whose proof is too old to build on.
func TestStepUpLate(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	w.giveApp(w.ada)
	w.demand(w.atlas, idp.PolicyFactor)
	s := w.session(w.ada)
	s.AuthTime = s.AuthTime.Add(-time.Hour)
	w.update(func(tx idp.Tx) error { return tx.UpdateSession(s) })
	_, page := w.asks(b)
	if page.status != http.StatusOK || !strings.Contains(page.body, `value="ada"`) || !strings.Contains(page.body, "Sign in again") {
		t.Errorf("page = %d, want the first step for ada:\n%s", page.status, page.body)
	}
}

// TestStepUpOfEndedSession shows that a step-up dies with its session: what it
// began with was proved for that session.
func TestStepUpOfEndedSession(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	app := w.giveApp(w.ada)
	w.demand(w.atlas, idp.PolicyFactor)
	_, page := w.asks(b)
	wantArrival(t, "step-up", page, "/sign-in/factor")
	w.update(func(tx idp.Tx) error {
		return identity.RevokeSessions(t.Context(), tx, idp.System(), w.ada.ID, identity.Cause{})
	})
	a := b.post("/sign-in/factor", "by", "app", "code", app.code())
	if a.location != "/sign-in" || len(w.sessions(w.ada)) != 0 {
		t.Errorf("second step = %d to %q with %d sessions, want 303 to /sign-in and none", a.status, a.location, len(w.sessions(w.ada)))
	}
}

// TestPasskeyDemanded lets nobody in with less.
func TestPasskeyDemanded(t *testing.T) {
	w := newWorld(t)
	w.demand(w.atlas, idp.PolicyPasskey)
	app := w.giveApp(w.ada)

	t.Run("who has none", func(t *testing.T) {
		b := w.newBrowser()
		request, page := w.asks(b)
		if !strings.Contains(page.body, "lets people in with a passkey") {
			t.Error("the first page does not say what is needed")
		}
		w.first(b, "ada", adasPassword, "request", request)
		a := b.post("/sign-in/factor", "by", "app", "code", app.code())
		wantArrival(t, "code", a, "/sign-in?request="+request)
		if a := b.get(a.location); a.status != http.StatusForbidden || !strings.Contains(a.body, "A passkey is needed") {
			t.Errorf("page = %d, want 403 that says that a passkey is needed", a.status)
		}
	})
	t.Run("who has a key that verifies nobody", func(t *testing.T) {
		key, b := w.giveKey(w.bob, false), w.newBrowser()
		request, _ := w.asks(b)
		page := w.first(b, "bob", bobsPassword, "request", request)
		a := b.post("/sign-in/factor", "by", "passkey", "response", key.answer(page))
		if a.status != http.StatusUnauthorized || !strings.Contains(a.body, "did not check that it is you") {
			t.Errorf("second step = %d to %q, want 401 that says why", a.status, a.location)
		}
	})
	t.Run("who uses one", func(t *testing.T) {
		key, b := w.giveKey(w.ada, true), w.newBrowser()
		request, page := w.asks(b)
		a := b.post("/sign-in/passkey", "response", key.answer(page), "request", request)
		wantArrival(t, "passkey", a, "/consent?request="+request)
	})
	t.Run("who uses one after the password", func(t *testing.T) {
		key, b := w.giveKey(w.bob, true), w.newBrowser()
		request, _ := w.asks(b)
		page := w.first(b, "bob", bobsPassword, "request", request)
		a := b.post("/sign-in/factor", "by", "passkey", "response", key.answer(page))
		wantArrival(t, "second step", a, "/consent?request="+request)
	})
}

// TestWish asks those who have what an application wishes for, and lets the
// others in all the same (OIDC Core §3.1.2.1).
func TestWish(t *testing.T) {
	w := newWorld(t)
	wish := []string{"acr_values", identity.ACRPasskey}
	request, _ := w.asks(w.newBrowser(), wish...)
	b := w.newBrowser()
	a := b.post("/sign-in", "login", "bob", "password", bobsPassword, "request", request)
	wantArrival(t, "without a passkey", a, "/consent?request="+request)

	key := w.giveKey(w.ada, false)
	b = w.newBrowser()
	request, _ = w.asks(b, wish...)
	page := w.first(b, "ada", adasPassword, "request", request)
	a = b.post("/sign-in/factor", "by", "passkey", "response", key.answer(page))
	wantArrival(t, "with a lesser key", a, "/consent?request="+request)
}
