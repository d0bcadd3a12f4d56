// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"time"

	"github.com/tocsin-id/tocsin/secevent"
)

// SigningKey is a key as an admin knows it: a name, an algorithm and its
// versions, of which one signs at a time.
type SigningKey struct {
	ID KeyID
	// Name is unique, 1 to 100 characters.
	Name      string
	Algorithm secevent.Algorithm
	CreatedAt time.Time
	// Versions are ordered by ActiveFrom, oldest first.
	Versions []KeyVersion
}

// KeyVersion is one private key of a signing key, published in JWK Sets under
// its KID from CreatedAt until RemovedAt.
type KeyVersion struct {
	// KID is the "kid" of the JWK and of the SETs that it signed.
	KID string
	// Public is the public key in PKIX DER.
	Public []byte
	// Private is the private key in PKCS #8 DER; the database seals it.
	Private Secret
	// CreatedAt is when the public key was first published.
	CreatedAt time.Time
	// ActiveFrom is when it begins to sign; the version before it stops then
	// and becomes a verification key.
	ActiveFrom time.Time
	// RemovedAt is when the public key left the JWK Sets; zero while it is
	// published. The private key is erased with it.
	RemovedAt time.Time
}

// Active returns the version that signs at now: the newest that is active and
// not removed.
func (k SigningKey) Active(now time.Time) (KeyVersion, bool) {
	for i := len(k.Versions) - 1; i >= 0; i-- {
		v := k.Versions[i]
		if v.RemovedAt.IsZero() && !v.ActiveFrom.After(now) {
			return v, true
		}
	}
	return KeyVersion{}, false
}

// Validate returns an *InvalidError for the first member that is wrong.
func (k SigningKey) Validate() error {
	if err := validateName("name", k.Name, 100); err != nil {
		return err
	}
	switch k.Algorithm {
	case secevent.RS256, secevent.PS256, secevent.ES256, secevent.ES384, secevent.EdDSA:
		return nil
	}
	return Invalid("algorithm", "must be RS256, PS256, ES256, ES384 or EdDSA")
}
