// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Key is a public key by which signatures are verified.
type Key struct {
	// ID is the "kid". A key without one is a candidate for any "kid".
	ID string

	// Algorithm is the only algorithm that the key may be used with, or ""
	// for any that fits it.
	Algorithm Algorithm

	// Public is an *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey.
	Public crypto.PublicKey
}

// accepts reports why the key cannot verify a signature with alg.
func (k Key) accepts(alg Algorithm) error {
	if k.Algorithm != "" && k.Algorithm != alg {
		return fmt.Errorf("key %q is for %s, not for %s", k.ID, k.Algorithm, alg)
	}
	return alg.fits(k.Public)
}

// KeySource finds the keys of one issuer, and of no other (RFC 8725 §3.8).
type KeySource interface {
	// Keys returns the keys with the given id and those without an id, or all
	// keys if the given id is empty. None is not an error: an error means that the keys could not be had at
	// the moment, and that the SET may be good.
	Keys(ctx context.Context, keyID string) ([]Key, error)
}

// KeySet is a [KeySource] that does not change.
type KeySet []Key

// Keys returns the keys that may be meant by the given id.
func (s KeySet) Keys(_ context.Context, keyID string) ([]Key, error) {
	var found []Key
	for _, key := range s {
		if keyID == "" || key.ID == "" || key.ID == keyID {
			found = append(found, key)
		}
	}
	return found, nil
}

// JWKS encodes keys as a JWK Set for "jwks_uri" (RFC 7517 §5, SSF §7.1). Each
// key has a type, an id, an algorithm and the use "sig". It refuses a key
// without an id or an algorithm, and one that is not public.
func JWKS(keys ...Key) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range keys {
		if key.ID == "" {
			return nil, errors.New("JWK Set: a key has no id")
		}
		if err := key.Algorithm.fits(key.Public); err != nil {
			return nil, fmt.Errorf("JWK Set: key %q: %w", key.ID, err)
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key:       key.Public,
			KeyID:     key.ID,
			Algorithm: string(key.Algorithm),
			Use:       "sig",
		})
	}
	return json.Marshal(set)
}

// ParseJWKS reads a JWK Set. It passes over keys that cannot verify a SET:
// those for encryption, with a secret part, of unknown types or too short (RFC
// 7517 §5). An error means that the document is not a JWK Set.
func ParseJWKS(data []byte) (KeySet, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("JWK Set: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New(`JWK Set: "keys" is missing`)
	}
	var keys KeySet
	for _, raw := range *set.Keys {
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(raw); err != nil || !jwk.Valid() {
			continue
		}
		if jwk.Use != "" && jwk.Use != "sig" {
			continue
		}
		key := Key{ID: jwk.KeyID, Algorithm: Algorithm(jwk.Algorithm), Public: jwk.Key}
		if key.usable() {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// usable reports whether the key fits an algorithm of this package.
func (k Key) usable() bool {
	for _, alg := range Algorithms() {
		if k.accepts(alg) == nil {
			return true
		}
	}
	return false
}
