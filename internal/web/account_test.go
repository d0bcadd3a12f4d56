// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestProfile(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx idp.Tx) error {
		g := idp.Group{ID: idp.NewID[idp.GroupID](), Name: "engineering"}
		if err := tx.CreateGroup(g); err != nil {
			return err
		}
		return tx.AddMember(g.ID, w.ada.ID)
	})
	a := w.signedIn("ada", adasPassword).get("/account")
	for _, want := range []string{"Ada Lovelace", "ada@example.com", "engineering"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("GET /account has no %q", want)
		}
	}
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	b.post("/sign-in", "login", "ada", "password", adasPassword)
	here := w.sessions(w.ada)[0].ID

	other := func() idp.SessionID {
		w.signedIn("ada", adasPassword)
		return w.sessions(w.ada)[0].ID // the newest first
	}

	t.Run("are listed, this one marked", func(t *testing.T) {
		sid := other()
		body := b.get("/account/sessions").body
		if !strings.Contains(body, "Firefox on Linux") || strings.Count(body, "This browser") != 1 {
			t.Errorf("the list does not name and mark this browser:\n%s", body)
		}
		if !strings.Contains(body, `value="`+string(sid)+`"`) || strings.Contains(body, `value="`+string(here)+`"`) {
			t.Error("want a form for the other session and none for this one")
		}
	})

	t.Run("one is revoked", func(t *testing.T) {
		sid, before := other(), len(w.sessions(w.ada))
		a := b.post("/account/sessions/end", "session", string(sid))
		if a.status != http.StatusSeeOther || a.location != "/account/sessions" {
			t.Fatalf("POST = %d to %q, want 303 to the list", a.status, a.location)
		}
		if n := len(w.sessions(w.ada)); n != before-1 {
			t.Errorf("%d live sessions, want %d", n, before-1)
		}
		if body := b.get("/account/sessions").body; !strings.Contains(body, "That session is signed out") {
			t.Error("the next page does not confirm it")
		}
		if body := b.get("/account/sessions").body; strings.Contains(body, "That session is signed out") {
			t.Error("the page after that confirms it again")
		}
	})

	t.Run("of other users do not exist", func(t *testing.T) {
		w.signedIn("bob", bobsPassword)
		bobs := w.sessions(w.bob)[0].ID
		for _, sid := range []string{string(bobs), "unknown", ""} {
			if a := b.post("/account/sessions/end", "session", sid); a.status != http.StatusNotFound {
				t.Errorf("ending session %q = %d, want 404", sid, a.status)
			}
		}
		if n := len(w.sessions(w.bob)); n != 1 {
			t.Errorf("%d live sessions of the other user, want 1", n)
		}
	})

	t.Run("all end at once", func(t *testing.T) {
		other()
		if a := b.post("/account/sessions/end-all"); a.status != http.StatusSeeOther || a.location != "/sign-out" {
			t.Fatalf("POST = %d to %q, want 303 to /sign-out", a.status, a.location)
		}
		if n := len(w.sessions(w.ada)); n != 0 {
			t.Errorf("%d live sessions, want 0", n)
		}
		if a := b.get("/account"); a.status != http.StatusSeeOther {
			t.Errorf("GET /account afterwards = %d, want 303 to sign-in", a.status)
		}
	})
}

// TestEndedSession checks that a cookie whose session was ended elsewhere makes
// a stranger, and is taken away.
func TestEndedSession(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	sid := w.sessions(w.ada)[0].ID
	w.update(func(tx idp.Tx) error { return tx.EndSession(sid, "test") })
	if a := b.post("/account/sessions/end-all"); a.status != http.StatusForbidden {
		t.Errorf("POST with an ended session = %d, want 403", a.status)
	}
	if b.cookie("tocsin_session") != "" {
		t.Error("the cookie was not taken away")
	}
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	w.signedIn("ada", adasPassword)
	const fresh = "analytical engine 1"

	if body := b.get("/account/password").body; !strings.Contains(body, "1 other session") {
		t.Errorf("the form does not say what ends:\n%s", body)
	}
	for name, try := range map[string]struct{ current, fresh, repeat, want string }{
		"wrong current":  {"wrong password", fresh, fresh, "This is not your current password."},
		"too short":      {adasPassword, "short", "short", "must be 10 to 256 characters long"},
		"not repeated":   {adasPassword, fresh, fresh + "x", "The two new passwords differ."},
		"nothing new":    {adasPassword, adasPassword, adasPassword, "is the current one"},
		"nothing at all": {"", "", "", "must be 10 to 256 characters long"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.post("/account/password", "current", try.current, "new", try.fresh, "repeat", try.repeat)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, try.want) {
				t.Errorf("POST = %d, want 422 with %q:\n%s", a.status, try.want, a.body)
			}
			if strings.Contains(a.body, fresh) || strings.Contains(a.body, adasPassword) {
				t.Error("the page shows a password")
			}
		})
	}
	if n := len(w.sessions(w.ada)); n != 2 {
		t.Fatalf("%d sessions after failed changes, want 2", n)
	}

	a := b.post("/account/password", "current", adasPassword, "new", fresh, "repeat", fresh)
	if a.status != http.StatusSeeOther || a.location != "/account/password" {
		t.Fatalf("POST = %d to %q, want 303 to the form", a.status, a.location)
	}
	if body := b.get("/account/password").body; !strings.Contains(body, "Your password is changed. One other session was signed out.") {
		t.Errorf("the next page does not confirm it:\n%s", body)
	}
	if n := len(w.sessions(w.ada)); n != 1 {
		t.Errorf("%d sessions, want the one of this browser", n)
	}
	if a := w.newBrowser().post("/sign-in", "login", "ada", "password", adasPassword); a.status != http.StatusUnauthorized {
		t.Errorf("sign-in with the old password = %d, want 401", a.status)
	}
	w.signedIn("ada", fresh)
}

// TestChangePasswordTooOften checks that an open browser does not give endless
// guesses at the password.
func TestChangePasswordTooOften(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	const fresh = "analytical engine 1"
	for range 10 {
		b.post("/account/password", "current", "wrong password", "new", fresh, "repeat", fresh)
	}
	if a := b.post("/account/password", "current", adasPassword, "new", fresh, "repeat", fresh); a.status != http.StatusTooManyRequests {
		t.Errorf("try 11 = %d, want 429", a.status)
	}
}
