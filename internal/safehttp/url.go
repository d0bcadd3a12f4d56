// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MaxURL is the most bytes that CheckURL accepts.
const MaxURL = 2048

// CheckURL parses a URL that requests are to be sent to, as the endpoint_url of
// a push stream (SSF §6.1.1), and says what is wrong with it in words for whoever
// sent it. It looks nothing up: a name that leads to a forbidden address passes
// here, and is refused when it is dialled.
func (c *Clients) CheckURL(raw string) (*url.URL, error) {
	if len(raw) > MaxURL {
		return nil, fmt.Errorf("URL: %d bytes, want at most %d", len(raw), MaxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("URL: not a valid URL")
	}
	switch {
	case u.Scheme != "https" && !(c.allowHTTP && u.Scheme == "http"):
		return nil, errors.New("URL: must begin with https://")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("URL: has no host")
	case u.User != nil:
		return nil, errors.New("URL: must not hold a user name or password")
	case strings.Contains(raw, "#"):
		return nil, errors.New("URL: must not have a fragment")
	}
	if err := c.checkHost(u.Hostname(), u.Port(), u.Scheme); err != nil {
		return nil, fmt.Errorf("URL: host %s: %w", u.Host, err)
	}
	return u, nil
}

// checkHost refuses what can be seen to be forbidden without looking it up.
func (c *Clients) checkHost(host, port, scheme string) error {
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return errors.New("port must be from 1 to 65535")
	}
	if len(c.ports) > 0 && !slices.Contains(c.ports, uint16(number)) {
		return fmt.Errorf("%w: port %d, want one of %v", ErrForbidden, number, c.ports)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		host = "127.0.0.1" // as it resolves
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil && looksNumeric(name):
		return errors.New("write the address as four decimal numbers")
	case err != nil:
		return nil // a name, whose addresses are checked when it is dialled
	case addr.Zone() != "":
		return errors.New("must not have a zone")
	}
	if err := c.guard.SafeAddr(addr.Unmap()); err != nil {
		return fmt.Errorf("%w: not a public one, and not in a network that is allowed", ErrForbidden)
	}
	return nil
}

// looksNumeric says whether some resolvers would read host as an IPv4 address
// although it is not written as one, as 2130706433, 127.1 or 0x7f.0.0.1. No
// top-level domain is a number.
func looksNumeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	digits := strings.Trim(last, "0123456789") == "" && last != ""
	return digits || strings.HasPrefix(last, "0x")
}
