// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/config"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
)

// Serve runs the production program until ctx ends. It logs to out.
func Serve(ctx context.Context, c config.Config, out io.Writer) error {
	log, err := newLog(out, c.Log)
	if err != nil {
		return err
	}
	cfg, err := production(c)
	if err != nil {
		return err
	}
	cfg.Log = log
	db, err := openData(ctx, c.Data)
	if err != nil {
		return err
	}
	defer db.Close()
	cfg.DB = db
	a, err := New(ctx, cfg)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%w; choose another one with listen in the configuration or with --listen", err)
	}
	if err := offerSetup(ctx, db, c.BaseURL, out); err != nil {
		ln.Close()
		return err
	}
	log.Info("serving", "base_url", c.BaseURL, "listen", ln.Addr().String(), "tls", cfg.TLS != nil)
	return a.Run(ctx, ln)
}

// production turns the configuration into what an App needs.
func production(c config.Config) (cfg Config, err error) {
	if cfg.Base, err = c.Base(); err != nil {
		return cfg, err
	}
	if cfg.TrustedProxies, err = config.Networks("trusted_proxies", c.TrustedProxies); err != nil {
		return cfg, err
	}
	if cfg.AllowNetworks, err = config.Networks("outbound.allow_networks", c.Outbound.AllowNetworks); err != nil {
		return cfg, err
	}
	if cfg.Ports, err = c.Outbound.PortNumbers(); err != nil {
		return cfg, err
	}
	cfg.AllowHTTP = c.Outbound.AllowHTTP
	cfg.PublicMetrics = c.Metrics.Public
	cfg.Policy = identity.SessionPolicy{Idle: c.Sessions.Idle, Absolute: c.Sessions.Absolute}
	cfg.Risk = risk(c.Risk)
	if c.TLS.Certificate != "" {
		certificate, err := tls.LoadX509KeyPair(c.TLS.Certificate, c.TLS.Key)
		if err != nil {
			return cfg, fmt.Errorf("tls: %w", err)
		}
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	}
	if c.Outbound.CAFile != "" {
		if cfg.RootCAs, err = authorities(c.Outbound.CAFile); err != nil {
			return cfg, fmt.Errorf("outbound.ca_file: %w", err)
		}
	}
	cfg.Mail = mailServer(c.Mail, cfg.RootCAs)
	return cfg, nil
}

// mailServer is nil when no mail server is configured.
func mailServer(c config.Mail, roots *x509.CertPool) *mail.Server {
	if c.Host == "" {
		return nil
	}
	return &mail.Server{Host: c.Host, Port: c.Port, Security: mail.Security(c.TLS),
		User: c.User, Password: idp.NewSecret(c.Password), From: c.From, RootCAs: roots}
}

// risk turns the configuration, where 0 is never, into a policy, where 0 is
// the default.
func risk(c config.Risk) identity.RiskPolicy {
	count := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	p := identity.RiskPolicy{
		MediumFailures: count(c.MediumFailures), HighFailures: count(c.HighFailures), FactorFailures: count(c.FactorFailures),
		IgnoreNewDevices: c.NewDevice == "none",
	}
	if !p.IgnoreNewDevices {
		p.NewDevice = caep.RiskLevel(strings.ToUpper(c.NewDevice))
	}
	return p
}

// authorities returns the system's certificate authorities and those of a
// file.
func authorities(path string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return pool, nil
}

// offerSetup prints the link for the first administrator while there is none.
func offerSetup(ctx context.Context, db idp.DB, base string, out io.Writer) error {
	token, err := admin.Bootstrap(ctx, db)
	if err != nil || token == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "\n  There is no administrator yet. Create the first one at\n\n    %s/setup?token=%s\n\n"+
		"  The link works once, and until the next start.\n\n", base, token)
	return err
}
