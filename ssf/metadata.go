// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "fmt"

// SpecVersion is the value of Metadata.SpecVersion for SSF 1.0 Final.
const SpecVersion = "1_0"

// Metadata describes a Transmitter: what it can do, and where (SSF §7.1). An
// absent endpoint means that the function is not offered. Members without
// elements are left out of the JSON (SSF §7.2.3).
type Metadata struct {
	// SpecVersion is the version of SSF. See Version for what absence means.
	SpecVersion string `json:"spec_version,omitempty"`

	// Issuer is the https URL that is also the iss of every SET. Required.
	Issuer string `json:"issuer"`

	// JWKSURI is where the keys are that verify SETs. Required of a
	// Transmitter that signs.
	JWKSURI string `json:"jwks_uri,omitempty"`

	// DeliveryMethodsSupported is recommended.
	DeliveryMethodsSupported []DeliveryMethod `json:"delivery_methods_supported,omitempty"`

	// The endpoints of the management API.
	ConfigurationEndpoint string `json:"configuration_endpoint,omitempty"`
	StatusEndpoint        string `json:"status_endpoint,omitempty"`
	AddSubjectEndpoint    string `json:"add_subject_endpoint,omitempty"`
	RemoveSubjectEndpoint string `json:"remove_subject_endpoint,omitempty"`
	VerificationEndpoint  string `json:"verification_endpoint,omitempty"`

	// CriticalSubjectMembers names the members of a complex subject that a
	// Receiver has to understand, or else discard the event (SSF §3.6).
	CriticalSubjectMembers []string `json:"critical_subject_members,omitempty"`

	// AuthorizationSchemes says how a Receiver authenticates itself.
	AuthorizationSchemes []AuthorizationScheme `json:"authorization_schemes,omitempty"`

	// DefaultSubjects says which subjects a new stream has.
	DefaultSubjects DefaultSubjects `json:"default_subjects,omitempty"`
}

// AuthorizationScheme is a way to authenticate at the Transmitter
// (SSF §7.1.1).
type AuthorizationScheme struct {
	// SpecURN names the specification of the scheme. Required.
	SpecURN string `json:"spec_urn"`
}

// SchemeOAuth2 is the SpecURN of OAuth 2.0 (RFC 6749 §1).
const SchemeOAuth2 = "urn:ietf:rfc:6749"

// DefaultSubjects says whether a new stream has all subjects or none
// (SSF §7.1). The empty value leaves it unspecified.
type DefaultSubjects string

// The values of DefaultSubjects.
const (
	AllSubjects DefaultSubjects = "ALL"  // every subject that fits the stream
	NoSubjects  DefaultSubjects = "NONE" // only those that the Receiver adds
)

// Version returns the version of SSF that the Transmitter follows. Absence
// means the first Implementer's Draft, 1_0-ID1 (SSF §7.1).
func (m *Metadata) Version() string {
	if m.SpecVersion == "" {
		return "1_0-ID1"
	}
	return m.SpecVersion
}

// Validate checks metadata that a Receiver fetched for issuer. The issuer in
// the document has to be the same string, without any normalisation
// (SSF §7.2.4). If there is an error nothing in the document may be used.
func (m *Metadata) Validate(issuer string) error {
	if _, err := checkIssuerURL(issuer); err != nil {
		return fmt.Errorf("issuer %q %w", issuer, err)
	}
	if m.Issuer != issuer {
		return fmt.Errorf("metadata has the issuer %q, want %q exactly", m.Issuer, issuer)
	}
	for _, u := range []struct{ member, url string }{
		{"jwks_uri", m.JWKSURI},
		{"configuration_endpoint", m.ConfigurationEndpoint},
		{"status_endpoint", m.StatusEndpoint},
		{"add_subject_endpoint", m.AddSubjectEndpoint},
		{"remove_subject_endpoint", m.RemoveSubjectEndpoint},
		{"verification_endpoint", m.VerificationEndpoint},
	} {
		if u.url == "" {
			continue
		}
		if _, err := checkSecureURL(u.url); err != nil {
			return fmt.Errorf("metadata of %s: %s %q %w", issuer, u.member, u.url, err)
		}
	}
	for i, scheme := range m.AuthorizationSchemes {
		if scheme.SpecURN == "" {
			return fmt.Errorf("metadata of %s: authorization_schemes[%d] has no spec_urn", issuer, i)
		}
	}
	switch m.DefaultSubjects {
	case "", AllSubjects, NoSubjects:
		return nil
	}
	return fmt.Errorf("metadata of %s: default_subjects is %q, want ALL or NONE", issuer, m.DefaultSubjects)
}
