// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/web"
)

func TestLocalPath(t *testing.T) {
	for _, next := range []string{
		"/", "/account", "/account/sessions?x=1&y=%20", "/a//b", "/a:b", "/@host", "/?next=//evil.example", "/..//evil.example",
	} {
		if got := web.LocalPath(next); got != next {
			t.Errorf("LocalPath(%q) = %q, want it as it is", next, got)
		}
	}
	for _, next := range foreign {
		if got := web.LocalPath(next); got != "" {
			t.Errorf("LocalPath(%q) = %q, want none", next, got)
		}
	}
}

// foreign is what attackers write to leave the site.
var foreign = []string{
	"", "account", "//evil.example", "///evil.example", "https://evil.example", "https:evil.example", "https:/evil.example",
	`/\evil.example`, `\/evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
	" //evil.example", "/ /evil.example", "javascript:alert(1)", "data:text/html,x", "/%zz", "/\u2044evil.example",
	"/\x00", "/" + strings.Repeat("a", 3000),
}

// TestOpenRedirect tries them at the form.
func TestOpenRedirect(t *testing.T) {
	w := newWorld(t)
	for _, next := range foreign {
		b := w.newBrowser()
		a := b.post("/sign-in", "login", "ada", "password", adasPassword, "next", next)
		if a.status != http.StatusSeeOther || a.location != "/" {
			t.Errorf("sign-in with next %q = %d to %q, want 303 to /", next, a.status, a.location)
		}
		if a := b.get("/sign-in?next=" + url.QueryEscape(next)); a.location != "/" {
			t.Errorf("GET /sign-in?next=%q leads to %q, want /", next, a.location)
		}
	}
}

// FuzzLocalPath checks that what is let through stays on the site, as a
// browser would read it.
func FuzzLocalPath(f *testing.F) {
	for _, next := range foreign {
		f.Add(next)
	}
	f.Add("/account?x=1#y")
	base := &url.URL{Scheme: "https", Host: "id.example.com", Path: "/sign-in"}
	f.Fuzz(func(t *testing.T, next string) {
		path := web.LocalPath(next)
		if path == "" {
			return
		}
		// Browsers take backslashes for slashes and drop these characters.
		seen := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(path))
		u, err := base.Parse(seen)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil || strings.HasPrefix(seen, "//") {
			t.Errorf("LocalPath(%q) = %q, which leads to %v (%v)", next, path, u, err)
		}
	})
}
