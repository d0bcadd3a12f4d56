// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

const mismatch = "That user name and password do not match."

func TestSignIn(t *testing.T) {
	w := newWorld(t)

	for _, login := range []string{"ada", "ADA", "ada@example.com"} {
		t.Run("begins a session/"+login, func(t *testing.T) {
			b := w.newBrowser()
			a := b.post("/sign-in", "login", login, "password", adasPassword)
			if a.status != http.StatusSeeOther || a.location != "/" {
				t.Fatalf("POST /sign-in = %d to %q, want 303 to /", a.status, a.location)
			}
			if a := b.get("/"); a.status != http.StatusOK || !strings.Contains(a.body, "Ada Lovelace") {
				t.Errorf("GET / = %d, want 200 with the user's name", a.status)
			}
		})
	}

	t.Run("shows the form to strangers", func(t *testing.T) {
		b := w.newBrowser()
		if a := b.get("/"); a.status != http.StatusSeeOther || a.location != "/sign-in" {
			t.Errorf("GET / = %d to %q, want 303 to /sign-in", a.status, a.location)
		}
		if a := b.get("/sign-in"); a.status != http.StatusOK || !strings.Contains(a.body, `name="password"`) {
			t.Errorf("GET /sign-in = %d, want 200 with the form", a.status)
		}
	})

	t.Run("goes on when signed in", func(t *testing.T) {
		b := w.signedIn("ada", adasPassword)
		if a := b.get("/sign-in?next=/account"); a.status != http.StatusSeeOther || a.location != "/account" {
			t.Errorf("GET /sign-in = %d to %q, want 303 to /account", a.status, a.location)
		}
	})

	t.Run("comes back to the page that was asked for", func(t *testing.T) {
		b := w.newBrowser()
		a := b.get("/account/sessions?x=1&y=2")
		if want := "/sign-in?next=%2Faccount%2Fsessions%3Fx%3D1%26y%3D2"; a.location != want {
			t.Fatalf("GET /account/sessions leads to %q, want %q", a.location, want)
		}
		a = b.get(a.location)
		if !strings.Contains(a.body, `name="next" value="/account/sessions?x=1&amp;y=2"`) {
			t.Fatalf("the form does not carry next:\n%s", a.body)
		}
		a = b.post("/sign-in", "login", "ada", "password", adasPassword, "next", "/account/sessions?x=1&y=2")
		if a.location != "/account/sessions?x=1&y=2" {
			t.Errorf("sign-in leads to %q, want the page", a.location)
		}
	})
}

// challenge is that of a passkey: another on each page.
var challenge = regexp.MustCompile(`&#34;challenge&#34;:&#34;[^&]*&#34;`)

// TestSignInFails checks that the answer is the same whatever is wrong.
func TestSignInFails(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx idp.Tx) error {
		return identity.DisableUser(t.Context(), tx, idp.System(), w.bob.ID, identity.Cause{})
	})
	var first string
	for name, try := range map[string][2]string{
		"wrong password": {"ada", "wrong password"},
		"unknown user":   {"mallory", "wrong password"},
		"disabled user":  {"bob", bobsPassword},
		"nothing typed":  {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.newBrowser()
			a := b.post("/sign-in", "login", try[0], "password", try[1])
			if a.status != http.StatusUnauthorized || !strings.Contains(a.body, mismatch) {
				t.Fatalf("POST /sign-in = %d, want 401 with %q", a.status, mismatch)
			}
			if b.cookie("tocsin_session") != "" {
				t.Error("a session cookie was set")
			}
			if strings.Contains(a.body, "wrong password") {
				t.Error("the page shows the password")
			}
			body := strings.ReplaceAll(a.body, `value="`+try[0]+`"`, `value=""`)
			// The cursor stands in the first field that is empty.
			body = strings.ReplaceAll(body, " autofocus", "")
			body = challenge.ReplaceAllString(body, "")
			if first == "" {
				first = body
			}
			if body != first {
				t.Errorf("the page differs from that of another cause:\n%s", body)
			}
		})
	}
	if strings.Contains(w.log.String(), "mallory") {
		t.Error("what was typed as a user name is in the log; it may be a password")
	}
}

// TestSignInRotates checks that a session token from before a sign-in is worth
// nothing after it.
func TestSignInRotates(t *testing.T) {
	t.Run("planted cookie", func(t *testing.T) {
		w := newWorld(t)
		b := w.newBrowser()
		planted := idp.NewToken()
		b.header.Set("Cookie", "tocsin_session="+planted)
		b.post("/sign-in", "login", "ada", "password", adasPassword)
		b.header.Del("Cookie")
		if got := b.cookie("tocsin_session"); got == "" || got == planted {
			t.Errorf("session token after sign-in = %q, want a new one", got)
		}
		attacker := w.newBrowser()
		attacker.header.Set("Cookie", "tocsin_session="+planted)
		if a := attacker.get("/account"); a.status != http.StatusSeeOther {
			t.Errorf("GET /account with the planted token = %d, want 303 to sign-in", a.status)
		}
	})

	t.Run("same user again", func(t *testing.T) {
		w := newWorld(t)
		b := w.signedIn("ada", adasPassword)
		before, sid := b.cookie("tocsin_session"), w.sessions(w.ada)[0].ID
		b.post("/sign-in", "login", "ada", "password", adasPassword)
		if b.cookie("tocsin_session") == before {
			t.Error("the token did not change")
		}
		if s := w.sessions(w.ada); len(s) != 1 || s[0].ID != sid {
			t.Errorf("%d sessions, the first %s; want one, still %s", len(s), s[0].ID, sid)
		}
		old := w.newBrowser()
		old.header.Set("Cookie", "tocsin_session="+before)
		if a := old.get("/account"); a.status != http.StatusSeeOther {
			t.Errorf("GET /account with the old token = %d, want 303 to sign-in", a.status)
		}
	})

	t.Run("another user", func(t *testing.T) {
		w := newWorld(t)
		b := w.signedIn("ada", adasPassword)
		b.post("/sign-in", "login", "bob", "password", bobsPassword)
		if a, b := len(w.sessions(w.ada)), len(w.sessions(w.bob)); a != 0 || b != 1 {
			t.Errorf("%d sessions of the first user and %d of the second, want 0 and 1", a, b)
		}
	})
}

func TestSignInTooOften(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	for i := range 10 {
		if a := b.post("/sign-in", "login", "ada", "password", "wrong password"); a.status != http.StatusUnauthorized {
			t.Fatalf("try %d = %d, want 401", i+1, a.status)
		}
	}
	a := b.post("/sign-in", "login", "ADA", "password", adasPassword)
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("try 11 = %d, Retry-After %q; want 429 and when", a.status, a.header.Get("Retry-After"))
	}
	if !regexp.MustCompile(`Wait \d+ seconds, then try again\.`).MatchString(a.body) {
		t.Errorf("the page does not say when to try again:\n%s", a.body)
	}
	if a := b.post("/sign-in", "login", "bob", "password", bobsPassword); a.status != http.StatusSeeOther {
		t.Errorf("sign-in of another user = %d, want 303", a.status)
	}
}

func TestSignOut(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	if a := b.get("/sign-out"); a.status != http.StatusOK || !strings.Contains(a.body, "Sign out?") {
		t.Fatalf("GET /sign-out = %d, want 200 with a question", a.status)
	}
	if len(w.sessions(w.ada)) != 1 {
		t.Fatal("GET /sign-out ended the session")
	}
	if a := b.post("/sign-out"); a.status != http.StatusSeeOther || a.location != "/sign-out" {
		t.Fatalf("POST /sign-out = %d to %q, want 303 to /sign-out", a.status, a.location)
	}
	if n := len(w.sessions(w.ada)); n != 0 {
		t.Errorf("%d live sessions after signing out, want 0", n)
	}
	if b.cookie("tocsin_session") != "" {
		t.Error("the cookie is still there")
	}
	if a := b.get("/sign-out"); !strings.Contains(a.body, "You are signed out") {
		t.Errorf("GET /sign-out does not confirm:\n%s", a.body)
	}
	if a := b.post("/sign-out"); a.status != http.StatusSeeOther {
		t.Errorf("POST /sign-out again = %d, want 303", a.status)
	}
}
