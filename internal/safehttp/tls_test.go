// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/safehttp"
)

// TestTLS is which servers a SET is sent to (RFC 8935 §3, §5.3). The
// certificate of each is for 127.0.0.1, by an authority that we believe.
func TestTLS(t *testing.T) {
	for _, tt := range []struct {
		name   string
		server *tls.Config
		host   string
		ok     bool
	}{
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, "127.0.0.1", true},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, "127.0.0.1", true},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "127.0.0.1", false},
		{"the certificate of another host", &tls.Config{}, "localhost", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = tt.server
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the failed handshake
			server.StartTLS()
			defer server.Close()
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			clients := newClients(t, safehttp.Config{AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}, RootCAs: roots})
			err := get(t, clients.Client(true), strings.Replace(server.URL, "127.0.0.1", tt.host, 1))
			if (err == nil) != tt.ok {
				t.Errorf("Get = %v, want success %v", err, tt.ok)
			}
			var name x509.HostnameError
			if tt.host == "localhost" && !errors.As(err, &name) {
				t.Errorf("Get = %v, want a certificate for another host", err)
			}
		})
	}
}
