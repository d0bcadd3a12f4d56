// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// OpenID is what the pages need of the OpenID Provider; *oidc.Provider is one.
type OpenID interface {
	// Resume says what has to happen next with an authorization request.
	Resume(ctx context.Context, requestID string, session *idp.Session) (oidc.Step, error)
	// Consent is Resume after the user said yes.
	Consent(ctx context.Context, requestID string, session *idp.Session) (oidc.Step, error)
	// Deny ends the request and returns where to send the browser.
	Deny(ctx context.Context, requestID string) (string, error)
}

// Config is what a Site needs.
type Config struct {
	// DB holds users and sessions. Required.
	DB idp.DB
	// Passwords verifies and hashes. Required.
	Passwords *identity.Passwords
	// Sessions says how long sessions live; the zero policy is the usual one.
	Sessions identity.SessionPolicy
	// Risk says which sign-ins and failures are a risk; the zero policy is the
	// usual one.
	Risk identity.RiskPolicy
	// Passkeys runs their ceremonies; nil has none.
	Passkeys *identity.Passkeys
	// OIDC continues sign-ins that applications asked for. Required.
	OIDC OpenID
	// Base is the URL that browsers use. Its scheme decides whether cookies
	// are Secure. Required.
	Base *url.URL
	// Mails says that mails are sent, so that people can recover their account.
	Mails bool
	// ClientAddress returns the address a request comes from, without port.
	// Nil takes that of the connection, which is the proxy's behind a proxy.
	ClientAddress func(*http.Request) string
	// RequestID returns what the log calls a request; it is shown on error
	// pages. Nil shows none.
	RequestID func(*http.Request) string
	// Log gets one line for each outcome. Nil discards them.
	Log *slog.Logger
}

// Site serves the pages. It is safe for use by several goroutines.
type Site struct {
	db        idp.DB
	passwords *identity.Passwords
	passkeys  *identity.Passkeys
	sessions  identity.SessionPolicy
	risk      identity.RiskPolicy
	oidc      OpenID
	address   func(*http.Request) string
	requestID func(*http.Request) string
	base      *url.URL
	mails     bool
	log       *slog.Logger
	assets    *assets
	cookies   cookies
	policy    string
	crossSite *http.CrossOriginProtection
	// ceremonies carry what takes two requests.
	ceremonies ceremonies
	routes     []Route
}

// New returns a Site, or everything that is wrong with the configuration.
func New(c Config) (*Site, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	secure := c.Base.Scheme == "https"
	s := &Site{
		db: c.DB, passwords: c.Passwords, passkeys: c.Passkeys, sessions: c.Sessions, risk: c.Risk,
		oidc: c.OIDC, address: c.ClientAddress,
		requestID: c.RequestID, log: c.Log, base: c.Base, mails: c.Mails,
		assets:     files,
		cookies:    cookies{secure: secure},
		policy:     contentPolicy(secure),
		crossSite:  http.NewCrossOriginProtection(),
		ceremonies: newCeremonies(),
	}
	if s.address == nil {
		s.address = peer
	}
	if s.requestID == nil {
		s.requestID = func(*http.Request) string { return "" }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	// Behind a proxy that changes Host, our own pages would look foreign.
	if err := s.crossSite.AddTrustedOrigin(c.Base.Scheme + "://" + c.Base.Host); err != nil {
		return nil, fmt.Errorf("web: Base: %w", err)
	}
	s.crossSite.SetDenyHandler(http.HandlerFunc(s.serveCrossSite))
	s.routes = s.table()
	return s, nil
}

func (c Config) check() error {
	var errs []error
	if c.DB == nil {
		errs = append(errs, errors.New("web: DB is nil"))
	}
	if c.Passwords == nil {
		errs = append(errs, errors.New("web: Passwords is nil"))
	}
	if err := c.Risk.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("web: Risk: %w", err))
	}
	if c.OIDC == nil {
		errs = append(errs, errors.New("web: OIDC is nil"))
	}
	if c.Base == nil || c.Base.Host == "" || (c.Base.Scheme != "https" && c.Base.Scheme != "http") {
		errs = append(errs, errors.New("web: Base must be an http or https URL with a host"))
	}
	return errors.Join(errs...)
}

// Access says who may use a route.
type Access string

// The kinds of access. A stranger at a route that is ForUsers is sent to the
// sign-in page, or gets 403 when the request would change something.
const (
	ForEveryone Access = "everyone"
	ForUsers    Access = "users"
)

// Route is one page or form.
type Route struct {
	Method string
	Path   string
	Access Access

	serve func(*visit) error
}

// Routes returns all routes, for a test of who may do what.
func (s *Site) Routes() []Route { return slices.Clone(s.routes) }

func (s *Site) table() []Route {
	return []Route{
		{"GET", "/", ForUsers, s.servePortal},
		{"GET", "/sign-in", ForEveryone, s.serveSignIn},
		{"POST", "/sign-in", ForEveryone, s.signIn},
		{"POST", "/sign-in/passkey", ForEveryone, s.signInWithPasskey},
		{"GET", factorPath, ForEveryone, s.serveSecondStep},
		{"POST", factorPath, ForEveryone, s.takeSecondStep},
		{"GET", newPasswordPath, ForEveryone, s.serveNewPassword},
		{"POST", newPasswordPath, ForEveryone, s.takeNewPassword},
		{"GET", "/consent", ForUsers, s.serveConsent},
		{"POST", "/consent", ForUsers, s.answerConsent},
		{"GET", "/sign-out", ForEveryone, s.serveSignOut},
		{"POST", "/sign-out", ForEveryone, s.signOut},
		{"GET", "/account", ForUsers, s.serveProfile},
		{"GET", profilePath, ForUsers, s.serveProfileForm},
		{"POST", profilePath, ForUsers, s.changeProfile},
		{"POST", againPath, ForUsers, s.goAgain},
		{"GET", "/account/password", ForUsers, s.servePassword},
		{"POST", "/account/password", ForUsers, s.changePassword},
		{"GET", "/account/factors", ForUsers, s.serveFactors},
		{"GET", "/account/factors/edit", ForUsers, s.serveFactorForm},
		{"POST", "/account/factors/rename", ForUsers, s.renameFactor},
		{"POST", "/account/factors/remove", ForUsers, s.removeFactor},
		{"GET", "/account/factors/app", ForUsers, s.serveAppForm},
		{"POST", "/account/factors/app", ForUsers, s.addApp},
		{"GET", passkeyPath, ForUsers, s.servePasskeyForm},
		{"POST", passkeyPath, ForUsers, s.addPasskey},
		{"POST", "/account/factors/codes", ForUsers, s.makeCodes},
		{"POST", "/account/factors/codes/remove", ForUsers, s.removeCodes},
		{"GET", "/account/sessions", ForUsers, s.serveSessions},
		{"GET", "/account/sessions/receipts", ForUsers, s.serveReceipts},
		{"POST", "/account/sessions/end", ForUsers, s.endSession},
		{"POST", "/account/sessions/end-all", ForUsers, s.endSessions},
		{"GET", recoverPath, ForEveryone, s.serveRecover},
		{"POST", recoverPath, ForEveryone, s.startRecovery},
		{"POST", recoverPath + "/password", ForEveryone, s.useTicket},
		{"GET", welcomePath, ForEveryone, s.serveTicket},
		{"POST", welcomePath, ForEveryone, s.useTicket},
		{"POST", "/password-strength", ForEveryone, s.serveStrength},
		{"GET", "/setup", ForEveryone, s.serveSetup},
		{"POST", "/setup", ForEveryone, s.createAdmin},
	}
}

// Mount adds the pages and their assets to a router. Paths that are not ours
// stay as they are; a router that has no others can use NotFound.
func (s *Site) Mount(r chi.Router) {
	for path, methods := range s.byPath() {
		r.Handle(path, s.guard(methods))
	}
	r.Handle("/assets/*", s.assets)
}

func (s *Site) byPath() map[string]methods {
	paths := map[string]methods{}
	for _, route := range s.routes {
		if paths[route.Path] == nil {
			paths[route.Path] = methods{}
		}
		paths[route.Path][route.Method] = route
	}
	return paths
}

// methods is what one path answers.
type methods map[string]Route

// allow is the value of the Allow header (RFC 9110 §10.2.1).
func (m methods) allow() string {
	names := slices.Collect(maps.Keys(m))
	if _, ok := m["GET"]; ok {
		names = append(names, "HEAD")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// peer is the address of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
