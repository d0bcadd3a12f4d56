// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/safehttp"
)

func TestCheckURL(t *testing.T) {
	production := newClients(t, safehttp.Config{Ports: []uint16{443, 8443}})
	dev := newClients(t, safehttp.Config{AllowHTTP: true, AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}})
	for _, tt := range []struct {
		url             string
		production, dev string // part of the error, "" for none
	}{
		{"https://receiver.example.com/events?tenant=1", "", ""},
		{"https://receiver.example.com:8443/events", "", ""},
		{"https://RECEIVER.example.com./", "", ""},
		{"https://1.1.1.1/", "", ""},
		{"https://[2606:4700::1111]/", "", ""},
		{"https://receiver.example.com:9000/", "port 9000", ""},
		{"https://receiver.example.com:0/", "port must be", "port must be"},
		{"https://receiver.example.com:65536/", "port must be", "port must be"},
		{"http://receiver.example.com/", "https://", ""},
		{"http://127.0.0.1:41234/events", "https://", ""},
		{"https://localhost/", "forbidden", ""},
		{"https://localhost./", "forbidden", ""},
		{"https://a.localhost/", "forbidden", ""},
		{"https://[::ffff:127.0.0.1]/", "forbidden", ""},
		{"https://10.0.0.1/", "forbidden", "forbidden"},
		{"https://2130706433/", "four decimal", "four decimal"},
		{"https://127.1/", "four decimal", "four decimal"},
		{"https://0x7f.0x1/", "four decimal", "four decimal"},
		{"https://127.0.0.010/", "four decimal", "four decimal"},
		{"https://[fe80::1%25eth0]/", "zone", "zone"},
		{"https://user@receiver.example.com/", "user name", "user name"},
		{"https://receiver.example.com/#part", "fragment", "fragment"},
		{"https://receiver.example.com/#", "fragment", "fragment"},
		{"https:receiver.example.com", "no host", "no host"},
		{"https:///events", "no host", "no host"},
		{"/events", "https://", "https://"},
		{"", "https://", "https://"},
		{"file:///etc/passwd", "https://", "https://"},
		{"https://receiver.example.com/\x00", "not a valid URL", "not a valid URL"},
		{"https://receiver.example.com/" + strings.Repeat("x", safehttp.MaxURL), "bytes", "bytes"},
	} {
		for want, clients := range map[*string]*safehttp.Clients{&tt.production: production, &tt.dev: dev} {
			u, err := clients.CheckURL(tt.url)
			if *want == "" && (err != nil || u.String() != tt.url) {
				t.Errorf("CheckURL(%q) = %v, %v, want it unchanged", tt.url, u, err)
			}
			if *want != "" && (err == nil || !strings.Contains(err.Error(), *want)) {
				t.Errorf("CheckURL(%q) = %v, %v, want an error with %q", tt.url, u, err, *want)
			}
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://receiver.example.com/", "https://[::1]:443/", "https://127.1", "http://a@b#c"} {
		f.Add(seed)
	}
	clients, err := safehttp.New(safehttp.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := clients.CheckURL(raw)
		if err != nil {
			return
		}
		if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("CheckURL(%q) = %v, want it refused", raw, u)
		}
	})
}
