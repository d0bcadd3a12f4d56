// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/netip"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
)

// passkeys are those of the base URL. Browsers bind a passkey to a host name
// and have none for an IP address: there it is nil, and the pages offer none.
func passkeys(base *url.URL) (*identity.Passkeys, error) {
	if _, err := netip.ParseAddr(base.Hostname()); err == nil {
		return nil, nil
	}
	keys, err := identity.NewPasskeys(identity.PasskeysConfig{
		RPID: base.Hostname(), Origins: []string{base.Scheme + "://" + base.Host}, DisplayName: "Tocsin",
	})
	if err != nil {
		return nil, fmt.Errorf("base URL %s: %w", base, err)
	}
	return keys, nil
}
