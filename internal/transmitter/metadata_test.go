// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

const metadataPath = "/.well-known/ssf-configuration/ssf/atlas"

func TestMetadata(t *testing.T) {
	e := newEnv(t)
	a := e.do("GET", metadataPath, "", nil)
	metadata := decode[ssf.Metadata](a)

	// SSF §7.2 #2, §7.2.3 #1: inserted between host and path, without a token.
	t.Run("is served at the inserted path", func(t *testing.T) {
		a.want(http.StatusOK)
		at, err := ssf.ConfigurationURL(base + "/ssf/atlas")
		if err != nil || at != base+metadataPath {
			t.Errorf("ConfigurationURL = %q, %v, want %q", at, err, base+metadataPath)
		}
		e.do("GET", "/ssf/atlas/.well-known/ssf-configuration", "", nil).wantError(http.StatusNotFound)
	})
	// SSF §7.2 #3.
	t.Run("says that it is JSON", func(t *testing.T) {
		if got := a.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("Content-Type = %q", got)
		}
	})
	// SSF §7.1 #1 to #12, CAEP Interop §2.3.1 to §2.3.7.
	t.Run("has every member", func(t *testing.T) {
		issuer := base + "/ssf/atlas"
		want := ssf.Metadata{SpecVersion: "1_0", Issuer: issuer, JWKSURI: issuer + "/jwks.json",
			ConfigurationEndpoint: issuer + "/streams", StatusEndpoint: issuer + "/status",
			AddSubjectEndpoint: issuer + "/subjects/add", RemoveSubjectEndpoint: issuer + "/subjects/remove",
			VerificationEndpoint: issuer + "/verify", DefaultSubjects: "ALL"}
		got := metadata
		got.DeliveryMethodsSupported, got.AuthorizationSchemes = nil, nil
		if got.Issuer != want.Issuer || got.SpecVersion != want.SpecVersion || got.JWKSURI != want.JWKSURI ||
			got.ConfigurationEndpoint != want.ConfigurationEndpoint || got.StatusEndpoint != want.StatusEndpoint ||
			got.AddSubjectEndpoint != want.AddSubjectEndpoint || got.RemoveSubjectEndpoint != want.RemoveSubjectEndpoint ||
			got.VerificationEndpoint != want.VerificationEndpoint || got.DefaultSubjects != want.DefaultSubjects {
			t.Errorf("metadata = %+v, want %+v", got, want)
		}
		if m := metadata.DeliveryMethodsSupported; len(m) != 2 || m[0] != ssf.Push || m[1] != ssf.Poll {
			t.Errorf("delivery_methods_supported = %v", m)
		}
		if s := metadata.AuthorizationSchemes; len(s) != 1 || s[0].SpecURN != "urn:ietf:rfc:6749" {
			t.Errorf("authorization_schemes = %v", s)
		}
	})
	// SSF §7.2.3 #3.
	t.Run("leaves out members without elements", func(t *testing.T) {
		if strings.Contains(a.body, "[]") || strings.Contains(a.body, "null") {
			t.Errorf("metadata = %s", a.body)
		}
	})
	// SSF §7.1 #2, #3, #5 to #9: a Receiver accepts it.
	t.Run("is accepted by a Receiver", func(t *testing.T) {
		if err := metadata.Validate(base + "/ssf/atlas"); err != nil {
			t.Error(err)
		}
	})
	// SSF §7.1 #17: what is offered is there.
	t.Run("names endpoints that answer", func(t *testing.T) {
		for _, endpoint := range []string{metadata.ConfigurationEndpoint, metadata.StatusEndpoint,
			metadata.AddSubjectEndpoint, metadata.RemoveSubjectEndpoint, metadata.VerificationEndpoint} {
			u, err := url.Parse(endpoint)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.do("OPTIONS", u.Path, "", nil); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
				t.Errorf("OPTIONS %s = %d, Allow %q", u.Path, got.status, got.header.Get("Allow"))
			}
		}
	})
	// SSF §7.2.3 #5.
	t.Run("unknown and unassigned issuers are not found", func(t *testing.T) {
		for _, slug := range []string{"nobody", "unassigned", "atlas/more", ""} {
			e.do("GET", "/.well-known/ssf-configuration/ssf/"+slug, "", nil).wantError(http.StatusNotFound)
		}
		e.do("GET", "/.well-known/ssf-configuration", "", nil).wantError(http.StatusNotFound)
	})
	// SSF §7.2.2 #1.
	t.Run("there is no risc-configuration", func(t *testing.T) {
		e.do("GET", "/.well-known/risc-configuration/ssf/atlas", "", nil).want(http.StatusNotFound)
	})
	t.Run("HEAD works and POST does not", func(t *testing.T) {
		e.do("HEAD", metadataPath, "", nil).want(http.StatusOK)
		if got := e.do("POST", metadataPath, "", nil).want(http.StatusMethodNotAllowed); got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("Allow = %q", got.header.Get("Allow"))
		}
	})
}

func TestJWKS(t *testing.T) {
	e := newEnv(t)
	// SSF §7.1 #3, CAEP Interop §2.3.3: public, and keys only.
	t.Run("publishes the verification keys", func(t *testing.T) {
		a := e.do("GET", "jwks.json", "", nil).want(http.StatusOK)
		keys, err := secevent.ParseJWKS([]byte(a.body))
		if err != nil || len(keys) != 1 || keys[0].ID == "" || keys[0].Algorithm != secevent.ES256 {
			t.Errorf("JWKS = %s, %v", a.body, err)
		}
		if strings.Contains(a.body, `"d"`) {
			t.Error("JWKS holds a private key")
		}
		if got := a.header.Get("Cache-Control"); !strings.Contains(got, "max-age=") {
			t.Errorf("Cache-Control = %q", got)
		}
	})
	t.Run("unknown and unassigned issuers are not found", func(t *testing.T) {
		e.do("GET", "/ssf/nobody/jwks.json", "", nil).wantError(http.StatusNotFound)
		e.do("GET", "/ssf/unassigned/jwks.json", "", nil).wantError(http.StatusNotFound)
	})
}

// TestProtectedResource is RFC 9728 §2, which CAEP Interop §2.7.3 allows.
func TestProtectedResource(t *testing.T) {
	e := newEnv(t)
	got := decode[object](e.do("GET", "/.well-known/oauth-protected-resource/ssf/atlas", "", nil).want(http.StatusOK))
	if got["resource"] != base+"/ssf/atlas" {
		t.Errorf("resource = %v", got["resource"])
	}
	if servers, ok := got["authorization_servers"].([]any); !ok || len(servers) != 1 || servers[0] != base {
		t.Errorf("authorization_servers = %v", got["authorization_servers"])
	}
	e.do("GET", "/.well-known/oauth-protected-resource/ssf/nobody", "", nil).wantError(http.StatusNotFound)
}
