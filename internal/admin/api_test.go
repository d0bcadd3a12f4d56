// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// split returns method and path of an example, with ids.
func (f *fixture) split(e example) (method, path string) {
	method, path, _ = strings.Cut(e.route, " ")
	if e.path != "" {
		path = e.path
	}
	return method, f.expand(path)
}

// TestExamples runs each example and looks at the audit log: what changes
// something leaves exactly one entry of the token, what reads leaves none.
func TestExamples(t *testing.T) {
	reading := newFixture(t)
	for _, e := range examples(t) {
		t.Run(e.route, func(t *testing.T) {
			f := reading
			if e.action != "" {
				f = newFixture(t)
			}
			before, _ := f.entries(t)
			method, path := f.split(e)
			got := f.send(t, method, path, f.token, e.media(), f.expand(e.body))
			if got.status != e.status {
				t.Fatalf("%s = %d %s, want %d", e.route, got.status, got.raw, e.status)
			}
			if (got.raw == "") != (e.status == http.StatusNoContent) {
				t.Errorf("%s answers %d with the body %q", e.route, got.status, got.raw)
			}
			for name, want := range e.want {
				if diff := cmp.Diff(want, got.body[name]); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", e.route, name, diff)
				}
			}
			for _, name := range e.present {
				if got.body[name] == nil || got.body[name] == "" {
					t.Errorf("%s has no %s: %s", e.route, name, got.raw)
				}
			}
			f.checkEntry(t, before+e.entries, e.action)
		})
	}
}

func (f *fixture) checkEntry(t *testing.T, before int64, action string) {
	t.Helper()
	after, newest := f.entries(t)
	if action == "" {
		if after != before {
			t.Errorf("audit entry %q, want none", newest.Action)
		}
		return
	}
	if after != before+1 || newest.Action != action || newest.Outcome != "ok" {
		t.Fatalf("%d audit entries, the last %q %s, want one %q ok", after-before, newest.Action, newest.Outcome, action)
	}
	want := idp.Actor{Kind: idp.ActorToken, ID: f.ids["mine"], Name: "test", Address: "192.0.2.1", UserAgent: "test"}
	if diff := cmp.Diff(want, newest.Actor); diff != "" {
		t.Errorf("actor of the entry (-want +got):\n%s", diff)
	}
	if newest.ObjectKind == "" || newest.ObjectID == "" || newest.ObjectName == "" {
		t.Errorf("entry is about %q %q %q, want all three", newest.ObjectKind, newest.ObjectID, newest.ObjectName)
	}
}

// TestEveryRouteHasAnExample keeps the table complete.
func TestEveryRouteHasAnExample(t *testing.T) {
	f := newFixture(t)
	shown := make(map[string]bool)
	for _, e := range examples(t) {
		shown[e.route] = true
	}
	routes := make(map[string]bool)
	for _, r := range f.api.Routes() {
		if !r.Public {
			routes[r.Method+" "+r.Path] = true
		}
	}
	if diff := cmp.Diff(routes, shown); diff != "" {
		t.Errorf("routes and examples (-routes +examples):\n%s", diff)
	}
}

// TestNoToken tries every route without a token that works.
func TestNoToken(t *testing.T) {
	f := newFixture(t)
	f.update(t, func(tx idp.Tx) error {
		for name, expires := range map[string]time.Time{"expired": tx.Now().Add(-time.Hour), "revoked": {}} {
			token := idp.APIToken{ID: name, Name: name, Hash: idp.HashToken(name), CreatedAt: tx.Now(), ExpiresAt: expires}
			if err := tx.CreateAPIToken(token); err != nil {
				return err
			}
		}
		return tx.RevokeAPIToken("revoked")
	})
	for _, e := range examples(t) {
		method, path := f.split(e)
		for _, token := range []string{"", "bad", "expired", "revoked", f.token + "x", f.ids["mine"]} {
			got := f.call(t, method, path, token, f.expand(e.body))
			challenge := got.header.Get("WWW-Authenticate")
			if got.status != http.StatusUnauthorized || !strings.HasPrefix(challenge, `Bearer realm="tocsin"`) {
				t.Errorf("%s with the token %q = %d, WWW-Authenticate %q, want 401", e.route, token, got.status, challenge)
			}
			if wants := token != ""; strings.Contains(challenge, "invalid_token") != wants {
				t.Errorf("%s with the token %q: WWW-Authenticate %q, want an error code %t", e.route, token, challenge, wants)
			}
			if got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s with the token %q answers in %q", e.route, token, got.header.Get("Content-Type"))
			}
		}
	}
}

// TestNotFound tries every route about one object with the id of none.
func TestNotFound(t *testing.T) {
	f := newFixture(t)
	before, _ := f.entries(t)
	for _, e := range examples(t) {
		method, path, _ := strings.Cut(e.route, " ")
		if !strings.Contains(path, "{") {
			continue
		}
		for _, part := range []string{"{id}", "{session}", "{user}", "{credential}"} {
			path = strings.ReplaceAll(path, part, "nobody")
		}
		got := f.call(t, method, path, f.token, f.expand(e.body))
		if got.status != http.StatusNotFound || got.body["detail"] == "" {
			t.Errorf("%s of nobody = %d %s, want 404", e.route, got.status, got.raw)
		}
	}
	if after, newest := f.entries(t); after != before {
		t.Errorf("audit entry %q of something that is not there", newest.Action)
	}
}

// TestBadBody breaks the body of every route that has one.
func TestBadBody(t *testing.T) {
	f := newFixture(t)
	for _, e := range examples(t) {
		if e.body == "" || e.contentType != "" {
			continue
		}
		method, path := f.split(e)
		unknown := strings.Replace(f.expand(e.body), "{", `{"bogus":1,`, 1)
		unknown = strings.Replace(unknown, ",}", "}", 1)
		got := f.call(t, method, path, f.token, unknown)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.raw, "bogus") {
			t.Errorf("%s with an unknown member = %d %s, want 422 that names it", e.route, got.status, got.raw)
		}
		for _, body := range []string{`{"broken`, `[]`, `"text"`, `null`, `{"name":{}}`, strings.Repeat("[", 20000)} {
			got := f.call(t, method, path, f.token, body)
			if got.status != http.StatusBadRequest && got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s with the body %.20q = %d %s, want 400 or 422", e.route, body, got.status, got.raw)
			}
		}
		huge := f.call(t, method, path, f.token, `{"name":"`+strings.Repeat("x", 1<<20)+`"}`)
		if huge.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with more than 1 MiB = %d %.100s, want 413", e.route, huge.status, huge.raw)
		}
	}
}

// TestNoBody leaves the body out where nothing in it is needed.
func TestNoBody(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{
		"/users/{user}/sessions/{session}/revoke", "/users/{user}/sessions/revoke", "/users/{user}/password",
		"/users/{user}/invite", "/users/{user}/require-password-change", "/users/{user}/credentials/reset-factors",
		"/users/{user}/disable", "/users/{user}/enable", "/signing-keys/{key}/rotate",
	} {
		got := f.call(t, http.MethodPost, f.expand("/api/v1"+path), f.token, "")
		if got.status != http.StatusOK && got.status != http.StatusNoContent {
			t.Errorf("POST %s without a body = %d %s", path, got.status, got.raw)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	f := newFixture(t)
	got := f.call(t, http.MethodGet, "/api/v1/openapi.json", "", "")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("openapi.json = %d %s", got.status, got.header.Get("Content-Type"))
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(got.raw), &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("openapi = %q, want 3.1", document.OpenAPI)
	}
	for _, r := range f.api.Routes() {
		if _, ok := document.Paths[r.Path][strings.ToLower(r.Method)]; !ok && !r.Public {
			t.Errorf("%s %s is not in openapi.json", r.Method, r.Path)
		}
	}
	if strings.Contains(got.raw, "JSON\":") {
		t.Error("openapi.json shows the names of Go types")
	}
}

func TestUnknownRoute(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		method, path, token string
		status              int
	}{
		{http.MethodGet, "/api/v1/nothing", "", http.StatusUnauthorized},
		{http.MethodGet, "/api/v1/nothing", f.token, http.StatusNotFound},
		{http.MethodPut, "/api/v1/users", f.token, http.StatusMethodNotAllowed},
		{http.MethodGet, "/api/v1/users?bogus=1", f.token, http.StatusUnprocessableEntity},
		{http.MethodGet, "/api/v1/users?limit=0", f.token, http.StatusUnprocessableEntity},
		{http.MethodGet, "/api/v1/users?cursor=!!", f.token, http.StatusUnprocessableEntity},
	} {
		got := f.call(t, c.method, c.path, c.token, "")
		if got.status != c.status || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s = %d %s, want %d as problem+json", c.method, c.path, got.status, got.header.Get("Content-Type"), c.status)
		}
	}
}

// TestMounted reaches the API through routers that match a part of the path.
func TestMounted(t *testing.T) {
	f := newFixture(t)
	mounted, handled := chi.NewRouter(), chi.NewRouter()
	mounted.Mount("/api/v1", f.api)
	handled.Handle("/api/v1/*", f.api)
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", f.api)
	for name, h := range map[string]http.Handler{"chi Mount": mounted, "chi Handle": handled, "ServeMux": mux} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil))
		if w.Code != http.StatusOK {
			t.Errorf("openapi.json through %s = %d, want 200", name, w.Code)
		}
	}
}

func TestNewAPIRefuses(t *testing.T) {
	if _, err := admin.NewAPI(admin.Config{}); err == nil {
		t.Error("NewAPI without a database = nil error")
	}
}
