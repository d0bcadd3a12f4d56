// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// The values of a Config field that is zero.
const (
	DefaultTimeout             = 10 * time.Second
	DefaultConnectTimeout      = 3 * time.Second
	DefaultMaxResponse         = 64 << 10
	DefaultMaxIdleConnsPerHost = 64
)

// idleTimeout closes a connection that no request has used. Most servers close
// theirs after a minute or more.
const idleTimeout = 90 * time.Second

// ErrForbidden means that the address or port is one that the Config does not
// let us connect to. Trying again does not help.
var ErrForbidden = errors.New("forbidden address")

// Config says what Clients may reach. The zero value reaches public addresses
// over https on port 443.
type Config struct {
	// AllowedNetworks are reached although they are not public, as 127.0.0.0/8
	// and ::1/128 in development, or 10.0.0.0/8 for a Receiver in the same
	// company. Every host in them can then be sent a request by whoever creates
	// a stream. IPv4 is written as IPv4.
	AllowedNetworks []netip.Prefix
	// AllowHTTP allows URLs without TLS. RFC 8935 §2.1 requires TLS, so this is
	// for development.
	AllowHTTP bool
	// Ports are the only ones that are connected to. Empty means 443, and 80 if
	// AllowHTTP. Other services of a host are then out of reach.
	Ports []uint16
	// AnyPort lifts the limit on ports, for development, where servers take the
	// port that is free. It may not be set together with Ports.
	AnyPort bool
	// Timeout bounds a request from its start to the last byte of the answer.
	// Zero means DefaultTimeout.
	Timeout time.Duration
	// ConnectTimeout bounds resolving a name and connecting, and then the TLS
	// handshake. Zero means DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// MaxResponse is the most bytes of an answer's body and of its headers that
	// are read. Zero means DefaultMaxResponse.
	MaxResponse int64
	// MaxIdleConnsPerHost is how many connections to one host stay open between
	// requests. Zero means DefaultMaxIdleConnsPerHost; fewer than run at the
	// same time cost a handshake each.
	MaxIdleConnsPerHost int
	// RootCAs verify certificates. Nil means those of the system.
	RootCAs *x509.CertPool
}

// Clients sends requests to addresses that others chose. It is safe for
// concurrent use.
type Clients struct {
	allowHTTP          bool
	ports              []uint16 // empty means any
	guard              *ssrf.Guardian
	verify, skipVerify *http.Client
}

// New returns clients for config, or every fault of config at once.
func New(config Config) (*Clients, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("safehttp: %w", err)
	}
	config.setDefaults()
	guard := newGuard(config)
	return &Clients{
		allowHTTP:  config.AllowHTTP,
		ports:      slices.Clone(config.Ports),
		guard:      guard,
		verify:     newClient(config, guard, false),
		skipVerify: newClient(config, guard, true),
	}, nil
}

func (c *Config) validate() error {
	var errs []error
	for _, p := range c.AllowedNetworks {
		if !p.IsValid() || p.Addr().Is4In6() {
			errs = append(errs, fmt.Errorf("AllowedNetworks: %s is not a network; write IPv4 as IPv4", p))
		}
	}
	if c.AnyPort && len(c.Ports) > 0 {
		errs = append(errs, errors.New("AnyPort and Ports: set one of them"))
	}
	if c.Timeout < 0 || c.ConnectTimeout < 0 || c.MaxResponse < 0 || c.MaxIdleConnsPerHost < 0 {
		errs = append(errs, errors.New("must not be negative: Timeout, ConnectTimeout, MaxResponse, MaxIdleConnsPerHost"))
	}
	return errors.Join(errs...)
}

func (c *Config) setDefaults() {
	if len(c.Ports) == 0 && !c.AnyPort {
		c.Ports = []uint16{443}
		if c.AllowHTTP {
			c.Ports = append(c.Ports, 80)
		}
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
	if c.MaxResponse == 0 {
		c.MaxResponse = DefaultMaxResponse
	}
	if c.MaxIdleConnsPerHost == 0 {
		c.MaxIdleConnsPerHost = DefaultMaxIdleConnsPerHost
	}
}

// Client returns the client that verifies the certificate of the server, or the
// one that does not, for a provider whose admin switched verification off. They
// share no connection, so an unverified one is never used where verification is
// on.
func (c *Clients) Client(verify bool) *http.Client {
	if verify {
		return c.verify
	}
	return c.skipVerify
}

// CloseIdle closes the connections that no request is using.
func (c *Clients) CloseIdle() {
	c.verify.CloseIdleConnections()
	c.skipVerify.CloseIdleConnections()
}

func newClient(c Config, guard *ssrf.Guardian, skipVerify bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: c.ConnectTimeout,
		Control: func(network, address string, conn syscall.RawConn) error {
			if err := guard.Safe(network, address, conn); err != nil {
				return fmt.Errorf("%w: %w", ErrForbidden, err)
			}
			return nil
		},
	}
	return &http.Client{
		Timeout: c.Timeout,
		Transport: &limited{
			allowHTTP: c.AllowHTTP,
			max:       c.MaxResponse,
			// HTTP/1.1: many connections, so that one slow answer does not
			// hold up the others to the same host.
			next: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSHandshakeTimeout:    c.ConnectTimeout,
				MaxIdleConnsPerHost:    c.MaxIdleConnsPerHost,
				IdleConnTimeout:        idleTimeout,
				MaxResponseHeaderBytes: c.MaxResponse,
				// An answer that expands could pass the limit many times over.
				DisableCompression: true,
				TLSClientConfig: &tls.Config{
					MinVersion:         tls.VersionTLS12, // RFC 8935 §5.3
					RootCAs:            c.RootCAs,
					ClientSessionCache: tls.NewLRUClientSessionCache(1024),
					InsecureSkipVerify: skipVerify,
				},
			},
		},
		// The answer to a redirect is the redirect itself.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newGuard returns what checks each address as it is dialled.
func newGuard(c Config) *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, p := range c.AllowedNetworks {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	options := []ssrf.Option{
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithPorts(slices.Clone(c.Ports)...),
	}
	if c.AnyPort {
		options = append(options, ssrf.WithAnyPort())
	}
	return ssrf.New(options...)
}
