// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// Keys signs ID tokens and publishes the keys that verify them.
type Keys interface {
	// Signer returns the version of the key that signs now.
	Signer(ctx context.Context, key idp.KeyID) (*secevent.Signer, error)
	// JWKS returns the JWK Set with all published versions.
	JWKS(ctx context.Context, key idp.KeyID) ([]byte, error)
	// PublicKeys returns the same keys to verify with.
	PublicKeys(ctx context.Context, key idp.KeyID) ([]jose.JSONWebKey, error)
}

// Config is what a provider needs.
type Config struct {
	// DB holds applications, users, sessions and tokens. Required.
	DB idp.DB
	// Keys signs with SigningKey. Required.
	Keys Keys
	// SigningKey signs ID tokens. Required. Relying parties that take the
	// default of OpenID Connect expect RS256.
	SigningKey idp.KeyID
	// Base is the issuer: scheme and host, no path. Required.
	Base *url.URL
	// AllowInsecure accepts a base URL with http, for development.
	AllowInsecure bool
	// SSFIssuer returns the issuer of the SSF provider with a slug: the
	// audience of tokens that manage streams. Required.
	SSFIssuer func(slug string) string
	// ErrorPage shows a browser an error that must not be sent to the
	// application, such as an unknown redirect URI. It writes e.Status(). Nil
	// shows plain text.
	ErrorPage func(w http.ResponseWriter, r *http.Request, e *Error)
	// Log gets one line for each outcome. Nil discards them.
	Log *slog.Logger
}

// Provider is an OpenID Provider. Its methods may be called concurrently.
type Provider struct {
	db         idp.DB
	keys       Keys
	signingKey idp.KeyID
	issuer     string
	ssfIssuer  func(string) string
	errorPage  func(http.ResponseWriter, *http.Request, *Error)
	log        *slog.Logger
}

// New returns a provider, or everything that is wrong with the configuration.
func New(c Config) (*Provider, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Provider{
		db:         c.DB,
		keys:       c.Keys,
		signingKey: c.SigningKey,
		issuer:     c.Base.Scheme + "://" + c.Base.Host,
		ssfIssuer:  c.SSFIssuer,
		errorPage:  c.ErrorPage,
		log:        c.Log,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.errorPage == nil {
		p.errorPage = func(w http.ResponseWriter, _ *http.Request, e *Error) {
			http.Error(w, e.Description, e.Status())
		}
	}
	return p, nil
}

func (c Config) check() error {
	var errs []error
	if c.DB == nil {
		errs = append(errs, errors.New("oidc: DB is nil"))
	}
	if c.Keys == nil || c.SigningKey == "" {
		errs = append(errs, errors.New("oidc: Keys and SigningKey are required to sign ID tokens"))
	}
	if c.SSFIssuer == nil {
		errs = append(errs, errors.New("oidc: SSFIssuer is nil"))
	}
	switch {
	case c.Base == nil:
		errs = append(errs, errors.New("oidc: Base is nil"))
	case c.Base.Host == "" || strings.Trim(c.Base.Path, "/") != "" || c.Base.RawQuery != "" || c.Base.Fragment != "" || c.Base.User != nil:
		errs = append(errs, errors.New("oidc: Base must be a scheme and a host, such as https://id.example.com"))
	case c.Base.Scheme != "https" && (c.Base.Scheme != "http" || !c.AllowInsecure):
		errs = append(errs, errors.New("oidc: Base must be https; http needs AllowInsecure"))
	}
	return errors.Join(errs...)
}

// Issuer is the "iss" of ID tokens and authorization responses.
func (p *Provider) Issuer() string { return p.issuer }

// update runs fn in a transaction. An *Error that fn returns is an answer to
// the client, not a failure: what fn wrote before, such as the revocation of
// tokens because a code was used twice, is committed.
func (p *Provider) update(ctx context.Context, fn func(idp.Tx) error) error {
	var answer *Error
	err := p.db.Update(ctx, func(tx idp.Tx) error {
		err := fn(tx)
		if errors.As(err, &answer) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if answer != nil {
		return answer
	}
	return nil
}
