// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

type clientKey struct{}

// Clients finds out the address of the client of each request. It is the peer
// of the connection, unless that is a trusted proxy: then it is the last
// address in X-Forwarded-For that is not one. What stands before that address
// was sent by the client, who can write anything, so it counts for nothing.
func Clients(trusted []netip.Prefix) func(http.Handler) http.Handler {
	trusted = slices.Clone(trusted)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			addr := client(r, trusted)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, addr)))
		})
	}
}

// ClientFrom returns the address that Clients found. It is not valid without
// Clients, or on a listener that is no IP socket.
func ClientFrom(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(clientKey{}).(netip.Addr)
	return addr
}

func client(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := parseHop(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !contains(trusted, addr) {
			return addr
		}
		before := parseHop(strings.TrimSpace(hop))
		if !before.IsValid() {
			return addr
		}
		addr = before
	}
	return addr
}

// parseHop reads an address with or without a port.
func parseHop(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}
