// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestSetup(t *testing.T) {
	w := newWorld(t)
	token, err := admin.Bootstrap(t.Context(), w.db)
	if err != nil {
		t.Fatal(err)
	}
	b := w.newBrowser()
	for _, path := range []string{"/setup", "/setup?token=", "/setup?token=wrong"} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, a.status)
		}
	}
	if a := b.get("/setup?token=" + token); a.status != http.StatusOK || !strings.Contains(a.body, token) {
		t.Fatalf("GET /setup = %d, want 200 with the form", a.status)
	}

	const password = "first of them all"
	form := func(pairs ...string) []string {
		return append([]string{"token", token, "username", "root", "name", "Root", "email", "", "password", password, "repeat", password}, pairs...)
	}
	for name, try := range map[string]struct {
		pairs []string
		want  string
	}{
		"bad user name":  {form("username", "-"), "This must be 1 to 64 letters"},
		"taken":          {form("username", "ada"), "is taken"},
		"bad e-mail":     {form("email", "nobody"), "This must be a plain address"},
		"short password": {form("password", "short", "repeat", "short"), "The password must be 10 to 256"},
		"easy password":  {form("password", "password123", "repeat", "password123"), "easy to guess"},
		"not repeated":   {form("repeat", "something else"), "The two passwords differ."},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.post("/setup", try.pairs...)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, try.want) {
				t.Errorf("POST /setup = %d, want 422 with %q:\n%s", a.status, try.want, a.body)
			}
		})
	}
	if a := b.post("/setup", form("token", "wrong")...); a.status != http.StatusNotFound {
		t.Errorf("POST /setup with a wrong token = %d, want 404", a.status)
	}
	if a := b.post("/setup", form()...); a.status != http.StatusSeeOther || a.location != "/sign-in" {
		t.Fatalf("POST /setup = %d to %q, want 303 to /sign-in:\n%s", a.status, a.location, a.body)
	}
	if body := b.get("/sign-in").body; !strings.Contains(body, "The administrator is created.") {
		t.Error("the sign-in page does not confirm it")
	}
	if a := b.post("/setup", form("username", "second")...); a.status != http.StatusNotFound {
		t.Errorf("POST /setup again = %d, want 404", a.status)
	}
	w.signedIn("root", password)
	w.update(func(tx idp.Tx) error {
		if u, err := tx.UserByLogin("root"); err != nil || !u.Admin {
			t.Errorf("UserByLogin(root) = admin %v, %v; want an admin", u.Admin, err)
		}
		return nil
	})
}
