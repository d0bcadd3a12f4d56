// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
)

// Algorithm is a signature algorithm by its JOSE name (RFC 7515 §4.1.1).
type Algorithm string

// The algorithms of this package, all with a public key. "none" and the
// algorithms with a shared secret have no place in a SET (RFC 8725 §3.1).
const (
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5 with SHA-256; what CAEP Interop demands
	PS256 Algorithm = "PS256" // RSASSA-PSS with SHA-256
	ES256 Algorithm = "ES256" // ECDSA on P-256 with SHA-256
	ES384 Algorithm = "ES384" // ECDSA on P-384 with SHA-384
	EdDSA Algorithm = "EdDSA" // Ed25519
)

// MinRSABits is the least size of an RSA key for signing and for verifying.
const MinRSABits = 2048

// Algorithms returns all algorithms of this package.
func Algorithms() []Algorithm { return []Algorithm{RS256, PS256, ES256, ES384, EdDSA} }

// hash returns the digest that is signed, or zero where the message is.
func (a Algorithm) hash() crypto.Hash {
	switch a {
	case RS256, PS256, ES256:
		return crypto.SHA256
	case ES384:
		return crypto.SHA384
	}
	return 0
}

// fits reports why a key cannot be used with the algorithm.
func (a Algorithm) fits(public crypto.PublicKey) error {
	switch a {
	case RS256, PS256:
		key, ok := public.(*rsa.PublicKey)
		if !ok {
			return fmt.Errorf("%s needs an RSA key, not %T", a, public)
		}
		if bits := key.N.BitLen(); bits < MinRSABits {
			return fmt.Errorf("%s needs an RSA key of at least %d bits, not %d", a, MinRSABits, bits)
		}
		return nil
	case ES256:
		return a.fitsCurve(public, elliptic.P256())
	case ES384:
		return a.fitsCurve(public, elliptic.P384())
	case EdDSA:
		if _, ok := public.(ed25519.PublicKey); !ok {
			return fmt.Errorf("%s needs an Ed25519 key, not %T", a, public)
		}
		return nil
	}
	return fmt.Errorf("algorithm %q is not supported; use one of %v", a, Algorithms())
}

func (a Algorithm) fitsCurve(public crypto.PublicKey, curve elliptic.Curve) error {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return fmt.Errorf("%s needs an ECDSA key, not %T", a, public)
	}
	if key.Curve != curve {
		return fmt.Errorf("%s needs a key on %s, not %s",
			a, curve.Params().Name, key.Curve.Params().Name)
	}
	return nil
}
