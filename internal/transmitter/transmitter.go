// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// The limits of the transmitter. They are answers to a Receiver that does not
// stop, not something that one which behaves comes near.
const (
	// MaxStreams is how many streams an application may have on a provider.
	MaxStreams = 100
	// MaxSubjects is how many subjects may be added to a stream, or removed
	// from one that begins with all.
	MaxSubjects = 100_000
	// MaxDescription is the number of characters after which a description
	// is cut (SSF §8.1.1).
	MaxDescription = 1000
	// MaxReason is the number of characters that the reason of a status may
	// have (SSF §8.1.2.2).
	MaxReason = 1000
	// MaxEvents is how many SETs one poll returns at most, whatever
	// maxEvents says (RFC 8936 §2.2).
	MaxEvents = 1000
	// MaxPolls is how many polls of one stream may be under way at once; most
	// of them only wait.
	MaxPolls = 100
)

// Tokens tells whose an access token is. The OpenID Provider implements it.
type Tokens interface {
	// Authenticate returns the record behind a live access token. The error
	// wraps idp.ErrNotFound or idp.ErrExpired when the token is no good.
	Authenticate(ctx context.Context, bearer string) (idp.AccessToken, error)
}

// Keys publishes signing keys. *signing.Keys implements it.
type Keys interface {
	// JWKS returns the JWK Set with every published version of a key.
	JWKS(ctx context.Context, id idp.KeyID) ([]byte, error)
}

// SETs signs deliveries and understands their jti. *signing.SETs implements
// it.
type SETs interface {
	// Sign returns the SET of a delivery and the "kid" of its signature.
	Sign(ctx context.Context, p idp.SSFProvider, s idp.Stream, d idp.Delivery) (kid, jws string, err error)
	// JTI is the "jti" of a delivery, and ParseJTI its inverse.
	JTI(num idp.StreamNum, seq int64) string
	ParseJTI(jti string) (num idp.StreamNum, seq int64, ok bool)
}

// Config is what a Transmitter needs.
type Config struct {
	// DB holds everything. Required.
	DB idp.DB
	// BaseURL is the URL of the program without a slash at its end: the
	// OIDC issuer, and the start of every SSF issuer. Required.
	BaseURL string
	// Tokens, Keys and SETs are required.
	Tokens Tokens
	Keys   Keys
	SETs   SETs
	// CheckEndpoint refuses a push endpoint that we would not connect to; the
	// text of its error is shown to the Receiver. It is called inside of
	// transactions, so it must not wait for the network. Nil allows every
	// absolute http and https URL.
	CheckEndpoint func(endpoint string) error
	// Wake is called after each commit that made deliveries of streams that
	// are pushed, logout tokens included, with these. Nil means that nobody pushes.
	Wake func([]idp.Delivery)
	// ClientAddress is the IP address that a request came from, for the audit
	// log; nil takes that of the connection.
	ClientAddress func(*http.Request) string
	// LongPoll is how long a poll waits for a SET, 30 seconds if zero. It
	// should be below the idle timeout of proxies (RFC 8936 §2.5).
	LongPoll time.Duration
	// KeepSignals is how long signals and attempts stay on record after their
	// last delivery was erased, 30 days if zero. The longest event retention
	// of a provider, or idp.LogoutRetention, counts when it is longer.
	KeepSignals time.Duration
	// Log gets one line per outcome; nil discards.
	Log *slog.Logger
}

// Transmitter is the SSF Transmitter of all SSF providers. It is safe for use
// by several goroutines.
type Transmitter struct {
	cfg     Config
	log     *slog.Logger
	waiters *waiters
	// closed ends the long polls when the program shuts down.
	closed    chan struct{}
	closeOnce sync.Once
}

// New returns a transmitter, or an error that names every bad member of c.
func New(c Config) (*Transmitter, error) {
	var errs []error
	if c.DB == nil || c.Tokens == nil || c.Keys == nil || c.SETs == nil {
		errs = append(errs, errors.New("DB, Tokens, Keys and SETs are required"))
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || strings.HasSuffix(c.BaseURL, "/") {
		errs = append(errs, fmt.Errorf("BaseURL %q: must be an absolute URL without a slash at its end", c.BaseURL))
	}
	if c.LongPoll < 0 || c.LongPoll > 10*time.Minute {
		errs = append(errs, errors.New("LongPoll: must be at most 10 minutes"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("transmitter: %w", err)
	}
	if c.CheckEndpoint == nil {
		c.CheckEndpoint = func(string) error { return nil }
	}
	if c.Wake == nil {
		c.Wake = func([]idp.Delivery) {}
	}
	if c.ClientAddress == nil {
		c.ClientAddress = peerAddress
	}
	if c.LongPoll == 0 {
		c.LongPoll = 30 * time.Second
	}
	if c.KeepSignals == 0 {
		c.KeepSignals = 30 * 24 * time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Transmitter{cfg: c, log: c.Log, waiters: newWaiters(), closed: make(chan struct{})}, nil
}

// Wake ends the wait of polls on the given streams. Call it after a commit
// that changed one of them other than through the HTTP API, such as an admin
// who enables or deletes it; new deliveries are told by FanOut itself.
func (t *Transmitter) Wake(nums ...idp.StreamNum) { t.waiters.wake(nums...) }

// Close ends the wait of all polls: they answer with what there is. It is safe
// to call more than once.
func (t *Transmitter) Close() { t.closeOnce.Do(func() { close(t.closed) }) }

// Issuer is the "iss" of a provider (SSF §7.1).
func (t *Transmitter) issuer(slug string) string { return issuer(t.cfg.BaseURL, slug) }

func issuer(base, slug string) string { return base + "/ssf/" + slug }
