// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// The sizes of RSA keys that are made here, in bits. Imported ones may have
// other sizes from MinRSABits to MaxRSABits.
const (
	// DefaultRSABits is the size that Generate uses. A signature with 3072
	// bits takes three times as long.
	DefaultRSABits = 2048
	// MinRSABits is the least that SETs may be signed with (CAEP Interop
	// §2.6).
	MinRSABits = secevent.MinRSABits
	// MaxRSABits bounds what one signature may cost.
	MaxRSABits = 8192
)

// Generate makes a signing key with one version that signs from now on. RSA
// keys have DefaultRSABits. It takes up to a second and must not be called
// inside a transaction. The error is an *idp.InvalidError.
func Generate(name string, alg secevent.Algorithm) (idp.SigningKey, error) {
	return GenerateRSA(name, alg, DefaultRSABits)
}

// GenerateRSA is Generate with the size of an RSA key, 2048 or 3072 bits. The
// size means nothing to the other algorithms.
func GenerateRSA(name string, alg secevent.Algorithm, bits int) (idp.SigningKey, error) {
	key := idp.SigningKey{ID: idp.NewID[idp.KeyID](), Name: name, Algorithm: alg}
	if err := key.Validate(); err != nil {
		return idp.SigningKey{}, err
	}
	if bits != 2048 && bits != 3072 {
		return idp.SigningKey{}, idp.Invalid("rsa_bits", "must be 2048 or 3072, not %d", bits)
	}
	private, err := generate(alg, bits)
	if err != nil {
		return idp.SigningKey{}, err
	}
	return withFirstVersion(key, private)
}

// Next makes a version of the same algorithm and size as the newest one of
// key, for Rotate. It must not be called inside a transaction.
func Next(key idp.SigningKey) (idp.KeyVersion, error) {
	bits := DefaultRSABits
	if n := len(key.Versions); n > 0 {
		public, err := x509.ParsePKIXPublicKey(key.Versions[n-1].Public)
		if err != nil {
			return idp.KeyVersion{}, fmt.Errorf("signing key %s: %w", key.ID, err)
		}
		if r, ok := public.(*rsa.PublicKey); ok {
			bits = r.N.BitLen()
		}
	}
	private, err := generate(key.Algorithm, bits)
	if err != nil {
		return idp.KeyVersion{}, err
	}
	return newVersion(private)
}

// generate makes a private key that fits the algorithm.
func generate(alg secevent.Algorithm, rsaBits int) (crypto.Signer, error) {
	switch alg {
	case secevent.RS256, secevent.PS256:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case secevent.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case secevent.ES384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case secevent.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, idp.Invalid("algorithm", "must be RS256, PS256, ES256, ES384 or EdDSA, not %q", alg)
}

// withFirstVersion gives a new key its first version, which signs at once:
// nobody can have cached a JWK Set without it.
func withFirstVersion(key idp.SigningKey, private crypto.Signer) (idp.SigningKey, error) {
	version, err := newVersion(private)
	if err != nil {
		return idp.SigningKey{}, err
	}
	version.ActiveFrom = version.CreatedAt
	key.CreatedAt = version.CreatedAt
	key.Versions = []idp.KeyVersion{version}
	return key, nil
}

// newVersion wraps a private key. Its KID is the JWK thumbprint, so that the
// same key has the same name wherever it is imported.
func newVersion(private crypto.Signer) (idp.KeyVersion, error) {
	thumb, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return idp.KeyVersion{}, fmt.Errorf("thumbprint: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return idp.KeyVersion{}, fmt.Errorf("public key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return idp.KeyVersion{}, fmt.Errorf("private key: %w", err)
	}
	return idp.KeyVersion{
		KID:       base64.RawURLEncoding.EncodeToString(thumb),
		Public:    public,
		Private:   idp.NewSecret(string(der)),
		CreatedAt: time.Now().UTC().Truncate(time.Millisecond),
	}, nil
}
