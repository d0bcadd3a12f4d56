// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package config reads the configuration of tocsin serve.
//
// There is one struct. A field's doc tag is its manual; `tocsin config` prints
// them as a commented file. Each field can also be given as an environment
// variable and as a flag, named by one rule: tls.certificate is
// TOCSIN_TLS_CERTIFICATE and --tls-certificate. Flags win over the
// environment, the environment over the file, the file over the defaults.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the whole configuration. The doc tags say what each field means,
// its unit and its bounds; Default has the values of fields that are left out.
type Config struct {
	// BaseURL is the public URL and the OpenID issuer.
	BaseURL string `koanf:"base_url" doc:"The URL under which browsers and applications reach Tocsin, without a path and without a slash at its end. It is the issuer in every token, so it must not change later. Required; https unless the host is a loopback address."`
	// Listen is the address of the listener.
	Listen string `koanf:"listen" doc:"The address to listen on, as host:port."`
	// Data is the folder of the database and the sealing key.
	Data string `koanf:"data" doc:"The folder that holds the database (tocsin.db) and the key that seals secrets in it (tocsin.key). Back up both; keep them apart. A first start creates both; a start that finds only one of them stops."`
	// TrustedProxies are peers whose X-Forwarded-For counts.
	TrustedProxies []string `koanf:"trusted_proxies" doc:"Addresses or networks of the reverse proxies whose X-Forwarded-For header is believed. Empty believes nobody."`

	TLS      TLS      `koanf:"tls"`
	Outbound Outbound `koanf:"outbound"`
	Mail     Mail     `koanf:"mail"`
	Sessions Sessions `koanf:"sessions"`
	Risk     Risk     `koanf:"risk"`
	Metrics  Metrics  `koanf:"metrics"`
	Log      Log      `koanf:"log"`
}

// TLS is how the listener is protected.
type TLS struct {
	Certificate string `koanf:"certificate" doc:"A PEM file with the certificate and its chain. Empty serves plain HTTP, for a reverse proxy on the same machine or network."`
	Key         string `koanf:"key" doc:"The PEM file with the certificate's private key."`
}

// Outbound says where requests to push endpoints may go.
type Outbound struct {
	AllowNetworks []string `koanf:"allow_networks" doc:"Networks that push endpoints may be in although they are not public, such as 10.1.0.0/16. Loopback, private, link-local and other special addresses are refused otherwise."`
	AllowHTTP     bool     `koanf:"allow_http" doc:"Lets push endpoints use http. SETs then cross the network unencrypted; only for tests."`
	Ports         []string `koanf:"ports" doc:"The ports that push endpoints may be on. Empty means 443, and 80 with allow_http: other services of a host are then out of reach."`
	CAFile        string   `koanf:"ca_file" doc:"A PEM file with further certificate authorities for push endpoints and the mail server."`
}

// Mail is the mail server. Without one there is neither recovery nor
// invitation by mail.
type Mail struct {
	Host     string `koanf:"host" doc:"The name of the mail server that takes Tocsin's mails, as in its certificate. Empty sends no mails: users cannot recover their account by mail, and an invitation is a link that the administrator passes on."`
	Port     int    `koanf:"port" doc:"The mail server's port: 587 goes with starttls, 465 with tls."`
	TLS      string `koanf:"tls" doc:"starttls, tls or none. None is for a mail server on the same machine and does not go with a user."`
	User     string `koanf:"user" doc:"The user name at the mail server. Empty does not sign in."`
	Password string `koanf:"password" doc:"The password at the mail server. The environment is a better place for it than this file."`
	From     string `koanf:"from" doc:"The sender of all mails, such as Tocsin <tocsin@example.com>. Required with a host."`
}

// Sessions bounds the sessions of users.
type Sessions struct {
	Idle     time.Duration `koanf:"idle" doc:"How long a session lasts without being used, 5m to 720h."`
	Absolute time.Duration `koanf:"absolute" doc:"How long a session lasts at most, 5m to 8760h."`
}

// Risk says what applications are told of as a risk.
type Risk struct {
	MediumFailures int    `koanf:"medium_failures" doc:"How many sign-ins in a row have to fail for one account until applications that ask for it learn of a medium risk, 0 to 10000; 0 never tells."`
	HighFailures   int    `koanf:"high_failures" doc:"The same for a high risk; more than medium_failures, unless it is 0."`
	FactorFailures int    `koanf:"factor_failures" doc:"How many second factors in a row have to fail until there is a high risk, 0 to 10000; 0 never tells. Whoever fails there knows the password."`
	NewDevice      string `koanf:"new_device" doc:"The risk of a sign-in in a browser that the user never signed in with, while there are others: low, medium, high or none."`
}

// Metrics says who may read /metrics.
type Metrics struct {
	Public bool `koanf:"public" doc:"Serves /metrics to everybody. Otherwise it asks for an API token."`
}

// Log is how the program logs.
type Log struct {
	Level  string `koanf:"level" doc:"debug, info, warn or error. At debug each acknowledged SET has a line."`
	Format string `koanf:"format" doc:"json, text, or auto: text on a terminal and json elsewhere."`
}

// Default returns the configuration of fields that are left out.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		Data:     "data",
		Mail:     Mail{Port: 587, TLS: "starttls"},
		Risk:     Risk{MediumFailures: 10, HighFailures: 50, FactorFailures: 5, NewDevice: "medium"},
		Sessions: Sessions{Idle: 12 * time.Hour, Absolute: 720 * time.Hour},
		Log:      Log{Level: "info", Format: "auto"},
	}
}

// Validate returns all that is wrong, each with the field and the fix.
func (c Config) Validate() error {
	var errs []error
	fail := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
	}
	if _, err := c.Base(); err != nil {
		errs = append(errs, err)
	}
	if c.Listen == "" {
		fail("listen", "must be an address such as 127.0.0.1:8080")
	}
	if c.Data == "" {
		fail("data", "must name a folder")
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		fail("tls", "certificate and key belong together; one of them is missing")
	}
	if _, err := Networks("trusted_proxies", c.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	if _, err := Networks("outbound.allow_networks", c.Outbound.AllowNetworks); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, c.Mail.validate(), c.Risk.validate())
	if _, err := c.Outbound.PortNumbers(); err != nil {
		errs = append(errs, err)
	}
	if c.Sessions.Idle < 5*time.Minute || c.Sessions.Idle > 720*time.Hour {
		fail("sessions.idle", "must be 5m to 720h, not %v", c.Sessions.Idle)
	}
	if c.Sessions.Absolute < 5*time.Minute || c.Sessions.Absolute > 8760*time.Hour {
		fail("sessions.absolute", "must be 5m to 8760h, not %v", c.Sessions.Absolute)
	}
	if _, err := c.Log.SlogLevel(); err != nil {
		errs = append(errs, err)
	}
	if f := c.Log.Format; f != "json" && f != "text" && f != "auto" {
		fail("log.format", "must be json, text or auto, not %q", f)
	}
	return errors.Join(errs...)
}

// validate returns all that is wrong with the section.
func (m Mail) validate() error {
	var errs []error
	fail := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("mail.%s: %s", field, fmt.Sprintf(format, args...)))
	}
	if m.Port < 1 || m.Port > 65535 {
		fail("port", "must be 1 to 65535, not %d", m.Port)
	}
	if m.TLS != "starttls" && m.TLS != "tls" && m.TLS != "none" {
		fail("tls", "must be starttls, tls or none, not %q", m.TLS)
	}
	if m.TLS == "none" && m.User != "" {
		fail("tls", "must be starttls or tls with a user: the password would travel unencrypted")
	}
	if (m.User == "") != (m.Password == "") {
		fail("user", "user and password belong together; one of them is missing")
	}
	if m.Host == "" {
		if m.From != "" || m.User != "" {
			fail("host", "must name the mail server; without it no mails are sent")
		}
		return errors.Join(errs...)
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		fail("from", "must be an address such as Tocsin <tocsin@example.com>, not %q", m.From)
	}
	return errors.Join(errs...)
}

// validate returns all that is wrong with the section.
func (r Risk) validate() error {
	var errs []error
	for _, n := range []struct {
		field string
		value int
	}{{"medium_failures", r.MediumFailures}, {"high_failures", r.HighFailures}, {"factor_failures", r.FactorFailures}} {
		if n.value < 0 || n.value > 10_000 {
			errs = append(errs, fmt.Errorf("risk.%s: must be 0 to 10000, not %d", n.field, n.value))
		}
	}
	if r.HighFailures != 0 && r.HighFailures <= r.MediumFailures {
		errs = append(errs, fmt.Errorf("risk.high_failures: must be more than medium_failures, which are %d", r.MediumFailures))
	}
	if !slices.Contains([]string{"low", "medium", "high", "none"}, r.NewDevice) {
		errs = append(errs, fmt.Errorf("risk.new_device: must be low, medium, high or none, not %q", r.NewDevice))
	}
	return errors.Join(errs...)
}

// Base parses BaseURL.
func (c Config) Base() (*url.URL, error) {
	if c.BaseURL == "" {
		return nil, errors.New("base_url: is required, such as https://id.example.com")
	}
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("base_url: must be a URL such as https://id.example.com, not %q", c.BaseURL)
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("base_url: must end after the host, without a slash; %q does not", c.BaseURL)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("base_url: must be https, for passwords and tokens travel over it; %q is not", c.BaseURL)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Networks parses addresses and networks of the named field.
func Networks(field string, values []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, v := range values {
		if a, err := netip.ParseAddr(v); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is neither an address nor a network such as 10.0.0.0/8", field, v)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// PortNumbers parses Ports.
func (o Outbound) PortNumbers() ([]uint16, error) {
	var ports []uint16
	for _, p := range o.Ports {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("outbound.ports: must be numbers from 1 to 65535, %q is not", p)
		}
		ports = append(ports, uint16(n))
	}
	return ports, nil
}

// SlogLevel parses Level.
func (l Log) SlogLevel() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(l.Level))); err != nil {
		return 0, fmt.Errorf("log.level: must be debug, info, warn or error, not %q", l.Level)
	}
	return level, nil
}
