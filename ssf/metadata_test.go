// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/ssf"
)

// SSF §7.2.1: inserted between host and path, without one slash at the end.
func TestConfigurationURL(t *testing.T) {
	const well = "/.well-known/ssf-configuration"
	for issuer, want := range map[string]string{
		"https://tr.example.com":          "https://tr.example.com" + well,
		"https://tr.example.com/":         "https://tr.example.com" + well,
		"https://tr.example.com/issuer1":  "https://tr.example.com" + well + "/issuer1",
		"https://tr.example.com/issuer1/": "https://tr.example.com" + well + "/issuer1",
		"https://tr.example.com:8443/a/b": "https://tr.example.com:8443" + well + "/a/b",
		"https://tr.example.com/a%2Fb":    "https://tr.example.com" + well + "/a%2Fb",
		"https://tr.example.com/a%2F":     "https://tr.example.com" + well + "/a%2F",
		"https://tr.example.com/a//":      "https://tr.example.com" + well + "/a/",
		"http://127.0.0.1:8080/ssf/atlas": "http://127.0.0.1:8080" + well + "/ssf/atlas",
		"http://[::1]:8080/ssf/atlas":     "http://[::1]:8080" + well + "/ssf/atlas",
		"http://localhost/ssf":            "http://localhost" + well + "/ssf",
	} {
		if got, err := ssf.ConfigurationURL(issuer); err != nil || got != want {
			t.Errorf("ConfigurationURL(%q) = %q, %v, want %q", issuer, got, err, want)
		}
	}
	for _, issuer := range []string{
		"", "tr.example.com", "/ssf", "https:///ssf", "https:tr.example.com", "ftp://tr.example.com",
		"http://tr.example.com", "http://127.0.0.1.example.com", "https://tr.example.com?x=1",
		"https://tr.example.com?", "https://tr.example.com#f", "https://u:p@tr.example.com", "https://[::1",
	} {
		if got, err := ssf.ConfigurationURL(issuer); err == nil {
			t.Errorf("ConfigurationURL(%q) = %q, want an error", issuer, got)
		}
	}
}

// SSF §7.2.3: members without elements are left out.
func TestMetadataJSON(t *testing.T) {
	full := ssf.Metadata{
		SpecVersion: ssf.SpecVersion, Issuer: "https://tr.example.com", JWKSURI: "https://tr.example.com/jwks",
		DeliveryMethodsSupported: []ssf.DeliveryMethod{ssf.Push, ssf.Poll},
		ConfigurationEndpoint:    "https://tr.example.com/s", StatusEndpoint: "https://tr.example.com/t",
		AddSubjectEndpoint: "https://tr.example.com/a", RemoveSubjectEndpoint: "https://tr.example.com/r",
		VerificationEndpoint: "https://tr.example.com/v", CriticalSubjectMembers: []string{"tenant"},
		AuthorizationSchemes: []ssf.AuthorizationScheme{{SpecURN: ssf.SchemeOAuth2}}, DefaultSubjects: ssf.AllSubjects,
	}
	const fullJSON = `{"spec_version":"1_0","issuer":"https://tr.example.com","jwks_uri":"https://tr.example.com/jwks",` +
		`"delivery_methods_supported":["urn:ietf:rfc:8935","urn:ietf:rfc:8936"],` +
		`"configuration_endpoint":"https://tr.example.com/s","status_endpoint":"https://tr.example.com/t",` +
		`"add_subject_endpoint":"https://tr.example.com/a","remove_subject_endpoint":"https://tr.example.com/r",` +
		`"verification_endpoint":"https://tr.example.com/v","critical_subject_members":["tenant"],` +
		`"authorization_schemes":[{"spec_urn":"urn:ietf:rfc:6749"}],"default_subjects":"ALL"}`
	empty := ssf.Metadata{
		Issuer: "https://tr.example.com", CriticalSubjectMembers: []string{},
		DeliveryMethodsSupported: []ssf.DeliveryMethod{}, AuthorizationSchemes: []ssf.AuthorizationScheme{},
	}
	for want, m := range map[string]ssf.Metadata{fullJSON: full, `{"issuer":"https://tr.example.com"}`: empty} {
		got, err := json.Marshal(m)
		if err != nil || string(got) != want {
			t.Errorf("Marshal = %s, %v, want %s", got, err, want)
		}
	}
	var back ssf.Metadata
	if err := json.Unmarshal([]byte(fullJSON), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, back); diff != "" {
		t.Errorf("round trip differs (-want +got):\n%s", diff)
	}
	if full.Version() != "1_0" || empty.Version() != "1_0-ID1" {
		t.Errorf("Version() = %q and %q, want 1_0 and, for none, 1_0-ID1 (SSF §7.1)", full.Version(), empty.Version())
	}
}

func TestMetadataValidate(t *testing.T) {
	const issuer = "https://tr.example.com/ssf"
	valid := ssf.Metadata{Issuer: issuer, JWKSURI: "https://keys.example.com/j?x=1", StatusEndpoint: "https://tr.example.com/s"}
	tests := []struct {
		name string
		edit func(*ssf.Metadata)
		want string // part of the error, "" for none
	}{
		{"valid", func(*ssf.Metadata) {}, ""},
		{"issuer with a slash", func(m *ssf.Metadata) { m.Issuer += "/" }, "want \"" + issuer}, // SSF §7.2.4
		{"issuer with a port", func(m *ssf.Metadata) { m.Issuer = "https://tr.example.com:443/ssf" }, "exactly"},
		{"issuer in upper case", func(m *ssf.Metadata) { m.Issuer = "https://TR.example.com/ssf" }, "exactly"},
		{"issuer of another tenant", func(m *ssf.Metadata) { m.Issuer = "https://tr.example.com/other" }, "exactly"},
		{"no issuer", func(m *ssf.Metadata) { m.Issuer = "" }, "exactly"},
		{"http endpoint", func(m *ssf.Metadata) { m.StatusEndpoint = "http://tr.example.com/s" }, "status_endpoint"}, // SSF §7.1
		{"relative endpoint", func(m *ssf.Metadata) { m.VerificationEndpoint = "/v" }, "verification_endpoint"},
		{"http keys", func(m *ssf.Metadata) { m.JWKSURI = "http://tr.example.com/j" }, "jwks_uri"},
		{"scheme without URN", func(m *ssf.Metadata) { m.AuthorizationSchemes = make([]ssf.AuthorizationScheme, 1) }, "spec_urn"}, // SSF §7.1.1
		{"default subjects in lower case", func(m *ssf.Metadata) { m.DefaultSubjects = "all" }, "default_subjects"},
		{"default subjects NONE", func(m *ssf.Metadata) { m.DefaultSubjects = ssf.NoSubjects }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := valid
			test.edit(&m)
			err := m.Validate(issuer)
			if test.want == "" && err != nil {
				t.Errorf("Validate = %v, want nil", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("Validate = %v, want an error with %q", err, test.want)
			}
		})
	}
	if err := (&ssf.Metadata{Issuer: "http://tr.example.com"}).Validate("http://tr.example.com"); err == nil {
		t.Error("Validate accepted an http issuer (SSF §7.2)")
	}
}

// FuzzConfigurationURL: what is accepted leads to the host of the issuer and
// to nothing but its metadata.
func FuzzConfigurationURL(f *testing.F) {
	f.Add("https://tr.example.com/a%2Fb//")
	f.Add("http://[::1%25eth0]:80/")
	f.Fuzz(func(t *testing.T, issuer string) {
		got, err := ssf.ConfigurationURL(issuer)
		if err != nil {
			return
		}
		from, err := url.Parse(issuer)
		if err != nil {
			t.Fatalf("ConfigurationURL(%q) = %q, which is no URL", issuer, got)
		}
		to, err := url.Parse(got)
		if err != nil || to.Host != from.Host || to.Scheme != from.Scheme || !strings.HasPrefix(to.Path, ssf.WellKnownPath) || to.RawQuery != "" {
			t.Errorf("ConfigurationURL(%q) = %q, %v, want metadata on the same host", issuer, got, err)
		}
	})
}

// FuzzMetadata: metadata that is valid is still so after a round trip.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://tr.example.com","jwks_uri":"https://tr.example.com/j","default_subjects":"ALL"}`))
	f.Add([]byte(`{"issuer":"https://tr.example.com","authorization_schemes":[{"spec_urn":"urn:x"}],"critical_subject_members":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m, again ssf.Metadata
		if json.Unmarshal(data, &m) != nil || m.Validate("https://tr.example.com") != nil {
			return
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil || again.Validate("https://tr.example.com") != nil {
			t.Errorf("%s is invalid after a round trip to %s: %v", data, text, err)
		}
	})
}
