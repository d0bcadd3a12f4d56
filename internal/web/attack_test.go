// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web"
)

// TestBruteForce guesses, and is stopped: at one account, from one network, and
// at second factors, where it knows the password already.
func TestBruteForce(t *testing.T) {
	t.Run("passwords of everybody from one network", func(t *testing.T) {
		w := newWorld(t)
		b := w.newBrowser()
		for i := range 40 {
			if a := b.post("/sign-in", "login", "user"+strconv.Itoa(i), "password", "Summer2026!"); a.status != http.StatusUnauthorized {
				t.Fatalf("try %d = %d, want 401", i+1, a.status)
			}
		}
		if a := b.post("/sign-in", "login", "ada", "password", adasPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("try 41 = %d, want 429", a.status)
		}
	})

	t.Run("codes of somebody whose password is known", func(t *testing.T) {
		w := newWorld(t)
		app, codes := w.giveApp(w.ada), w.giveCodes(w.ada)
		b := w.newBrowser()
		w.first(b, "ada", adasPassword)
		for i := range 10 {
			if a := b.post("/sign-in/factor", "by", "app", "code", "12345"+strconv.Itoa(i)); a.status != http.StatusUnauthorized {
				t.Fatalf("code %d = %d, want 401", i+1, a.status)
			}
		}
		other := w.newBrowser() // neither a new browser nor the password helps
		w.first(other, "ada", adasPassword)
		for by, code := range map[string]string{"app": app.code(), "recovery": codes[0]} {
			a := other.post("/sign-in/factor", "by", by, "code", code)
			if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
				t.Errorf("right code by %s after 10 wrong ones = %d, want 429", by, a.status)
			}
		}
		if n := len(w.sessions(w.ada)); n != 0 {
			t.Errorf("%d sessions, want none", n)
		}
	})

	t.Run("goes on after a restart", func(t *testing.T) {
		w := newWorld(t)
		b := w.newBrowser()
		for range 10 {
			b.post("/sign-in", "login", "ada", "password", "wrong password")
		}
		w.restart()
		if a := w.newBrowser().post("/sign-in", "login", "ada@example.com", "password", adasPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("try 11 after a restart = %d, want 429", a.status)
		}
	})
}

// TestEnumeration compares what strangers see of users who exist, who have
// factors, and who do not exist.
func TestEnumeration(t *testing.T) {
	w := newWorld(t)
	w.giveApp(w.ada)
	w.giveKey(w.ada, true)
	w.bob.MustChangePassword = true
	w.update(func(tx idp.Tx) error { return tx.UpdateUser(w.bob) })
	var first string
	for _, login := range []string{"ada", "bob", "nobody"} {
		a := w.newBrowser().post("/sign-in", "login", login, "password", "wrong password")
		var seen strings.Builder
		seen.WriteString(strconv.Itoa(a.status))
		for _, c := range a.cookies {
			seen.WriteString(c.Name)
		}
		body := challenge.ReplaceAllString(a.body, "")
		seen.WriteString(strings.ReplaceAll(body, `value="`+login+`"`, ""))
		if first == "" {
			first = seen.String()
		}
		if seen.String() != first {
			t.Errorf("the answer for %s differs:\n%s\nwant\n%s", login, seen.String(), first)
		}
		if !strings.Contains(a.body, "data-passkey") || strings.Contains(a.body, "allowCredentials") {
			t.Errorf("the passkey of %s is asked for by name", login)
		}
	}
}

// TestReplay presents again what worked before.
func TestReplay(t *testing.T) {
	t.Run("code of an app", func(t *testing.T) {
		w := newWorld(t)
		app := w.giveApp(w.ada)
		code := app.code()
		b, thief := w.newBrowser(), w.newBrowser()
		w.first(b, "ada", adasPassword)
		w.first(thief, "ada", adasPassword)
		wantArrival(t, "first use", b.post("/sign-in/factor", "by", "app", "code", code), "/")
		if a := thief.post("/sign-in/factor", "by", "app", "code", code); a.status != http.StatusUnauthorized {
			t.Errorf("second use = %d, want 401", a.status)
		}
	})

	t.Run("code of an app, at once", func(t *testing.T) {
		w := newWorld(t)
		code := w.giveApp(w.ada).code()
		var browsers [4]*browser
		for i := range browsers {
			browsers[i] = w.newBrowser()
			w.first(browsers[i], "ada", adasPassword)
		}
		var group sync.WaitGroup
		for _, b := range browsers {
			group.Go(func() { b.post("/sign-in/factor", "by", "app", "code", code) })
		}
		group.Wait()
		if n := len(w.sessions(w.ada)); n != 1 {
			t.Errorf("one code made %d sessions, want 1", n)
		}
	})

	t.Run("recovery code", func(t *testing.T) {
		w := newWorld(t)
		w.giveApp(w.ada)
		codes := w.giveCodes(w.ada)
		for i, want := range []int{http.StatusSeeOther, http.StatusUnauthorized} {
			b := w.newBrowser()
			w.first(b, "ada", adasPassword)
			if a := b.post("/sign-in/factor", "by", "recovery", "code", codes[0]); a.status != want {
				t.Errorf("use %d = %d, want %d", i+1, a.status, want)
			}
		}
	})

	t.Run("answer of a passkey", func(t *testing.T) {
		w := newWorld(t)
		key, b, other := w.giveKey(w.ada, true), w.newBrowser(), w.newBrowser()
		answer, held := key.answer(b.get("/sign-in")), b.cookie("tocsin_challenge")
		other.get("/sign-in")
		if a := other.post("/sign-in/passkey", "response", answer); a.status != http.StatusUnauthorized {
			t.Errorf("answer to the challenge of another browser = %d, want 401", a.status)
		}
		wantArrival(t, "first use", b.post("/sign-in/passkey", "response", answer), "/")
		thief := w.newBrowser()
		thief.header.Set("Cookie", "tocsin_challenge="+held)
		if a := thief.post("/sign-in/passkey", "response", answer); a.status != http.StatusUnauthorized {
			t.Errorf("second use with the same challenge = %d, want 401", a.status)
		}
	})

	t.Run("passkey of somebody else", func(t *testing.T) {
		w := newWorld(t)
		w.giveApp(w.ada)
		bobs := w.giveKey(w.bob, true)
		b := w.newBrowser()
		page := b.get("/sign-in")
		challenge := b.cookie("tocsin_challenge")
		w.first(b, "ada", adasPassword)
		b.header.Set("Cookie", "tocsin_challenge="+challenge)
		if a := b.post("/sign-in/factor", "by", "passkey", "response", bobs.answer(page)); a.status != http.StatusUnauthorized {
			t.Errorf("second step with another user's passkey = %d, want 401", a.status)
		}
	})
}

// TestSkippedSteps opens pages out of order.
func TestSkippedSteps(t *testing.T) {
	w := newWorld(t)
	w.giveApp(w.ada)

	t.Run("without the first", func(t *testing.T) {
		b := w.newBrowser()
		for _, path := range []string{"/sign-in/factor", "/sign-in/password"} {
			if a := b.get(path); a.location != "/sign-in" {
				t.Errorf("GET %s = %d to %q, want 303 to /sign-in", path, a.status, a.location)
			}
			a := b.post(path, "by", "app", "code", "123456", "new", "one two three 4", "repeat", "one two three 4")
			if a.location != "/sign-in" || b.cookie("tocsin_session") != "" {
				t.Errorf("POST %s = %d to %q, want 303 to /sign-in", path, a.status, a.location)
			}
		}
	})

	t.Run("without the second", func(t *testing.T) {
		b := w.newBrowser()
		a := b.get(w.authorizeURL("atlas", atlasCallback))
		_, request, _ := strings.Cut(a.location, "request=")
		w.first(b, "ada", adasPassword, "request", request)
		for _, path := range []string{"/", "/account", "/account/factors", "/consent?request=" + request} {
			if a := b.get(path); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in") {
				t.Errorf("GET %s = %d to %q, want 303 to the sign-in page", path, a.status, a.location)
			}
		}
		if a := b.get("/sign-in?request=" + request); a.status != http.StatusOK || !strings.Contains(a.body, `name="password"`) {
			t.Errorf("GET /sign-in = %d, want 200 with the first step", a.status)
		}
		if a := b.post("/consent", "request", request, "answer", "allow"); a.status != http.StatusForbidden {
			t.Errorf("POST /consent = %d, want 403", a.status)
		}
		a = b.post("/sign-in/password", "new", "one two three 4", "repeat", "one two three 4")
		if a.location != "/sign-in" || len(w.sessions(w.ada)) != 0 {
			t.Errorf("POST /sign-in/password = %d to %q with %d sessions, want 303 to /sign-in and none", a.status, a.location, len(w.sessions(w.ada)))
		}
	})

	t.Run("with cookies of one's own making", func(t *testing.T) {
		b := w.newBrowser()
		w.first(b, "ada", adasPassword)
		step := b.cookie("tocsin_step")
		stranger := w.newBrowser()
		stranger.get("/sign-in")
		for name, value := range map[string]string{
			"changed":          step[:len(step)-2] + "AA",
			"cut":              step[:20],
			"another purpose":  stranger.cookie("tocsin_challenge"),
			"plain":            `{"proof":{"user":"` + string(w.ada.ID) + `","amr":["pwd"],"acr":"urn:tocsin:acr:password"}}`,
			"not even base64":  "$$$",
			"nothing in there": "",
		} {
			forger := w.newBrowser()
			forger.header.Set("Cookie", "tocsin_step="+url.QueryEscape(value))
			if a := forger.get("/sign-in/factor"); a.location != "/sign-in" {
				t.Errorf("%s: GET /sign-in/factor = %d to %q, want 303 to /sign-in", name, a.status, a.location)
			}
		}
	})
}

// TestFixation plants cookies, and keeps them over steps and changes.
func TestFixation(t *testing.T) {
	w := newWorld(t)
	app := w.giveApp(w.ada)
	w.giveApp(w.bob)

	t.Run("planted session", func(t *testing.T) {
		b, planted := w.newBrowser(), idp.NewToken()
		b.header.Set("Cookie", "tocsin_session="+planted)
		b.post("/sign-in", "login", "ada", "password", adasPassword)
		b.header.Set("Cookie", "tocsin_session="+planted)
		wantArrival(t, "second step", b.post("/sign-in/factor", "by", "app", "code", app.code()), "/")
		thief := w.newBrowser()
		thief.header.Set("Cookie", "tocsin_session="+planted)
		if a := thief.get("/account"); a.status != http.StatusSeeOther {
			t.Errorf("GET /account with the planted token = %d, want 303 to sign-in", a.status)
		}
	})

	t.Run("planted device", func(t *testing.T) {
		b, planted := w.newBrowser(), idp.NewToken()
		b.header.Set("Cookie", "tocsin_device="+planted)
		codes := w.giveCodes(w.ada)
		w.first(b, "ada", adasPassword)
		b.post("/sign-in/factor", "by", "recovery", "code", codes[0], "remember", "yes")
		thief := w.newBrowser()
		thief.header.Set("Cookie", "tocsin_device="+planted)
		w.first(thief, "ada", adasPassword) // is asked all the same
	})

	t.Run("step of somebody else", func(t *testing.T) {
		thief := w.newBrowser()
		w.first(thief, "bob", bobsPassword)
		b := w.newBrowser()
		b.header.Set("Cookie", "tocsin_step="+thief.cookie("tocsin_step"))
		a := b.post("/sign-in", "login", "ada", "password", adasPassword)
		if b.cookie("tocsin_step") == "" || b.cookie("tocsin_step") == thief.cookie("tocsin_step") {
			t.Errorf("sign-in (%d) left the planted step in place", a.status)
		}
	})

	t.Run("step from before a new password", func(t *testing.T) {
		b := w.newBrowser()
		w.first(b, "ada", adasPassword)
		hash, err := w.passwords.Hash(t.Context(), "a new password 1")
		if err != nil {
			t.Fatal(err)
		}
		w.update(func(tx idp.Tx) error {
			return identity.ResetPassword(t.Context(), tx, idp.System(), w.ada.ID, hash, identity.Cause{})
		})
		if a := b.post("/sign-in/factor", "by", "app", "code", "123456"); a.location != "/sign-in" {
			t.Errorf("second step = %d to %q, want 303 to the first", a.status, a.location)
		}
	})
}

// TestRedirectAfterSteps tries to have a sign-in with two steps end elsewhere.
func TestRedirectAfterSteps(t *testing.T) {
	w := newWorld(t)
	w.giveApp(w.ada)
	codes := w.giveCodes(w.ada)
	for i, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example"} {
		b := w.newBrowser()
		w.first(b, "ada", adasPassword, "next", next)
		a := b.post("/sign-in/factor?next="+url.QueryEscape(next), "by", "recovery", "code", codes[i], "next", next)
		wantArrival(t, "sign-in with next="+next, a, "/")
	}
}

// TestForgedSteps sends the forms of the steps from another site, and looks
// whether their pages can be framed.
func TestForgedSteps(t *testing.T) {
	w := newWorld(t)
	app := w.giveApp(w.ada)
	b := w.newBrowser()
	checkHeaders(t, w.first(b, "ada", adasPassword))
	code := app.code()
	b.header.Set("Sec-Fetch-Site", "cross-site")
	if a := b.post("/sign-in/factor", "by", "app", "code", code); a.status != http.StatusForbidden || len(w.sessions(w.ada)) != 0 {
		t.Errorf("second step from another site = %d, want 403 and no session", a.status)
	}
	b.header.Del("Sec-Fetch-Site")
	wantArrival(t, "second step", b.post("/sign-in/factor", "by", "app", "code", code), "/")
}

// restart serves a new site over the same database.
func (w *world) restart() {
	w.t.Helper()
	base, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	site, err := web.New(web.Config{DB: w.db, Passwords: w.passwords, Passkeys: w.passkeys, OIDC: w.provider, Base: base})
	if err != nil {
		w.t.Fatal(err)
	}
	router := chi.NewRouter()
	site.Mount(router)
	server := httptest.NewServer(router)
	w.t.Cleanup(server.Close)
	w.url = server.URL
}
