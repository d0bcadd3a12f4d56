// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/delivery"
	"github.com/tocsin-id/tocsin/internal/httpd"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/safehttp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/internal/web"
)

// Config is what both programs, production and development, give an App.
type Config struct {
	// DB is open; the App does not close it.
	DB idp.DB
	// Base is the public URL without a path.
	Base *url.URL
	// Development accepts http where production would not.
	Development bool
	// TLS is nil for plain HTTP.
	TLS *tls.Config
	// TrustedProxies are believed about the client's address.
	TrustedProxies []netip.Prefix
	// AllowNetworks may hold push endpoints although they are not public.
	AllowNetworks []netip.Prefix
	// AllowHTTP lets push endpoints do without TLS.
	AllowHTTP bool
	// Ports are those that push endpoints may be on; empty means the usual.
	Ports []uint16
	// AnyPort lets push endpoints be on any port.
	AnyPort bool
	// RootCAs vouch for push endpoints; nil means the system's.
	RootCAs *x509.CertPool
	// Policy bounds the sessions of users.
	Policy identity.SessionPolicy
	// Risk says what counts as a risk.
	Risk identity.RiskPolicy
	// Mail takes mails. Without one Development shows them on a page, and
	// otherwise there are none.
	Mail *mail.Server
	// PublicMetrics serves /metrics to everybody.
	PublicMetrics bool
	// Log gets one line per outcome. Required.
	Log *slog.Logger
}

// App is the wired program.
type App struct {
	cfg         Config
	log         *slog.Logger
	passwords   *identity.Passwords
	keys        *signing.Keys
	oidc        *oidc.Provider
	transmitter *transmitter.Transmitter
	fanOut      *transmitter.FanOut
	engine      *delivery.Engine
	clients     *safehttp.Clients
	site        *web.Site
	api         *admin.API
	// sender is nil where no mails are sent, outbox where none are shown.
	sender  *mail.Sender
	outbox  *mail.Outbox
	metrics *metrics
}

// New wires an App. It makes the program's own secrets at the first start.
func New(ctx context.Context, cfg Config) (*App, error) {
	a := &App{cfg: cfg, log: cfg.Log, metrics: newMetrics()}
	var err error
	if a.passwords, err = identity.NewPasswords(identity.PasswordsConfig{}); err != nil {
		return nil, err
	}
	a.clients, err = safehttp.New(safehttp.Config{
		AllowedNetworks: cfg.AllowNetworks, AllowHTTP: cfg.AllowHTTP, Ports: cfg.Ports, AnyPort: cfg.AnyPort, RootCAs: cfg.RootCAs,
	})
	if err != nil {
		return nil, err
	}
	secrets, err := signing.Bootstrap(ctx, cfg.DB)
	if err != nil {
		return nil, err
	}
	a.keys = signing.New(signing.Config{DB: cfg.DB})
	base := cfg.Base.String()
	sets, err := signing.NewSETs(signing.SETsConfig{
		Keys: a.keys, BaseURL: base, JTIKey: secrets.JTIKey, LogoutKey: secrets.OIDCKey,
	})
	if err != nil {
		return nil, err
	}
	a.oidc, err = oidc.New(oidc.Config{
		DB: cfg.DB, Keys: a.keys, SigningKey: secrets.OIDCKey, Base: cfg.Base, AllowInsecure: cfg.Base.Scheme == "http",
		SSFIssuer: sets.Issuer, Log: cfg.Log,
		ErrorPage: func(w http.ResponseWriter, r *http.Request, e *oidc.Error) { a.site.ShowOIDCError(w, r, e) },
	})
	if err != nil {
		return nil, err
	}
	if err := a.wireSignals(base, sets); err != nil {
		return nil, err
	}
	if err := a.wireMails(); err != nil {
		return nil, err
	}
	a.api, err = admin.NewAPI(admin.Config{
		DB: cfg.DB, Passwords: a.passwords, Keys: a.keys, Log: cfg.Log,
		Links: identity.Links{Base: base}, Mails: a.mails(),
		StreamChanged: func(num idp.StreamNum) { a.transmitter.Wake(num) },
		ClientAddress: clientAddress,
	})
	if err != nil {
		return nil, err
	}
	keys, err := passkeys(cfg.Base)
	if err != nil {
		return nil, err
	}
	a.site, err = web.New(web.Config{
		DB: cfg.DB, Passwords: a.passwords, Passkeys: keys, OIDC: a.oidc, Base: cfg.Base, Sessions: cfg.Policy,
		Risk: cfg.Risk, Mails: a.mails(), Log: cfg.Log,
		ClientAddress: clientAddress,
		RequestID:     func(r *http.Request) string { return httpd.RequestIDFrom(r.Context()) },
	})
	return a, err
}

// wireSignals connects fan-out, push and poll.
func (a *App) wireSignals(base string, sets *signing.SETs) (err error) {
	a.transmitter, err = transmitter.New(transmitter.Config{
		DB: a.cfg.DB, BaseURL: base, Tokens: a.oidc, Keys: a.keys, SETs: sets, Log: a.log,
		CheckEndpoint: func(endpoint string) error {
			_, err := a.clients.CheckURL(endpoint)
			return err
		},
		Wake: func(made []idp.Delivery) {
			a.metrics.pushes.Add(float64(len(made)))
			a.engine.Wake(made)
		},
		ClientAddress: clientAddress,
	})
	if err != nil {
		return err
	}
	a.fanOut = a.transmitter.FanOut()
	a.engine, err = delivery.New(delivery.Config{
		DB: a.cfg.DB, Signer: sets, Client: a.clients.Client, Log: a.log, Observe: a.metrics.observe,
		Pause: func(ctx context.Context, num idp.StreamNum, reason string) error {
			return a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
				s, err := tx.StreamByNum(num)
				if err != nil {
					return err
				}
				_, _, err = transmitter.SetStatus(ctx, tx, idp.System(), s, idp.StreamPaused, reason)
				return err
			})
		},
	})
	return err
}

// wireMails makes what becomes of mails: a sender, or a page in development.
func (a *App) wireMails() (err error) {
	switch {
	case a.cfg.Mail != nil:
		a.sender, err = mail.New(mail.Config{DB: a.cfg.DB, Server: *a.cfg.Mail, Log: a.log})
	case a.cfg.Development:
		a.outbox = mail.NewOutbox(a.cfg.DB, a.log)
	}
	return err
}

// mails reports whether a mail that is appended gets to somebody.
func (a *App) mails() bool { return a.sender != nil || a.outbox != nil }

// clientAddress is the address that a request came from, seen through trusted
// proxies.
func clientAddress(r *http.Request) string { return httpd.ClientFrom(r.Context()).String() }

// Run serves on ln until ctx ends, and then stops in order: no new requests,
// no new pushes, then the rest.
func (a *App) Run(ctx context.Context, ln net.Listener) error {
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoops()
	var wg sync.WaitGroup
	start := func(loop func(context.Context)) { wg.Go(func() { loop(loops) }) }
	start(a.fanOut.Run)
	start(a.engine.Run)
	if a.sender != nil {
		start(a.sender.Run)
	}
	for _, c := range a.chores() {
		start(func(ctx context.Context) { keepHouse(ctx, a.log, c) })
	}
	// Polls that wait are answered as soon as the shutdown begins.
	defer context.AfterFunc(ctx, a.transmitter.Close)()
	err := httpd.Serve(ctx, ln, httpd.Config{Handler: a.Handler(), TLS: a.cfg.TLS, Log: a.log})
	stopLoops()
	wg.Wait()
	a.clients.CloseIdle()
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// chores are what has to be done from time to time.
func (a *App) chores() []chore {
	return []chore{
		{"streams without activity", 15 * time.Second, a.transmitter.SweepInactive},
		{"streams of logout tokens", time.Minute, a.transmitter.SweepLogoutStreams},
		{"expired events", time.Minute, func(ctx context.Context) (int, error) {
			swept, err := a.transmitter.SweepExpired(ctx)
			return swept.Erased + swept.Expired + swept.Signals, err
		}},
		{"signing keys", time.Minute, a.sweepKeys},
		{"sessions past their time", time.Minute, endTimedOut(a.cfg.DB, a.cfg.Policy)},
		{"counts of failures", 10 * time.Minute, sweepThrottles(a.cfg.DB)},
		{"mails", 10 * time.Minute, sweepMails(a.cfg.DB)},
		{"sessions and tokens", 10 * time.Minute, sweepIdentity(a.cfg.DB)},
	}
}

// sweepKeys takes keys out of the JWK Sets that no SET needs any more.
func (a *App) sweepKeys(ctx context.Context) (n int, err error) {
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		n, err = signing.Sweep(tx)
		return err
	})
	if n > 0 {
		a.keys.ForgetAll()
	}
	return n, err
}

// baseURL is the URL of a listener, for programs that choose it themselves. It
// names the host as the address does that was asked for: browsers bind
// passkeys to a name such as localhost, and have none for an IP address.
func baseURL(ln net.Listener, asked string, secure bool) (*url.URL, error) {
	tcp, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return nil, errors.New("the listener has no TCP address")
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host := tcp.AddrPort().String()
	if name, _, err := net.SplitHostPort(asked); err == nil && name != "" && net.ParseIP(name) == nil {
		host = net.JoinHostPort(name, strconv.Itoa(tcp.Port))
	}
	return &url.URL{Scheme: scheme, Host: host}, nil
}
