// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// TestDiscover uses a real server, at the place of SSF §7.2.1.
func TestDiscover(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	want := &ssf.Metadata{Issuer: server.URL + "/ssf/atlas", JWKSURI: server.URL + "/jwks"}
	mux.HandleFunc("GET /.well-known/ssf-configuration/ssf/atlas", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(want)
	})
	got, err := receiver.Discover(t.Context(), server.Client(), want.Issuer)
	if err != nil {
		t.Fatalf("Discover = %v, want no error", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Discover differs (-want +got):\n%s", diff)
	}
	// The same document for another spelling is not that issuer's (SSF §7.2.4).
	if got, err := receiver.Discover(t.Context(), nil, want.Issuer+"/"); err == nil {
		t.Errorf("Discover with a slash = %v, want an error", got)
	}
}

func TestDiscoverRefuses(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"not found", reply(404, ``), "check its spelling"},
		{"server error", reply(500, `{"error":"x"}`), "500"},
		{"redirect", reply(302, ``, "Location", "https://evil.example.com/"), "redirects are not followed"},
		{"no JSON", reply(200, `<html>`), "not what SSF defines"},
		{"wrong type", reply(200, `{"issuer":5}`), "not what SSF defines"},
		{"other issuer", reply(200, `{"issuer":"https://evil.example.com"}`), "want"},
		{"insecure endpoint", reply(200, `{"issuer":"`+issuer+`","jwks_uri":"http://tr.example.com/j"}`), "jwks_uri"},
		{"too large", reply(200, `{"issuer":"`+strings.Repeat("x", 1<<20)+`"}`), "larger than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := receiver.Discover(t.Context(), memoryClient(test.answer), issuer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Discover = %v, %v, want an error with %q", got, err, test.want)
			}
			if got != nil {
				t.Errorf("Discover returned %v beside an error (SSF §7.2.4)", got)
			}
		})
	}
	if _, err := receiver.Discover(t.Context(), nil, "http://tr.example.com"); err == nil {
		t.Error("Discover asked an http issuer (SSF §7.2)")
	}
}
