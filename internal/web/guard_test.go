// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web"
)

// TestHeaders checks the headers of every route, whatever it answers.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, b := range []struct {
		who     string
		browser *browser
	}{{"stranger", w.newBrowser()}, {"user", w.signedIn("ada", adasPassword)}} {
		for _, route := range w.site.Routes() {
			if route.Method == http.MethodPost && b.who == "user" {
				continue // signing out would make the rest strangers
			}
			t.Run(b.who+" "+route.Method+" "+route.Path, func(t *testing.T) {
				checkHeaders(t, b.browser.do(route.Method, route.Path, nil))
			})
		}
	}
	t.Run("no route", func(t *testing.T) {
		a := w.newBrowser().get("/no/such/page")
		checkHeaders(t, a)
		if a.status != http.StatusNotFound || !strings.Contains(a.body, "request-1") {
			t.Errorf("GET /no/such/page = %d, want 404 with the request id", a.status)
		}
	})
}

func checkHeaders(t *testing.T, a answer) {
	t.Helper()
	if a.status >= http.StatusInternalServerError {
		t.Errorf("status = %d", a.status)
	}
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "script-src 'self'", "style-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy has no %s: %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy = %q, want nothing unsafe", policy)
	}
	for name, want := range map[string]string{
		"X-Frame-Options":        "DENY",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "same-origin",
		"Cache-Control":          "no-store",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// TestAccess checks who may use each route: strangers are sent to the sign-in
// page, and cannot change anything.
func TestAccess(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	for _, route := range w.site.Routes() {
		if route.Access != web.ForUsers {
			continue
		}
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			a := b.do(route.Method, route.Path, nil)
			switch {
			case route.Method == http.MethodGet && (a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in")):
				t.Errorf("stranger = %d to %q, want 303 to /sign-in", a.status, a.location)
			case route.Method != http.MethodGet && a.status != http.StatusForbidden:
				t.Errorf("stranger = %d, want 403", a.status)
			}
		})
	}
}

// TestCrossSite checks that no form of another site gets through.
func TestCrossSite(t *testing.T) {
	w := newWorld(t)
	for name, header := range map[string][2]string{
		"by fetch metadata":                {"Sec-Fetch-Site", "cross-site"},
		"from the same registrable domain": {"Sec-Fetch-Site", "same-site"},
		"by origin":                        {"Origin", "https://evil.example"},
		"from no origin":                   {"Origin", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.signedIn("ada", adasPassword)
			b.header.Set("Sec-Fetch-Site", "") // as an old browser
			b.header.Set(header[0], header[1])
			for _, route := range w.site.Routes() {
				if route.Method != http.MethodPost {
					continue
				}
				a := b.post(route.Path, "login", "bob", "password", bobsPassword)
				if a.status != http.StatusForbidden || !strings.Contains(a.body, "This came from another site") {
					t.Errorf("POST %s = %d, want 403 that says why", route.Path, a.status)
				}
			}
			if n := len(w.sessions(w.ada)); n == 0 {
				t.Error("the session was ended")
			}
			b.header.Del("Sec-Fetch-Site")
			b.header.Del("Origin")
			b.post("/sign-out")
		})
	}
	t.Run("our own pages behind a proxy are not foreign", func(t *testing.T) {
		w := newWorldWith(t, worldConfig{base: "https://id.example.com"})
		b := w.newBrowser()
		b.header.Set("Sec-Fetch-Site", "")
		b.header.Set("Origin", "https://id.example.com")
		if a := b.post("/sign-in", "login", "ada", "password", adasPassword); a.status != http.StatusSeeOther {
			t.Errorf("POST /sign-in = %d, want 303", a.status)
		}
	})
}

func TestMethod(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	for path, allow := range map[string]string{
		"/sign-in": "GET, HEAD, POST", "/account": "GET, HEAD", "/account/sessions/end": "POST",
	} {
		a := b.do(http.MethodDelete, path, nil)
		if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != allow {
			t.Errorf("DELETE %s = %d, Allow %q; want 405 and %q", path, a.status, a.header.Get("Allow"), allow)
		}
	}
	if a := b.do(http.MethodHead, "/sign-in", nil); a.status != http.StatusOK || a.body != "" {
		t.Errorf("HEAD /sign-in = %d with %d bytes, want 200 and none", a.status, len(a.body))
	}
}

func TestFormLimits(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	for _, path := range []string{"/sign-in", "/consent", "/account/password", "/account/sessions/end", "/setup"} {
		if a := b.post(path, "login", strings.Repeat("x", 17<<10)); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("POST %s with 17 KiB = %d, want 413", path, a.status)
		}
		if a := b.do(http.MethodPost, path, strings.NewReader("a=%zz")); a.status != http.StatusBadRequest {
			t.Errorf("POST %s with broken escapes = %d, want 400", path, a.status)
		}
	}
}

// TestCookies checks the attributes over https and over http.
func TestCookies(t *testing.T) {
	for _, test := range []struct {
		base, name, device string
		secure             bool
	}{
		{"https://id.example.com", "__Host-tocsin", "__Host-tocsin-device", true},
		{"http://127.0.0.1:8080", "tocsin_session", "tocsin_device", false},
	} {
		t.Run(test.base, func(t *testing.T) {
			w := newWorldWith(t, worldConfig{base: test.base})
			a := w.newBrowser().post("/sign-in", "login", "ada", "password", adasPassword)
			if len(a.cookies) != 2 {
				t.Fatalf("%d cookies, want 2", len(a.cookies))
			}
			for i, name := range []string{test.name, test.device} {
				c := a.cookies[i]
				if c.Name != name || c.Secure != test.secure || !c.HttpOnly ||
					c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || (c.MaxAge != 0) != (name == test.device) {
					t.Errorf("cookie = %s, want %s with Path=/, HttpOnly, SameSite=Lax, no Domain, Secure %v, and Max-Age for the device alone", c, name, test.secure)
				}
				if len(c.Value) != len(idp.NewToken()) {
					t.Errorf("value of %s has %d characters, want those of a token", name, len(c.Value))
				}
			}
		})
	}
}

func TestNew(t *testing.T) {
	_, err := web.New(web.Config{Base: &url.URL{Scheme: "ftp", Host: "x"}})
	for _, want := range []string{"DB", "Passwords", "OIDC", "Base"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New of an empty Config = %v, want an error that names %s", err, want)
		}
	}
}

func TestAssets(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	page := b.get("/sign-in").body
	for _, file := range []struct{ before, contentType string }{
		{`rel="stylesheet" href="`, "text/css; charset=utf-8"},
		{`<script src="`, "text/javascript; charset=utf-8"},
		{`type="image/svg+xml" href="`, "image/svg+xml"},
	} {
		_, rest, ok := strings.Cut(page, file.before)
		path, _, _ := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("the page has no %s", file.before)
		}
		a := b.get(path)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != file.contentType || a.body == "" {
			t.Errorf("GET %s = %d, %q; want 200, %q", path, a.status, a.header.Get("Content-Type"), file.contentType)
		}
		if got := a.header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("GET %s: Cache-Control = %q, want immutable", path, got)
		}
	}
	for _, path := range []string{"/assets/app.css", "/assets/app.000000000000.css", "/assets/../site.go", "/assets/"} {
		if a := b.get(path); a.status != http.StatusNotFound || strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("GET %s = %d, Cache-Control %q; want 404, not kept", path, a.status, a.header.Get("Cache-Control"))
		}
	}
}

// TestClientAddress checks that the address of the configuration is the one
// that people see.
func TestClientAddress(t *testing.T) {
	w := newWorld(t)
	site, err := web.New(web.Config{
		DB: w.db, Passwords: w.passwords, OIDC: w.provider, Base: &url.URL{Scheme: "http", Host: "127.0.0.1"},
		ClientAddress: func(*http.Request) string { return "203.0.113.7" },
	})
	if err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	site.Mount(router)
	r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(url.Values{"login": {"ada"}, "password": {adasPassword}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", strings.Repeat("u", 2000))
	router.ServeHTTP(httptest.NewRecorder(), r)
	s := w.sessions(w.ada)
	if len(s) != 1 || s[0].Address != "203.0.113.7" || len(s[0].UserAgent) != 512 {
		t.Errorf("sessions = %+v, want one from 203.0.113.7 with a user agent of 512 bytes", s)
	}
}
