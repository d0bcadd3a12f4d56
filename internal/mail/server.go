// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Security says how the connection to the mail server is protected.
type Security string

// The ways.
const (
	// StartTLS begins in the clear and does not go on without TLS.
	StartTLS Security = "starttls"
	// TLS begins with TLS.
	TLS Security = "tls"
	// Plain has no protection; for a mail server on the same machine.
	Plain Security = "none"
)

// stepTimeout bounds the connection and each mail over it.
const stepTimeout = 20 * time.Second

// Server is the mail server that takes our mails.
type Server struct {
	// Host is its name or address. Its certificate has to be for that.
	Host string
	// Port is 1 to 65535.
	Port int
	// Security is how the connection is protected.
	Security Security
	// User and Password sign in to it; an empty User does not sign in. Plain
	// does not go with a password.
	User     string
	Password idp.Secret
	// From is the sender of all mails: an address, with or without a name
	// before it.
	From string
	// RootCAs vouch for the server; nil means the system's.
	RootCAs *x509.CertPool
}

// check returns an error that names what is wrong with the server.
func (s Server) check() (from *mail.Address, err error) {
	from, err = mail.ParseAddress(s.From)
	switch {
	case err != nil:
		return nil, fmt.Errorf("mail: from: %q is no address: %w", s.From, err)
	case s.Security != StartTLS && s.Security != TLS && s.Security != Plain:
		return nil, fmt.Errorf("mail: tls: must be starttls, tls or none, not %q", s.Security)
	case s.Security == Plain && s.User != "":
		return nil, errors.New("mail: user: the password would cross the network unencrypted; use starttls or tls")
	}
	_, err = gomail.NewClient(s.Host, s.options((&net.Dialer{}).DialContext)...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s:%d: %w", s.Host, s.Port, err)
	}
	return from, nil
}

// options are those of a client that dials by dial.
func (s Server) options(dial gomail.DialContextFunc) []gomail.Option {
	policy := gomail.NoTLS
	if s.Security == StartTLS {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(stepTimeout), gomail.WithTLSPolicy(policy),
		gomail.WithTLSConfig(s.tls()), gomail.WithDialContextFunc(dial),
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256,
				gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

func (s Server) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.Host, RootCAs: s.RootCAs}
}

// line is one connection to the server.
type line struct {
	client *gomail.Client
	smtp   *smtp.Client
	// raw is closed at the end whatever became of the dialogue: the library
	// leaves it open when the greeting fails.
	raw net.Conn
}

// call connects and signs in.
func (s Server) call(ctx context.Context) (*line, error) {
	l := &line{}
	dial := func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		if l.raw, err = (&net.Dialer{}).DialContext(ctx, network, address); err != nil {
			return nil, err
		}
		if s.Security != TLS {
			return l.raw, nil
		}
		secure := tls.Client(l.raw, s.tls())
		return secure, secure.HandshakeContext(ctx)
	}
	var err error
	if l.client, err = gomail.NewClient(s.Host, s.options(dial)...); err != nil {
		return nil, err
	}
	if l.smtp, err = l.client.DialToSMTPClientWithContext(ctx); err != nil {
		if l.raw != nil {
			l.raw.Close()
		}
		return nil, err
	}
	return l, nil
}

// hangUp ends the connection.
func (l *line) hangUp() {
	l.client.CloseWithSMTPClient(l.smtp)
	l.raw.Close()
}
