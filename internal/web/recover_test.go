// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// mailedLink is a link of ours in a mail.
var mailedLink = regexp.MustCompile(`(?m)^https?://[^/]+(/\S+)$`)

// mails returns the mails that wait.
func (w *world) mails() []idp.Mail {
	w.t.Helper()
	var mails []idp.Mail
	w.update(func(tx idp.Tx) (err error) {
		mails, err = tx.DueMails(100)
		return err
	})
	return mails
}

// mailed is the path of the link in the last mail.
func (w *world) mailed() string {
	w.t.Helper()
	mails := w.mails()
	if len(mails) == 0 {
		w.t.Fatal("no mail waits")
	}
	return first(w.t, mailedLink, mails[len(mails)-1].Text.Reveal())
}

// TestRecover takes the way of somebody who forgot their password.
func TestRecover(t *testing.T) {
	w := newWorld(t)
	w.signedIn("ada", adasPassword)
	b := w.newBrowser()
	if body := b.get("/sign-in").body; !strings.Contains(body, `href="/recover"`) {
		t.Error("the sign-in page does not lead to recovery")
	}
	if a := b.post("/recover", "login", "  "); a.status != http.StatusUnprocessableEntity {
		t.Errorf("POST of nobody = %d, want 422", a.status)
	}
	if a := b.post("/recover", "login", "ada"); a.status != http.StatusOK || !strings.Contains(a.body, "Look into your mail") {
		t.Fatalf("POST = %d, want 200 that tells to look:\n%s", a.status, a.body)
	}
	if mails := w.mails(); len(mails) != 1 || mails[0].To != "ada@example.com" {
		t.Fatalf("mails = %v, want one to ada", mails)
	}
	link := w.mailed()
	page := b.get(link)
	if page.status != http.StatusOK || !strings.Contains(page.body, `action="/recover/password"`) || page.header.Get("Referrer-Policy") != "same-origin" {
		t.Fatalf("GET %s = %d, want the form:\n%s", link, page.status, page.body)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	ticket := u.Query().Get("ticket")
	const fresh = "analytical engine 1"
	for name, try := range map[string]struct{ fresh, repeat, want string }{
		"too short":   {"short", "short", "must be 10 to 256 characters long"},
		"not alike":   {fresh, fresh + "x", "differ"},
		"easy":        {"password123", "password123", "easy to guess"},
		"their name":  {"adalovelace1", "adalovelace1", "what people know of you"},
		"their mail":  {"ada@example.com", "ada@example.com", "what people know of you"},
		"a long line": {strings.Repeat("1234567890", 3), strings.Repeat("1234567890", 3), "easy to guess"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.post("/recover/password", "ticket", ticket, "new", try.fresh, "repeat", try.repeat)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, try.want) {
				t.Errorf("POST = %d, want 422 with %q:\n%s", a.status, try.want, a.body)
			}
		})
	}
	if a := b.post("/recover/password", "ticket", ticket, "new", fresh, "repeat", fresh); a.status != http.StatusSeeOther || a.location != "/sign-in" {
		t.Fatalf("POST = %d to %q, want 303 to sign-in:\n%s", a.status, a.location, a.body)
	}
	if n := len(w.sessions(w.ada)); n != 0 {
		t.Errorf("%d sessions after recovery, want 0", n)
	}
	if body := b.get("/sign-in").body; !strings.Contains(body, "Your password is set.") {
		t.Error("the sign-in page does not say that it is done")
	}
	w.signedIn("ada", fresh)
	for what, a := range map[string]answer{
		"a used link":         b.get(link),
		"a used ticket":       b.post("/recover/password", "ticket", ticket, "new", fresh, "repeat", fresh),
		"an unknown ticket":   b.get("/recover?ticket=unknown"),
		"no ticket":           b.get("/welcome"),
		"an empty one posted": b.post("/welcome", "new", fresh, "repeat", fresh),
	} {
		if a.status != http.StatusNotFound || !strings.Contains(a.body, "This link does not work") {
			t.Errorf("%s = %d, want 404 that says so", what, a.status)
		}
	}
}

// TestRecoverTellsNobody checks that the answer is the same for a user, for
// nobody, for a disabled user and for one without an address.
func TestRecoverTellsNobody(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx idp.Tx) error {
		bob := w.bob
		bob.Email = ""
		if err := tx.UpdateUser(bob); err != nil {
			return err
		}
		_, err := identity.CreateUser(t.Context(), tx, idp.System(), idp.User{Username: "eve", Email: "eve@example.com"}, idp.Secret{}, identity.Cause{})
		return err
	})
	w.update(func(tx idp.Tx) error {
		eve, err := tx.UserByLogin("eve")
		if err != nil {
			return err
		}
		return identity.DisableUser(t.Context(), tx, idp.System(), eve.ID, identity.Cause{})
	})
	want := w.newBrowser().post("/recover", "login", "ada")
	for _, login := range []string{"nobody", "bob", "eve", "ada@example.com"} {
		a := w.newBrowser().post("/recover", "login", login)
		if a.status != want.status || a.body != want.body || len(a.cookies) != len(want.cookies) {
			t.Errorf("answer for %s = %d, differs from ada's %d:\n%s", login, a.status, want.status, a.body)
		}
	}
	if n := len(w.mails()); n != 2 {
		t.Errorf("%d mails, want two to ada", n)
	}
}

// TestRecoverTooOften checks that nobody's mailbox is flooded, and that trying
// to does not keep them from signing in.
func TestRecoverTooOften(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	for range 10 {
		b.post("/recover", "login", "ada")
	}
	if a := b.post("/recover", "login", "ada"); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("try 11 = %d, want 429 with Retry-After", a.status)
	}
	if n := len(w.mails()); n != 10 {
		t.Errorf("%d mails, want 10", n)
	}
	w.signedIn("ada", adasPassword)
}

func TestRecoverWithoutMails(t *testing.T) {
	w := newWorldWith(t, worldConfig{noMails: true})
	b := w.newBrowser()
	for _, a := range []answer{b.get("/recover"), b.post("/recover", "login", "ada")} {
		if a.status != http.StatusOK || !strings.Contains(a.body, "Ask an administrator") || strings.Contains(a.body, "<form") {
			t.Errorf("page = %d, want one that says to ask an administrator:\n%s", a.status, a.body)
		}
	}
	if n := len(w.mails()); n != 0 {
		t.Errorf("%d mails, want 0", n)
	}
}

// TestWelcome takes the way of somebody who was invited.
func TestWelcome(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx idp.Tx) error {
		u, err := identity.CreateUser(t.Context(), tx, idp.System(), idp.User{Username: "grace", Email: "grace@example.com"}, idp.Secret{}, identity.Cause{})
		if err != nil {
			return err
		}
		return identity.Invite(t.Context(), tx, idp.System(), identity.Links{Base: w.url}, u.ID, identity.Cause{})
	})
	link := w.mailed()
	b := w.newBrowser()
	if a := b.get(link); a.status != http.StatusOK || !strings.Contains(a.body, "Welcome to Tocsin") || !strings.Contains(a.body, "grace") {
		t.Fatalf("GET %s = %d, want a welcome:\n%s", link, a.status, a.body)
	}
	const fresh = "nanoseconds of wire"
	_, ticket, _ := strings.Cut(link, "ticket=")
	if a := b.post("/welcome", "ticket", ticket, "new", fresh, "repeat", fresh); a.status != http.StatusSeeOther {
		t.Fatalf("POST = %d, want 303", a.status)
	}
	w.signedIn("grace", fresh)
}

func TestStrength(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	for password, want := range map[string]string{
		"":                                 `{"score":0,"words":""}`,
		"password":                         `{"score":0,"words":"Very weak"}`,
		"correct horse battery staple":     `{"score":4,"words":"Strong"}`,
		strings.Repeat("äöü€ 9 x", 30):     `{"score":4,"words":"Strong"}`,
		strings.Repeat("a", 9000) + "\xff": `{"score":0,"words":""}`,
	} {
		a := b.post("/password-strength", "password", password)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.body != want {
			t.Errorf("strength of %.20q = %d %s, want %s", password, a.status, a.body, want)
		}
	}
	signedIn := w.signedIn("ada", adasPassword)
	before, after := b.post("/password-strength", "password", "lovelace-ada"), signedIn.post("/password-strength", "password", "lovelace-ada")
	if before.body == after.body {
		t.Errorf("strength of their own name = %s, as for strangers, want it lower", after.body)
	}
}
