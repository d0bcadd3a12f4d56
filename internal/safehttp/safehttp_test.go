// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/safehttp"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// forbidden is addresses that lead back to the host, to its network, or nowhere
// on the public internet.
var forbidden = []string{
	"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
	"169.254.1.1", "169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
	"[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]",
	"[2002:7f00:1::]", "[2001:db8::1]", "[2001::1]",
	"localhost", "LOCALHOST",
}

func TestForbiddenAddresses(t *testing.T) {
	clients := newClients(t, safehttp.Config{AllowHTTP: true, AnyPort: true, Timeout: time.Minute})
	for _, host := range forbidden {
		t.Run(host, func(t *testing.T) {
			if _, err := clients.CheckURL("http://" + host + ":8080/"); !errors.Is(err, safehttp.ErrForbidden) {
				t.Errorf("CheckURL(%s) = %v, want %v", host, err, safehttp.ErrForbidden)
			}
			for _, verify := range []bool{true, false} {
				if err := get(t, clients.Client(verify), "http://"+host+":8080/"); !errors.Is(err, safehttp.ErrForbidden) {
					t.Errorf("Get(%s), verify %v = %v, want %v", host, verify, err, safehttp.ErrForbidden)
				}
			}
		})
	}
}

// TestNoProxy has a proxy in the environment that would pass the check of
// addresses, and then connect to anything.
func TestNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.NotFoundHandler())
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	clients := newClients(t, safehttp.Config{AllowHTTP: true, AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}})
	if err := get(t, clients.Client(true), "http://10.0.0.1/"); !errors.Is(err, safehttp.ErrForbidden) {
		t.Errorf("Get = %v, want %v and no request to the proxy", err, safehttp.ErrForbidden)
	}
}

func TestPorts(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	clients := newClients(t, safehttp.Config{AllowHTTP: true, AllowedNetworks: []netip.Prefix{loopback}})
	if err := get(t, clients.Client(true), server.URL); !errors.Is(err, safehttp.ErrForbidden) {
		t.Errorf("Get on a port that is not listed = %v, want %v", err, safehttp.ErrForbidden)
	}
}

func TestPlainHTTP(t *testing.T) {
	clients := newClients(t, safehttp.Config{AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}})
	if err := get(t, clients.Client(true), "http://127.0.0.1:1/"); !errors.Is(err, safehttp.ErrForbidden) {
		t.Errorf("Get(http) = %v, want %v", err, safehttp.ErrForbidden)
	}
}

func TestRedirect(t *testing.T) {
	followed := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer target.Close()
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	clients := newClients(t, safehttp.Config{AllowHTTP: true, AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}})
	resp, err := clients.Client(true).Post(server.URL, "text/plain", strings.NewReader("SET"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusTemporaryRedirect || followed {
		t.Errorf("Post = %s, followed %v, want the redirect itself", resp.Status, followed)
	}
}

func TestMaxResponse(t *testing.T) {
	body := strings.Repeat("x", 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, body)
		if r.URL.Path == "/over" {
			io.WriteString(w, "x")
		}
	}))
	defer server.Close()
	clients := newClients(t, safehttp.Config{
		AllowHTTP: true, AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}, MaxResponse: 1000,
	})
	for path, want := range map[string]error{"/exact": nil, "/over": safehttp.ErrTooLarge} {
		resp, err := clients.Client(true).Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !errors.Is(err, want) || string(got) != body {
			t.Errorf("body of %s: %d bytes, %v, want 1000 bytes, %v", path, len(got), err, want)
		}
	}
}

// TestTimeout has a server that begins an answer and never ends it.
func TestTimeout(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	clients := newClients(t, safehttp.Config{
		AllowHTTP: true, AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}, Timeout: 200 * time.Millisecond,
	})
	err := get(t, clients.Client(true), server.URL)
	var netErr interface{ Timeout() bool }
	if !errors.As(err, &netErr) || !netErr.Timeout() {
		t.Errorf("Get = %v, want a timeout", err)
	}
}

func TestVerify(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the failed handshake
	server.StartTLS()
	defer server.Close()
	config := safehttp.Config{AnyPort: true, AllowedNetworks: []netip.Prefix{loopback}}
	clients := newClients(t, config)
	if err := get(t, clients.Client(false), server.URL); err != nil {
		t.Errorf("Get, verify off = %v, want nil", err)
	}
	var unknown x509.UnknownAuthorityError
	if err := get(t, clients.Client(true), server.URL); !errors.As(err, &unknown) {
		t.Errorf("Get, verify on = %v, want an unknown authority", err)
	}
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AddCert(server.Certificate())
	if err := get(t, newClients(t, config).Client(true), server.URL); err != nil {
		t.Errorf("Get with RootCAs = %v, want nil", err)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := safehttp.New(safehttp.Config{
		AllowedNetworks: []netip.Prefix{{}}, AnyPort: true, Ports: []uint16{443}, Timeout: -1,
	})
	for _, want := range []string{"AllowedNetworks", "AnyPort", "Timeout"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want an error that names %s", err, want)
		}
	}
}

func newClients(t *testing.T, config safehttp.Config) *safehttp.Clients {
	t.Helper()
	clients, err := safehttp.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clients.CloseIdle)
	return clients
}

// get requests rawURL and reads the answer to its end.
func get(t *testing.T, client *http.Client, rawURL string) error {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
