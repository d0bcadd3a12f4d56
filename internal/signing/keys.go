// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

const (
	// JWKSMaxAge is the max-age for the Cache-Control header of a JWK Set. It
	// is far below the overlap of a rotation.
	JWKSMaxAge = 5 * time.Minute
	// cacheFor is how long a key is used before it is read again, which
	// bounds how late a change by another process is seen.
	cacheFor = 30 * time.Second
)

// Config is what Keys needs.
type Config struct {
	// DB holds the signing keys. Required.
	DB idp.DB
}

// Keys gives signers and JWK Sets, from memory where it can. It is safe for
// use by several goroutines.
type Keys struct {
	db idp.DB

	// mu guards cached. It is held across the read of a key, so that a
	// thousand deliveries that miss together read it once.
	mu     sync.Mutex
	cached map[idp.KeyID]*cachedKey
}

// New returns Keys.
func New(c Config) *Keys {
	return &Keys{db: c.DB, cached: make(map[idp.KeyID]*cachedKey)}
}

// cachedKey is a signing key, parsed. It does not change once it is made.
type cachedKey struct {
	readAt time.Time
	// signers are the versions with a private key, newest first.
	signers []signerFrom
	public  []jose.JSONWebKey
	jwks    []byte
}

// signerFrom is a signer and when it begins to sign.
type signerFrom struct {
	from   time.Time
	signer *secevent.Signer
}

// Signer returns the signer of the version that signs now. The error wraps
// idp.ErrNotFound when there is no such key.
func (k *Keys) Signer(ctx context.Context, id idp.KeyID) (*secevent.Signer, error) {
	key, err := k.key(ctx, id)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, s := range key.signers {
		if !s.from.After(now) {
			return s.signer, nil
		}
	}
	return nil, fmt.Errorf("signing key %s: no version is active yet: %w", id, idp.ErrNotFound)
}

// PublicKeys returns the public keys of all published versions, with the one
// that signs next: "kid", "alg" and "use" are set. The caller must not change
// them.
func (k *Keys) PublicKeys(ctx context.Context, id idp.KeyID) ([]jose.JSONWebKey, error) {
	key, err := k.key(ctx, id)
	if err != nil {
		return nil, err
	}
	return key.public, nil
}

// JWKS returns the JWK Set of PublicKeys (RFC 7517 §5). Serve it with
// JWKSMaxAge; the caller must not change it.
func (k *Keys) JWKS(ctx context.Context, id idp.KeyID) ([]byte, error) {
	key, err := k.key(ctx, id)
	if err != nil {
		return nil, err
	}
	return key.jwks, nil
}

// Forget drops a key from memory. Call it after a transaction that changed the
// key has committed.
func (k *Keys) Forget(id idp.KeyID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.cached, id)
}

// ForgetAll drops all keys from memory, for use after Sweep.
func (k *Keys) ForgetAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.cached)
}

func (k *Keys) key(ctx context.Context, id idp.KeyID) (*cachedKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.cached[id]; c != nil && time.Since(c.readAt) < cacheFor {
		return c, nil
	}
	var stored idp.SigningKey
	readAt := time.Now()
	err := k.db.View(ctx, func(tx idp.Tx) (err error) {
		stored, err = tx.SigningKey(id)
		return err
	})
	if errors.Is(err, idp.ErrNotFound) {
		delete(k.cached, id)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", id, err)
	}
	c, err := parseKey(stored)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", id, err)
	}
	c.readAt = readAt
	k.cached[id] = c
	return c, nil
}

// parseKey makes signers and public keys of all versions that are published.
func parseKey(key idp.SigningKey) (*cachedKey, error) {
	c := &cachedKey{public: []jose.JSONWebKey{}}
	for i := len(key.Versions) - 1; i >= 0; i-- {
		v := key.Versions[i]
		if !v.RemovedAt.IsZero() {
			continue
		}
		public, err := PublicJWK(key.Algorithm, v)
		if err != nil {
			return nil, err
		}
		c.public = append(c.public, public)
		signer, err := newSigner(key.Algorithm, v)
		if err != nil {
			return nil, err
		}
		c.signers = append(c.signers, signerFrom{from: v.ActiveFrom, signer: signer})
	}
	var err error
	c.jwks, err = json.Marshal(jose.JSONWebKeySet{Keys: c.public})
	return c, err
}

// PublicJWK returns the public key of a version as it is published.
func PublicJWK(alg secevent.Algorithm, v idp.KeyVersion) (jose.JSONWebKey, error) {
	public, err := x509.ParsePKIXPublicKey(v.Public)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("version %s: %w", v.KID, err)
	}
	return jose.JSONWebKey{Key: public, KeyID: v.KID, Algorithm: string(alg), Use: "sig"}, nil
}

func newSigner(alg secevent.Algorithm, v idp.KeyVersion) (*secevent.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey([]byte(v.Private.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("version %s: private key: %w", v.KID, err)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("version %s: private key cannot sign", v.KID)
	}
	signer, err := secevent.NewSigner(private, v.KID, alg)
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", v.KID, err)
	}
	return signer, nil
}
