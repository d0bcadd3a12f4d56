// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const atlasCallback = "https://atlas.example/callback"

var refresh = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)

// refreshOf is where a page in between goes next.
func refreshOf(t *testing.T, a answer) *url.URL {
	t.Helper()
	m := refresh.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		t.Fatalf("answer = %d to %q, want 200 with a refresh:\n%s", a.status, a.location, a.body)
	}
	u, err := url.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestRequest walks through an authorization request as a browser does.
func TestRequest(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()

	a := b.get(w.authorizeURL("atlas", atlasCallback, "login_hint", "ada@example.com"))
	signIn := a.location
	request := strings.TrimPrefix(signIn, "/sign-in?request=")
	if request == signIn {
		t.Fatalf("GET /oauth2/authorize leads to %q, want the sign-in page", signIn)
	}
	a = b.get(signIn)
	for _, want := range []string{"Atlas", `value="ada@example.com"`, `name="request" value="` + request + `"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the sign-in page has no %s", want)
		}
	}
	a = b.post("/sign-in", "request", request, "login", "ada", "password", "wrong password")
	if a.status != http.StatusUnauthorized || !strings.Contains(a.body, "Atlas") {
		t.Errorf("wrong password = %d, want 401 and the application's name", a.status)
	}
	a = b.post("/sign-in", "request", request, "login", "ada", "password", adasPassword)
	if want := "/consent?request=" + request; a.status != http.StatusSeeOther || a.location != want {
		t.Fatalf("sign-in = %d to %q, want 303 to %q", a.status, a.location, want)
	}
	a = b.get(a.location)
	for _, want := range []string{"Let Atlas use your account?", "See your e-mail address", "Ada Lovelace", "atlas.example"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the consent page has no %q:\n%s", want, a.body)
		}
	}
	if a := b.post("/consent", "request", request); a.status != http.StatusBadRequest {
		t.Errorf("consent without an answer = %d, want 400", a.status)
	}
	target := refreshOf(t, b.post("/consent", "request", request, "answer", "allow"))
	if target.Host != "atlas.example" || target.Query().Get("code") == "" || target.Query().Get("state") != "xyz" {
		t.Errorf("consent leads to %s, want the callback with code and state", target)
	}
	if strings.Contains(w.log.String(), target.Query().Get("code")) {
		t.Error("the code is in the log")
	}

	t.Run("works once", func(t *testing.T) {
		for _, path := range []string{signIn, "/consent?request=" + request, "/sign-in?request=unknown"} {
			if a := b.get(path); a.status != http.StatusBadRequest || !strings.Contains(a.body, "This sign-in is over") {
				t.Errorf("GET %s = %d, want 400 that says it is over", path, a.status)
			}
		}
	})

	t.Run("needs no page the next time", func(t *testing.T) {
		a := b.get(b.get(w.authorizeURL("atlas", atlasCallback)).location)
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, atlasCallback+"?code=") {
			t.Errorf("sign-in page = %d to %q, want 303 to the callback", a.status, a.location)
		}
	})
}

func TestRequestDenied(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	a := b.get(b.get(w.authorizeURL("atlas", atlasCallback)).location)
	request := strings.TrimPrefix(a.location, "/consent?request=")

	if a := w.newBrowser().post("/consent", "request", request, "answer", "deny"); a.status != http.StatusForbidden {
		t.Errorf("answer of a stranger = %d, want 403", a.status)
	}
	target := refreshOf(t, b.post("/consent", "request", request, "answer", "deny"))
	if target.Host != "atlas.example" || target.Query().Get("error") != "access_denied" {
		t.Errorf("denial leads to %s, want the callback with access_denied", target)
	}
}

// TestRequestAgain checks that prompt=login asks a user who is signed in.
func TestRequestAgain(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	sid := w.sessions(w.ada)[0].ID
	a := b.get(w.authorizeURL("atlas", atlasCallback, "prompt", "login"))
	request := strings.TrimPrefix(a.location, "/sign-in?request=")
	if a = b.get(a.location); !strings.Contains(a.body, "Sign in again") || !strings.Contains(a.body, `value="ada"`) {
		t.Fatalf("GET /sign-in = %d, want 200 and the user's name in the form:\n%s", a.status, a.body)
	}
	a = b.post("/sign-in", "request", request, "login", "ada", "password", adasPassword)
	if !strings.HasPrefix(a.location, "/consent?") {
		t.Errorf("sign-in = %d to %q, want 303 to the consent page", a.status, a.location)
	}
	if s := w.sessions(w.ada); len(s) != 1 || s[0].ID != sid {
		t.Errorf("%d sessions, want the one that was there", len(s))
	}
}

// TestRequestNotAllowed checks the page for a user outside the application's
// groups.
func TestRequestNotAllowed(t *testing.T) {
	w := newWorld(t)
	group := idp.Group{ID: idp.NewID[idp.GroupID](), Name: "finance"}
	w.update(func(tx idp.Tx) error { return tx.CreateGroup(group) })
	w.createApplication("ledger", "https://ledger.example/callback", group.ID)
	b := w.signedIn("ada", adasPassword)

	a := b.get(w.authorizeURL("ledger", "https://ledger.example/callback"))
	request := strings.TrimPrefix(a.location, "/sign-in?request=")
	if a = b.get(a.location); a.status != http.StatusForbidden || !strings.Contains(a.body, "No access to Ledger") {
		t.Fatalf("GET /sign-in = %d, want 403 that names the application:\n%s", a.status, a.body)
	}
	if target := refreshOf(t, b.post("/consent", "request", request, "answer", "deny")); target.Query().Get("error") != "access_denied" {
		t.Errorf("the way back leads to %s, want access_denied", target)
	}
	if body := b.get("/").body; strings.Contains(body, "Ledger") || !strings.Contains(body, "Atlas") {
		t.Error("the portal shows Ledger, or not Atlas; want only what the user may open")
	}
}

func TestOIDCError(t *testing.T) {
	w := newWorld(t)
	a := w.newBrowser().get(w.authorizeURL("nobody", atlasCallback))
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, "Check its client_id.") {
		t.Errorf("unknown client = %d, want 400 with the reason:\n%s", a.status, a.body)
	}
	if a.header.Get("Content-Security-Policy") == "" {
		t.Error("the page has no Content-Security-Policy")
	}
}
