// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/browsertest"
)

// signIn fills in the form that is shown.
func signIn(p *browsertest.Page, login, password string) {
	p.Type("login", login)
	p.Type("password", password)
	p.Press("Sign in")
}

// relyingParty is an application on a port of its own. It gets the callbacks.
func relyingParty(t *testing.T) (callback string, received <-chan url.Values) {
	t.Helper()
	values := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/callback" {
			w.Write([]byte(`<!DOCTYPE html><title>Atlas</title><h1 id="arrived">Arrived</h1>`))
			values <- r.URL.Query()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/callback", values
}

// TestChromiumReturns checks that the way from our forms to an application of
// another origin is open. Chromium applies form-action to all redirects that
// follow a form, which no other test would notice.
func TestChromiumReturns(t *testing.T) {
	callback, received := relyingParty(t)
	w := newWorldWith(t, worldConfig{redirectURI: callback})
	p := browsertest.Start(t, browsertest.Config{}).Window()
	start := w.url + w.authorizeURL("atlas", callback, "prompt", "consent")

	p.Open(start)
	signIn(p, "ada", adasPassword)
	p.Press("Deny")
	p.AwaitText("h1", "Arrived")
	if got := (<-received).Get("error"); got != "access_denied" {
		t.Errorf("error after Deny = %q, want access_denied", got)
	}
	p.Open(start)
	p.Press("Allow")
	p.AwaitText("h1", "Arrived")
	if (<-received).Get("code") == "" {
		t.Error("no code after Allow")
	}
	// The consent is remembered, so the password is the last form.
	p.Open(w.url + w.authorizeURL("atlas", callback, "prompt", "login"))
	signIn(p, "ada", adasPassword)
	p.AwaitText("h1", "Arrived")
	if (<-received).Get("code") == "" {
		t.Error("no code after the password")
	}
}

// TestChromiumReveal checks the one script.
func TestChromiumReveal(t *testing.T) {
	w := newWorld(t)
	p := browsertest.Start(t, browsertest.Config{}).Window()
	kind := func() (kind string) {
		p.Eval(`document.querySelector("#password").type`, &kind)
		return kind
	}
	p.Open(w.url + "/sign-in")
	before := kind()
	p.Press("Show password")
	shown, focus := kind(), ""
	p.Eval("document.activeElement.id", &focus)
	p.Press("Show password")
	hidden := kind()
	if before != "password" || shown != "text" || hidden != "password" || focus != "password" {
		t.Errorf("type = %s, after a click %s, after another %s, focus on %q; want password, text, password, password", before, shown, hidden, focus)
	}
}

// TestChromiumScreens opens every page on a phone and on a desk, by day and by
// night: nothing may stick out, and nothing may be stopped by the policy. With
// go test -artifacts the pictures are kept.
func TestChromiumScreens(t *testing.T) {
	w := newWorld(t)
	token, err := admin.Bootstrap(t.Context(), w.db)
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range []string{"beacon", "compass", "payroll-and-expenses"} {
		w.createApplication(app, "https://"+app+".example/callback")
	}
	w.signedIn("ada", adasPassword)
	p := browsertest.Start(t, browsertest.Config{}).Window()
	request := w.url + w.authorizeURL("atlas", atlasCallback)
	look := func(name, address string) {
		t.Helper()
		p.Open(address)
		p.Await("the style", `getComputedStyle(document.documentElement).getPropertyValue("--color-primary") !== ""`)
		p.Picture(name)
	}

	look("sign-in", w.url+"/sign-in")
	look("sign-in-for-application", request)
	look("setup", w.url+"/setup?token="+token)
	look("not-found", w.url+"/no/such/page")
	p.Open(w.url + "/sign-in")
	signIn(p, "ada", adasPassword)
	p.AwaitText("h1", "Applications")
	look("portal", w.url+"/")
	look("consent", request)
	look("account", w.url+"/account")
	look("password", w.url+"/account/password")
	look("sessions", w.url+"/account/sessions")
	look("sign-out", w.url+"/sign-out")
	p.Press("Sign out")
	p.AwaitText("h1", "You are signed out")
	look("signed-out", w.url+"/sign-out")
}
