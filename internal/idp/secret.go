// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
)

// redacted is what a secret shows to logs, JSON and format verbs.
const redacted = "[redacted]"

// Secret is a value that must not be printed. It shows as [redacted] wherever
// it is formatted, logged or marshalled; Reveal gives the value itself. A
// database seals it.
type Secret struct{ value string }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value. Call it only where the value is used.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.value), []byte(other.value)) == 1
}

// String returns [redacted].
func (s Secret) String() string { return redacted }

// GoString returns [redacted].
func (s Secret) GoString() string { return redacted }

// MarshalText returns [redacted], which also serves JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns [redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Hash is the SHA-256 of a random token. It is what the database keeps of a
// cookie, code or token: the tokens have 256 random bits, so a fast hash is
// enough and lookups can use an index.
type Hash [sha256.Size]byte

// HashToken returns the hash of a token made by NewToken.
func HashToken(token string) Hash { return sha256.Sum256([]byte(token)) }

// Sealer encrypts what has to be readable again. The context binds a sealed
// value to its place, so that it cannot be moved to another row.
type Sealer interface {
	// Seal encrypts plaintext.
	Seal(plaintext, context []byte) ([]byte, error)
	// Open decrypts what Seal returned for the same context.
	Open(sealed, context []byte) ([]byte, error)
}
