// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// checkSecureURL returns an error unless text is an absolute https URL. Plain
// http is accepted for addresses of this machine, which no network carries, so
// that a Transmitter can be tried without certificates.
func checkSecureURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("must be an absolute https URL")
	case u.User != nil:
		return nil, errors.New("must not hold a user name or password")
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	case u.Scheme != "https":
		return nil, errors.New("must be an https URL (http is accepted for loopback addresses only)")
	}
	return u, nil
}

// checkIssuerURL is checkSecureURL for an issuer, which in addition has no
// query and no fragment (SSF §7.1).
func checkIssuerURL(text string) (*url.URL, error) {
	u, err := checkSecureURL(text)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(text, "?#") {
		return nil, errors.New("must not have a query or a fragment")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
