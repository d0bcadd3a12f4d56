// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/httpd"
)

func TestRequestID(t *testing.T) {
	var inContext string
	h := httpd.RequestID(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inContext = httpd.RequestIDFrom(r.Context())
	}))
	seen := make(map[string]bool)
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Request-Id", "chosen-by-client")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if len(id) < 20 || id != inContext || id == "chosen-by-client" || seen[id] {
			t.Errorf("request ID = %q, in context %q, want one new ID", id, inContext)
		}
		seen[id] = true
	}
}

func TestClients(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"untrusted peer", "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{"trusted peer", "10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"trusted peer without header", "10.0.0.1:1234", nil, "10.0.0.1"},
		{"client adds a hop", "10.0.0.1:1234", []string{"127.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		{"client adds a header", "10.0.0.1:1234", []string{"127.0.0.1", "198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:1234", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"only proxies", "10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"broken hop", "10.0.0.1:1234", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"with ports", "[fd00::1]:1234", []string{"[2001:db8::7]:99"}, "2001:db8::7"},
		{"mapped peer", "[::ffff:10.0.0.1]:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"no IP socket", "@", []string{"198.51.100.1"}, "invalid IP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got netip.Addr
			h := httpd.Clients(trusted)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = httpd.ClientFrom(r.Context())
			}))
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got.String() != tt.want {
				t.Errorf("ClientFrom, peer %s, forwarded %q = %s, want %s", tt.peer, tt.forwarded, got, tt.want)
			}
		})
	}
}

func TestAccessLog(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	h := httpd.RequestID(httpd.Clients(nil)(httpd.AccessLog(log)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush = %v, want nil", err)
		}
	}))))
	server := httptest.NewServer(h)
	r, err := http.NewRequest("GET", server.URL+"/authorize?code=s3cret", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer s3cret")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	server.Close() // and with it the request, after which the line is written
	if strings.Contains(out.String(), "s3cret") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("log = %s, want one line without query and headers", &out)
	}
	var line struct {
		Method, Path, Client string
		Status               int
		Bytes                int64
		RequestID            string `json:"request_id"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "GET" || line.Path != "/authorize" || line.Status != 418 || line.Bytes != 5 ||
		line.Client != "127.0.0.1" || line.RequestID == "" {
		t.Errorf("log = %+v, want GET /authorize 418, 5 bytes, the client and an ID", line)
	}
}

func TestRecover(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/begun":
			w.WriteHeader(http.StatusOK)
			panic("broken invariant")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		panic(errors.New("broken invariant"))
	})
	h := httpd.RequestID(httpd.Recover(log)(handler))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	id := w.Header().Get("X-Request-Id")
	if w.Code != 500 || !strings.Contains(w.Body.String(), id) || strings.Contains(w.Body.String(), "invariant") {
		t.Errorf("answer = %d %s, want 500 with the request ID and no reason", w.Code, w.Body)
	}
	for _, want := range []string{id, "broken invariant", "middleware_test.go"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("log = %s, want %q in it", &out, want)
		}
	}
	for _, path := range []string{"/begun", "/abort"} {
		func() {
			defer func() {
				if reason := recover(); reason != http.ErrAbortHandler {
					t.Errorf("panic of %s = %v, want %v, which cuts the connection", path, reason, http.ErrAbortHandler)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		}()
	}
}

func TestMaxBody(t *testing.T) {
	h := httpd.MaxBody(10)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("ReadAll = %v, want nil", err)
		}
		w.Write(body)
	}))
	for _, tt := range []struct {
		name   string
		length int
		known  bool
		want   int
	}{
		{"empty", 0, true, 200},
		{"at the limit", 10, true, 200},
		{"over the limit", 11, true, 413},
		{"unknown length at the limit", 10, false, 200},
		{"unknown length over the limit", 11, false, 413},
		{"unknown length far over the limit", 10 << 20, false, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := strings.Repeat("x", tt.length)
			var r io.Reader = strings.NewReader(body)
			if !tt.known {
				r = io.MultiReader(r)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/", r))
			if w.Code != tt.want || tt.want == 200 && w.Body.String() != body {
				t.Errorf("answer = %d %.60s, want %d", w.Code, w.Body, tt.want)
			}
			if tt.want == 413 && !strings.Contains(w.Body.String(), `"err":"request_entity_too_large"`) {
				t.Errorf("body = %s, want the error as JSON", w.Body)
			}
		})
	}
}

func TestErrorForBrowser(t *testing.T) {
	h := httpd.MaxBody(1)(http.NotFoundHandler())
	r := httptest.NewRequest("POST", "/", strings.NewReader("too long"))
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Header().Get("Content-Type"); w.Code != 413 || !strings.HasPrefix(got, "text/plain") {
		t.Errorf("answer = %d %s, want 413 as text", w.Code, got)
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := httpd.SecurityHeaders(httpd.HeadersConfig{HSTS: time.Hour})(http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for name, want := range map[string]string{
		"Content-Security-Policy":   httpd.DefaultCSP,
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=3600",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	w = httptest.NewRecorder()
	httpd.SecurityHeaders(httpd.HeadersConfig{CSP: "default-src 'self'"})(http.NotFoundHandler()).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'self'" {
		t.Errorf("CSP = %q, want the one that was set", got)
	}
	if got := w.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("Strict-Transport-Security = %q, want none", got)
	}
}
