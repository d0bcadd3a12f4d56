// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/demo"
)

func config(method string) demo.Config {
	return demo.Config{
		Name: "Atlas", Slug: "atlas", URL: "https://atlas.example.com", Method: method,
		Issuer: issuer, SSFIssuer: issuer + "/ssf/atlas", ClientID: "atlas",
		HTTPClient: http.DefaultClient, Log: slog.New(slog.DiscardHandler),
	}
}

func get(t *testing.T, a *demo.App, path, cookie string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// TestUnconnected is an application that has not reached the identity
// provider: it serves its page, and asks for patience with the rest.
func TestUnconnected(t *testing.T) {
	for _, c := range []struct {
		name, method, path, delivery string
		header                       http.Header
		status                       int
		text                         string
	}{
		{"shows the page", "GET", "/", "push", nil, 200, "Nobody is signed in here"},
		{"shows the state", "GET", "/fragment", "push", nil, 200, "no stream yet"},
		{"has a state for scripts", "GET", "/state", "push", nil, 200, `"sessions":[]`},
		{"has assets", "GET", "/asset/live.js", "push", nil, 200, "EventSource"},
		{"lists no assets", "GET", "/asset/", "push", nil, 404, ""},
		{"cannot sign in", "GET", "/sign-in", "push", nil, 503, "Atlas has not reached Tocsin yet"},
		{"takes no answer", "GET", "/callback?code=a&state=b", "push", nil, 503, "Atlas has not reached Tocsin yet"},
		{"takes no push yet", "POST", "/events", "push", nil, 503, ""},
		{"is never pushed when it polls", "POST", "/events", "poll", nil, 404, ""},
		{"refuses forms of other sites", "POST", "/sign-out", "push", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			if c.header != nil {
				r.Header = c.header
			}
			w := httptest.NewRecorder()
			demo.New(config(c.delivery)).Handler().ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
				t.Errorf("%s %s = %d %s, want %d with %q", c.method, c.path, w.Code, w.Body, c.status, c.text)
			}
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("Content-Security-Policy = %q, want default-src 'none'", policy)
			}
		})
	}
}

// TestFragment checks that the page holds the fragment as it is: the script
// compares the two, and leaves what is the same alone.
func TestFragment(t *testing.T) {
	a := newApp()
	if err := a.Handle(setAbout(t, sessionOf("ada", "ada-2"), caep.TypeSessionRevoked, revoked(""))); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, a, "/", "")
	_, fragment := get(t, a, "/fragment", "")
	if !strings.Contains(page, fragment) || !strings.Contains(fragment, "Ended 1 session here.") {
		t.Errorf("the page does not hold the fragment:\n%s\n%s", page, fragment)
	}
}

// TestCookieName checks that a cookie is locked to its host where it can be.
func TestCookieName(t *testing.T) {
	for url, want := range map[string]string{
		"https://atlas.example.com": "__Host-atlas_session",
		"http://127.0.0.1:8081":     "atlas_session",
	} {
		c := config("push")
		c.URL = url
		if got, _ := demo.New(c).StartSession(demo.Session{}); got != want {
			t.Errorf("cookie of %s = %q, want %q", url, got, want)
		}
	}
}
