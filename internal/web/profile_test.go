// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// grow lets time pass for a user's sessions, so that no proof is recent.
func (w *world) grow(user idp.User) {
	w.t.Helper()
	sessions := w.sessions(user)
	w.update(func(tx idp.Tx) error {
		for _, s := range sessions {
			s.AuthTime = tx.Now().Add(-11 * time.Minute)
			if err := tx.UpdateSession(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// reload reads a user.
func (w *world) reload(user idp.User) idp.User {
	w.t.Helper()
	w.update(func(tx idp.Tx) (err error) {
		user, err = tx.User(user.ID)
		return err
	})
	return user
}

func TestProfileForm(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	if body := b.get("/account/profile").body; !strings.Contains(body, `value="ada@example.com"`) {
		t.Errorf("the form does not show what is known:\n%s", body)
	}
	for name, try := range map[string]struct{ username, email, want string }{
		"bad user name":        {"ada lovelace", "ada@example.com", "must be 1 to 64 letters"},
		"bad address":          {"ada", "ada", "must be a plain address"},
		"somebody else's name": {"bob", "ada@example.com", "somebody else"},
		"somebody's address":   {"ada", "bob@example.com", "somebody else"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.post("/account/profile", "name", "Countess", "username", try.username, "email", try.email)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, try.want) || !strings.Contains(a.body, `value="Countess"`) {
				t.Errorf("POST = %d, want 422 with %q and what was typed:\n%s", a.status, try.want, a.body)
			}
			if got := w.reload(w.ada); got.Name != "Ada Lovelace" || got.Username != "ada" {
				t.Errorf("user = %+v, want nothing changed", got)
			}
		})
	}
	a := b.post("/account/profile", "name", " Countess ", "username", "countess", "email", "countess@example.com", "recovery_email", "ada@home.example")
	if a.status != http.StatusSeeOther || a.location != "/account" {
		t.Fatalf("POST = %d to %q, want 303 to the profile", a.status, a.location)
	}
	got := w.reload(w.ada)
	if got.Name != "Countess" || got.Username != "countess" || got.Email != "countess@example.com" || got.RecoveryEmail != "ada@home.example" {
		t.Errorf("user = %+v, want what was typed", got)
	}
	if body := b.get("/account").body; !strings.Contains(body, "Your profile is saved.") || !strings.Contains(body, "ada@home.example") {
		t.Errorf("the profile does not show it:\n%s", body)
	}
}

// TestProfileAsksAgain checks that what lets people in needs a recent proof,
// and that what was typed outlives the question.
func TestProfileAsksAgain(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	w.grow(w.ada)

	if a := b.post("/account/profile", "name", "Countess", "username", "ada", "email", "ada@example.com"); a.status != http.StatusSeeOther {
		t.Fatalf("a name alone = %d, want 303 without a question", a.status)
	}
	for name, form := range map[string][]string{
		"user name":       {"username", "countess", "email", "ada@example.com"},
		"e-mail":          {"username", "ada", "email", "countess@example.com"},
		"recovery e-mail": {"username", "ada", "email", "ada@example.com", "recovery_email", "ada@home.example"},
	} {
		t.Run(name, func(t *testing.T) {
			before := w.reload(w.ada)
			form = append(form, "name", "Lady <Ada>")
			a := b.post("/account/profile", form...)
			if a.status != http.StatusOK || !strings.Contains(a.body, "Is it still you?") || !strings.Contains(a.body, `name="name" value="Lady &lt;Ada&gt;"`) {
				t.Errorf("POST = %d, want a question with what was typed:\n%s", a.status, a.body)
			}
			a = b.post("/account/profile", append(form, "again", "password", "again_password", "wrong password")...)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "That does not match") ||
				strings.Contains(a.body, "wrong password") || !strings.Contains(a.body, `value="Lady &lt;Ada&gt;"`) {
				t.Errorf("POST with a wrong password = %d, want 422 and the question again:\n%s", a.status, a.body)
			}
			if got := w.reload(w.ada); got != before {
				t.Errorf("user = %+v, want %+v: nobody proved anything", got, before)
			}
			old := b.cookie("tocsin_session")
			a = b.post("/account/profile", append(form, "again", "password", "again_password", adasPassword)...)
			if a.status != http.StatusSeeOther || a.location != "/account" || w.reload(w.ada).Name != "Lady <Ada>" {
				t.Errorf("POST with the password = %d to %q, want it stored", a.status, a.location)
			}
			if b.cookie("tocsin_session") == old {
				t.Error("the session token is the old one, want another after a proof")
			}
			b.post("/account/profile", "name", "Ada", "username", "ada", "email", "ada@example.com")
			w.grow(w.ada)
		})
	}
}

// TestAgainTooOften checks that the question is no way to guess a password.
func TestAgainTooOften(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	w.grow(w.ada)
	form := []string{"username", "countess", "again", "password", "again_password"}
	for range 10 {
		b.post("/account/profile", append(form, "wrong password")...)
	}
	if a := b.post("/account/profile", append(form, adasPassword)...); a.status != http.StatusTooManyRequests {
		t.Errorf("try 11 = %d, want 429", a.status)
	}
}

// TestAgainLeadsBack checks the page before a page, which goes nowhere else.
func TestAgainLeadsBack(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	for next, want := range map[string]string{
		"/account/factors/app":  "/account/factors/app",
		"https://evil.example/": "/account",
		"//evil.example/":       "/account",
		"":                      "/account",
	} {
		w.grow(w.ada)
		a := b.post("/account/again", "next", next, "again", "password", "again_password", adasPassword)
		if a.status != http.StatusSeeOther || a.location != want {
			t.Errorf("next %q = %d to %q, want 303 to %q", next, a.status, a.location, want)
		}
	}
}
