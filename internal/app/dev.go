// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/config"
	"github.com/tocsin-id/tocsin/internal/demo"
	"github.com/tocsin-id/tocsin/internal/httpd"
)

// DevConfig is what `tocsin dev` can be told.
type DevConfig struct {
	// Listen is the identity provider's address; its port may be 0. A host
	// name, such as localhost, is kept in URLs: only there are passkeys.
	Listen string
	// Data is the folder to keep everything in; empty makes a temporary one
	// and removes it at the end.
	Data string
	// TLS serves https with a certificate authority made for the run.
	TLS bool
	// LogLevel is debug, info, warn or error; empty is info.
	LogLevel string
	// Out gets the summary, Err the log.
	Out, Err io.Writer
}

// Dev runs the program with objects to play with and two applications, until
// ctx ends. It reaches push endpoints on this machine only.
func Dev(ctx context.Context, cfg DevConfig) error {
	log, err := newLog(cfg.Err, config.Log{Level: cmp.Or(cfg.LogLevel, "info"), Format: "text"})
	if err != nil {
		return err
	}
	if cfg.Data == "" {
		if cfg.Data, err = os.MkdirTemp("", "tocsin-dev-"); err != nil {
			return err
		}
		defer os.RemoveAll(cfg.Data)
	}
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return err
	}
	db, err := openData(ctx, cfg.Data)
	if err != nil {
		return err
	}
	defer db.Close()
	d := &dev{cfg: cfg, log: log, file: filepath.Join(cfg.Data, "dev.json")}
	defer d.close()
	if err := d.listen(); err != nil {
		return err
	}
	d.app, err = New(ctx, Config{
		DB: db, Base: d.base, Development: true, TLS: d.serverTLS(), RootCAs: d.roots(),
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		AllowHTTP:     !cfg.TLS, AnyPort: true, PublicMetrics: true, Log: log,
	})
	if err != nil {
		return err
	}
	made, err := d.seed(ctx, db)
	if err != nil {
		return fmt.Errorf("objects to play with: %w", err)
	}
	return d.run(ctx, made)
}

// dev is one run.
type dev struct {
	cfg  DevConfig
	log  *slog.Logger
	file string
	ca   *localCA
	app  *App
	// ln, base and the applications' listeners and URLs are set by listen.
	ln   net.Listener
	base *url.URL
	apps []*devApplication
}

// devApplication is one of the two applications with its web server.
type devApplication struct {
	demo.Config
	ln net.Listener
}

// listen takes the three addresses, so that all know each other's URLs.
func (d *dev) listen() (err error) {
	if d.cfg.TLS {
		if d.ca, err = newLocalCA(time.Now()); err != nil {
			return err
		}
	}
	if d.ln, err = net.Listen("tcp", d.cfg.Listen); err != nil {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	// Elsewhere SSF wants https, and our certificates are for loopback only.
	if own, ok := d.ln.Addr().(*net.TCPAddr); !ok || !own.IP.IsLoopback() {
		return fmt.Errorf("tocsin dev listens on this machine only, such as on 127.0.0.1:8080, not on %s", d.cfg.Listen)
	}
	if d.base, err = baseURL(d.ln, d.cfg.Listen, d.cfg.TLS); err != nil {
		return err
	}
	for i, c := range []demo.Config{
		{Name: "Atlas", Slug: "atlas", Method: "push"},
		{Name: "Beacon", Slug: "beacon", Method: "poll"},
	} {
		ln, err := d.listenBeside(i + 1)
		if err != nil {
			return err
		}
		own, err := baseURL(ln, d.cfg.Listen, d.cfg.TLS)
		if err != nil {
			return err
		}
		c.URL, c.Issuer = own.String(), d.base.String()
		d.apps = append(d.apps, &devApplication{Config: c, ln: ln})
	}
	return nil
}

// close frees the addresses of a run that did not begin; servers that ran have
// closed them already.
func (d *dev) close() {
	if d.ln != nil {
		d.ln.Close()
	}
	for _, a := range d.apps {
		a.ln.Close()
	}
}

// listenBeside takes the port that many behind the provider's, or a free one.
func (d *dev) listenBeside(n int) (net.Listener, error) {
	own := d.ln.Addr().(*net.TCPAddr)
	host := own.IP.String()
	if ln, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(own.Port+n))); err == nil {
		return ln, nil
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

func (d *dev) serverTLS() *tls.Config {
	if d.ca == nil {
		return nil
	}
	return d.ca.server()
}

func (d *dev) roots() *x509.CertPool {
	if d.ca == nil {
		return nil
	}
	return d.ca.pool
}

// client is the applications' HTTP client.
func (d *dev) client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	if d.ca != nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.ca.pool}
	}
	return &http.Client{Transport: transport}
}

// run serves everything and prints the summary when it answers. The first
// server that fails ends the others. At the end the applications go first, so
// that they can still acknowledge what they received.
func (d *dev) run(ctx context.Context, made devFile) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	providing, stopProvider := context.WithCancel(context.WithoutCancel(ctx))
	defer stopProvider()
	var provider, applications sync.WaitGroup
	provider.Go(func() {
		if err := d.app.Run(providing, d.ln); err != nil {
			stop(err)
		}
	})
	for _, a := range d.apps {
		a.HTTPClient, a.Log = d.client(), d.log
		application := demo.New(a.Config)
		applications.Go(func() { application.Run(ctx) })
		applications.Go(func() {
			err := httpd.Serve(ctx, a.ln, httpd.Config{Handler: application.Handler(), TLS: d.serverTLS(), Log: d.log, Grace: time.Second})
			if err != nil {
				stop(err)
			}
		})
	}
	if err := d.publish(made); err != nil {
		stop(err)
	} else {
		made.summarize(d.cfg.Out, d.file, isTerminal(d.cfg.Out))
	}
	<-ctx.Done()
	applications.Wait()
	// A connection of HTTP/2 that was made while the provider stops would not
	// be told, and hold it up for as long as requests may take.
	for _, a := range d.apps {
		a.HTTPClient.CloseIdleConnections()
	}
	stopProvider()
	provider.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
