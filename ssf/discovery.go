// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"fmt"
	"net/url"
	"strings"
)

// WellKnownPath is what is inserted between the host and the path of an issuer
// to find its metadata (SSF §7.2).
const WellKnownPath = "/.well-known/ssf-configuration"

// ConfigurationURL returns the URL of the metadata of an issuer. The well-known
// path is inserted between host and path, not appended, after one slash at the
// end of the path is dropped (SSF §7.2.1, RFC 8615 §3):
//
//	https://tr.example.com           https://tr.example.com/.well-known/ssf-configuration
//	https://tr.example.com/issuer1/  https://tr.example.com/.well-known/ssf-configuration/issuer1
//
// The error says what is wrong with the issuer: it has to be an https URL
// without query and fragment (SSF §7.1). Plain http is accepted for loopback
// addresses only.
func ConfigurationURL(issuer string) (string, error) {
	u, err := checkIssuerURL(issuer)
	if err != nil {
		return "", fmt.Errorf("issuer %q %w", issuer, err)
	}
	// Both spellings of the path are needed: an escaped slash in it is not
	// the same as a slash.
	u.RawPath = WellKnownPath + strings.TrimSuffix(u.EscapedPath(), "/")
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return "", fmt.Errorf("issuer %q: %w", issuer, err)
	}
	return u.String(), nil
}
