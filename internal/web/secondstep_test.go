// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// first takes a browser through the password to the page of the second step.
func (w *world) first(b *browser, login, password string, pairs ...string) answer {
	w.t.Helper()
	a := b.post("/sign-in", append([]string{"login", login, "password", password}, pairs...)...)
	if a.status != http.StatusSeeOther || a.location != "/sign-in/factor" {
		w.t.Fatalf("POST /sign-in = %d to %q, want 303 to the second step", a.status, a.location)
	}
	if n := b.cookie("tocsin_session"); n != "" {
		w.t.Fatal("there is a session cookie before the second step")
	}
	return b.get(a.location)
}

func wantArrival(t *testing.T, what string, a answer, target string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.location != target {
		t.Fatalf("%s = %d to %q, want 303 to %q:\n%s", what, a.status, a.location, target, a.body)
	}
}

// TestSecondStep signs in with each factor on top of the password.
func TestSecondStep(t *testing.T) {
	w := newWorld(t)
	app, codes, key := w.giveApp(w.ada), w.giveCodes(w.ada), w.giveKey(w.ada, false)
	for _, tt := range []struct {
		name  string
		send  func(b *browser, page answer) answer
		amr   []string
		level string
	}{
		{"authenticator app", func(b *browser, _ answer) answer {
			return b.post("/sign-in/factor", "by", "app", "code", app.code())
		}, []string{"pwd", "otp", "mfa"}, identity.ACRFactor},
		{"recovery code", func(b *browser, _ answer) answer {
			return b.post("/sign-in/factor", "by", "recovery", "code", strings.ToUpper(codes[3]))
		}, []string{"pwd", "otp", "mfa"}, identity.ACRFactor},
		{"security key", func(b *browser, page answer) answer {
			return b.post("/sign-in/factor", "by", "passkey", "response", key.answer(page))
		}, []string{"pwd", "hwk", "user", "mfa"}, identity.ACRFactor},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := w.newBrowser()
			page := w.first(b, "ada", adasPassword, "next", "/account")
			wantArrival(t, "second step", tt.send(b, page), "/account")
			s := w.session(w.ada)
			if s.ACR != tt.level || !slices.Equal(s.AMR, tt.amr) {
				t.Errorf("session has %s by %v, want %s by %v", s.ACR, s.AMR, tt.level, tt.amr)
			}
			if a := b.get("/account"); a.status != http.StatusOK {
				t.Errorf("GET /account = %d, want 200", a.status)
			}
			if b.cookie("tocsin_step") != "" || b.cookie("tocsin_challenge") != "" {
				t.Error("the cookies of the steps are still there")
			}
			b.post("/sign-out")
		})
	}
	t.Run("offers each way", func(t *testing.T) {
		page := w.first(w.newBrowser(), "ada", adasPassword)
		for _, want := range []string{`data-passkey="get"`, "/sign-in/factor?by=app", "/sign-in/factor?by=recovery"} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page has no %s", want)
			}
		}
	})
	t.Run("is not asked of those who have none", func(t *testing.T) {
		if a := w.newBrowser().post("/sign-in", "login", "bob", "password", bobsPassword); a.location != "/" {
			t.Errorf("sign-in = %d to %q, want 303 to /", a.status, a.location)
		}
	})
}

// TestPasskeyAlone signs in with nothing but a passkey, which tells who it is.
func TestPasskeyAlone(t *testing.T) {
	w := newWorld(t)
	key := w.giveKey(w.ada, true)
	b := w.newBrowser()
	page := b.get("/sign-in?next=/account")
	wantArrival(t, "passkey", b.post("/sign-in/passkey", "response", key.answer(page), "next", "/account"), "/account")
	s := w.session(w.ada)
	if s.ACR != identity.ACRPasskey || !slices.Equal(s.AMR, []string{"hwk", "user", "mfa"}) {
		t.Errorf("session has %s by %v, want that of a passkey", s.ACR, s.AMR)
	}
	t.Run("not one that verifies nobody", func(t *testing.T) {
		key, b := w.giveKey(w.bob, false), w.newBrowser()
		page := b.get("/sign-in")
		if a := b.post("/sign-in/passkey", "response", key.answer(page)); a.status != http.StatusUnauthorized {
			t.Errorf("key that verifies nobody = %d to %q, want 401", a.status, a.location)
		}
	})
	t.Run("not of somebody who is disabled", func(t *testing.T) {
		w.update(func(tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, idp.System(), w.ada.ID, identity.Cause{})
		})
		b := w.newBrowser()
		page := b.get("/sign-in")
		if a := b.post("/sign-in/passkey", "response", key.answer(page)); a.status != http.StatusUnauthorized {
			t.Errorf("disabled user = %d to %q, want 401", a.status, a.location)
		}
	})
}

// TestRememberedDevice is asked once, and again where it is not remembered.
func TestRememberedDevice(t *testing.T) {
	w := newWorld(t)
	codes := w.giveCodes(w.ada)
	w.giveApp(w.ada)
	b := w.newBrowser()
	w.first(b, "ada", adasPassword)
	wantArrival(t, "second step", b.post("/sign-in/factor", "by", "recovery", "code", codes[0], "remember", "yes"), "/")
	b.post("/sign-out")

	t.Run("is not asked again", func(t *testing.T) {
		wantArrival(t, "sign-in", b.post("/sign-in", "login", "ada", "password", adasPassword), "/")
		b.post("/sign-out")
	})
	t.Run("is asked of another browser", func(t *testing.T) {
		w.first(w.newBrowser(), "ada", adasPassword)
	})
	t.Run("is remembered for one user", func(t *testing.T) {
		w.giveApp(w.bob)
		w.first(b, "bob", bobsPassword)
	})
	t.Run("is asked where a passkey is demanded", func(t *testing.T) {
		w.giveKey(w.ada, true)
		w.demand(w.atlas, idp.PolicyPasskey)
		a := b.get(w.authorizeURL("atlas", atlasCallback))
		_, request, _ := strings.Cut(a.location, "request=")
		page := w.first(b, "ada", adasPassword, "request", request)
		if !strings.Contains(page.body, `data-passkey="get"`) || strings.Contains(page.body, "by=app") || strings.Contains(page.body, "remember") {
			t.Errorf("the page offers more than a passkey:\n%s", page.body)
		}
	})
	t.Run("is forgotten with the password", func(t *testing.T) {
		hash, err := w.passwords.Hash(t.Context(), "a new password 1")
		if err != nil {
			t.Fatal(err)
		}
		w.update(func(tx idp.Tx) error {
			return identity.ResetPassword(t.Context(), tx, idp.System(), w.ada.ID, hash, identity.Cause{})
		})
		w.first(b, "ada", "a new password 1")
	})
}

// TestMustChangePassword shows that there is no session before the new
// password.
func TestMustChangePassword(t *testing.T) {
	w := newWorld(t)
	w.ada.MustChangePassword = true
	w.update(func(tx idp.Tx) error { return tx.UpdateUser(w.ada) })
	b := w.newBrowser()
	a := b.post("/sign-in", "login", "ada", "password", adasPassword, "next", "/account")
	wantArrival(t, "password", a, "/sign-in/password")
	if a := b.get("/account"); a.status != http.StatusSeeOther || len(w.sessions(w.ada)) != 0 {
		t.Fatalf("GET /account = %d with %d sessions, want 303 and none", a.status, len(w.sessions(w.ada)))
	}
	if a := b.get(a.location); a.status != http.StatusOK || !strings.Contains(a.body, "Choose a new password") {
		t.Fatalf("GET /sign-in/password = %d, want 200 with the form", a.status)
	}
	for name, try := range map[string][2]string{
		"the current one": {adasPassword, adasPassword},
		"too short":       {"short", "short"},
		"not the same":    {"one two three 4", "one two three 5"},
		"easy to guess":   {"password123", "password123"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := b.post("/sign-in/password", "new", try[0], "repeat", try[1]); a.status != http.StatusUnprocessableEntity {
				t.Errorf("POST /sign-in/password = %d, want 422", a.status)
			}
		})
	}
	const fresh = "analytical engine 1837"
	wantArrival(t, "new password", b.post("/sign-in/password", "new", fresh, "repeat", fresh), "/account")
	if a := b.get("/account"); a.status != http.StatusOK {
		t.Errorf("GET /account = %d, want 200", a.status)
	}
	wantArrival(t, "next sign-in", w.newBrowser().post("/sign-in", "login", "ada", "password", fresh), "/")
}
