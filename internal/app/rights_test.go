// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestRights sends each request of testdata/rights.tsv with each kind of
// credentials. It fails for a route that has no row, too: whoever adds one
// says who may use it.
func TestRights(t *testing.T) {
	p := newProgram(t)
	rows, columns := readRows(t)
	t.Run("every route has a row", func(t *testing.T) { checkComplete(t, p.routesOf(), rows) })
	shared := p.newCredentials()
	for i, r := range rows {
		t.Run(r.route(), func(t *testing.T) {
			objects := p.newObjects(strconv.Itoa(i))
			for _, column := range columns {
				as := shared[column]
				if column == "cookie" {
					// Some rows end the session.
					_, cookie := p.signIn(p.ada.ID)
					as = func(r *http.Request) { r.AddCookie(cookie) }
				}
				got, body := p.send(t, r, objects, as)
				if want := r.want[column]; strconv.Itoa(got) != want {
					t.Errorf("%s, %s: %d, want %s: %.300s", r.route(), column, got, want, body)
				}
			}
		})
	}
}

func checkComplete(t *testing.T, routes []string, rows []row) {
	has := make(map[string]bool)
	for _, r := range rows {
		has[r.route()] = true
		if !slices.Contains(routes, r.route()) {
			t.Errorf("rights.tsv has a row for %s, which is no route", r.route())
		}
	}
	slices.Sort(routes)
	for _, route := range slices.Compact(routes) {
		if !has[route] {
			t.Errorf("rights.tsv has no row for %s", route)
		}
	}
}

// send sends the request of a row and returns status and body.
func (p *program) send(t *testing.T, r row, o objects, as credentials) (int, string) {
	t.Helper()
	req, err := http.NewRequest(r.method, p.url+fill(r.target, o), strings.NewReader(fillBody(r.body, o)))
	if err != nil {
		t.Fatal(err)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", r.contentType())
	}
	as(req)
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", r.route(), err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", r.route(), err)
	}
	return resp.StatusCode, string(body)
}

// TestHead asks for everything that strangers can GET with HEAD: the answer is
// the same without a body (RFC 9110 §9.3.2).
func TestHead(t *testing.T) {
	p := newProgram(t)
	rows, _ := readRows(t)
	for _, r := range rows {
		want := r.want["none"]
		if r.method != http.MethodGet || want[0] == '4' || strings.HasPrefix(r.target, "/api/v1/") {
			continue
		}
		r.method = http.MethodHead
		got, body := p.send(t, r, objects{"slug": "atlas"}, func(*http.Request) {})
		if strconv.Itoa(got) != want || body != "" {
			t.Errorf("%s: %d %q, want %s and no body", r.route(), got, body, want)
		}
	}
}

// TestMethodNotAllowed checks that a method that a route does not have is
// refused with those that it has (RFC 9110 §15.5.6).
func TestMethodNotAllowed(t *testing.T) {
	p := newProgram(t)
	for _, tt := range []struct{ method, path, allow string }{
		{"POST", "/healthz", "GET, HEAD"},
		{"DELETE", "/oauth2/token", "POST"},
		{"PUT", "/oidc/logout", "GET, HEAD, POST"},
		{"PUT", "/ssf/atlas/status", "GET, POST"},
		{"PUT", "/sign-in", "GET, HEAD, POST"},
	} {
		req, err := http.NewRequest(tt.method, p.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Allow"); resp.StatusCode != http.StatusMethodNotAllowed || got != tt.allow {
			t.Errorf("%s %s = %d, Allow %q; want 405, %q", tt.method, tt.path, resp.StatusCode, got, tt.allow)
		}
	}
}
