// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// KeysConfig configures Keys.
type KeysConfig struct {
	// URL is the jwks_uri of the Transmitter's metadata. Required.
	URL string

	// HTTP is the client to fetch with; nil is a plain one.
	HTTP *http.Client

	// MaxAge is how long fetched keys are used without asking again; 0 is an
	// hour. A shorter max-age of the Transmitter is honoured.
	MaxAge time.Duration

	// MinInterval is the least time between two fetches, whatever key ids
	// SETs carry; 0 is a minute. Without it a stranger could make us hammer
	// the Transmitter with made-up ids.
	MinInterval time.Duration
}

// maxStale is how long keys are used if they cannot be fetched again.
const maxStale = 24 * time.Hour

// Keys is a secevent.KeySource that fetches a JWK Set, keeps it, and fetches
// it again when a SET names a key that is not in it. It is safe for
// concurrent use; at most one fetch is under way at a time.
type Keys struct {
	cfg  KeysConfig
	http *http.Client

	// turn holds one token, which guards the fields below and is held during
	// a fetch. A channel and not a mutex, so that waiting ends with the
	// caller's context.
	turn    chan struct{}
	keys    secevent.KeySet
	fetched time.Time // of keys
	maxAge  time.Duration
	tried   time.Time
	lastErr error // of the last try
}

// NewKeys returns a key source. It fetches nothing yet.
func NewKeys(cfg KeysConfig) (*Keys, error) {
	if cfg.URL == "" {
		return nil, errors.New("keys: URL is required; the Transmitter's metadata may lack jwks_uri")
	}
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = time.Hour
	}
	if cfg.MinInterval <= 0 {
		cfg.MinInterval = time.Minute
	}
	return &Keys{cfg: cfg, http: httpClient(cfg.HTTP), turn: make(chan struct{}, 1)}, nil
}

// NewVerifier returns a verifier for the SETs of a Transmitter: its issuer,
// its keys, all algorithms of secevent. The audience is what the Receiver
// expects, which is agreed out of band (SSF §8.1.1).
func NewVerifier(m *ssf.Metadata, audience secevent.Audience, client *http.Client) (*secevent.Verifier, error) {
	if len(audience) == 0 {
		return nil, errors.New("verifier: the audience is required, or SETs for other Receivers would be accepted")
	}
	keys, err := NewKeys(KeysConfig{URL: m.JWKSURI, HTTP: client})
	if err != nil {
		return nil, fmt.Errorf("transmitter %s: %w", m.Issuer, err)
	}
	return &secevent.Verifier{Issuer: m.Issuer, Audience: audience, Keys: keys}, nil
}

// Keys returns the keys with the given id, or all keys for "". It is an error
// if there are none to look at, because the Transmitter cannot be reached; a
// SET is then not to be rejected but left for later.
func (k *Keys) Keys(ctx context.Context, keyID string) ([]secevent.Key, error) {
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-k.turn }()

	found, err := k.keys.Keys(ctx, keyID)
	age := time.Since(k.fetched)
	if err == nil && len(found) > 0 && age < k.maxAge {
		return found, nil
	}
	if k.tried.IsZero() || time.Since(k.tried) >= k.cfg.MinInterval {
		if err := k.refresh(ctx); err == nil {
			return k.keys.Keys(ctx, keyID)
		}
	}
	// A key that we do not know while the Transmitter cannot be asked may be
	// a new one: that is no reason to reject the SET.
	if k.fetched.IsZero() || age > maxStale || (len(found) == 0 && k.lastErr != nil) {
		return nil, fmt.Errorf("keys at %s: %w", k.cfg.URL, k.lastErr)
	}
	return found, nil
}

// refresh fetches the keys and replaces those we had: what the Transmitter no
// longer publishes is no longer accepted.
func (k *Keys) refresh(ctx context.Context) error {
	a, err := fetch(ctx, k.http, k.cfg.URL)
	var keys secevent.KeySet
	if err == nil {
		keys, err = secevent.ParseJWKS(a.body)
	}
	k.lastErr = err
	if err != nil && ctx.Err() != nil {
		return err // the caller left; that says nothing about the Transmitter
	}
	k.tried = time.Now()
	if err != nil {
		return err
	}
	k.keys, k.fetched = keys, k.tried
	k.maxAge = max(k.cfg.MinInterval, min(k.cfg.MaxAge, maxAge(a.header, k.cfg.MaxAge)))
	return nil
}

// maxAge reads max-age of Cache-Control, or returns otherwise.
func maxAge(h http.Header, otherwise time.Duration) time.Duration {
	for directive := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	return otherwise
}
