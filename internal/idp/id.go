// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/google/uuid"
)

// The identifiers of things. Each is an opaque string of at most 64 unreserved
// characters (RFC 3986), so that it travels in URLs unencoded.
type (
	// UserID identifies a user for ever; it is the "sub" of their ID tokens.
	UserID string
	// GroupID identifies a group.
	GroupID string
	// CredentialID identifies a credential.
	CredentialID string
	// SessionID identifies a session; it is the "sid" of ID tokens and the
	// session member of a complex subject. It is not the cookie.
	SessionID string
	// ApplicationID identifies an application.
	ApplicationID string
	// ProviderID identifies an OIDC provider or an SSF provider.
	ProviderID string
	// KeyID identifies a signing key with all its versions.
	KeyID string
	// StreamID is the stream_id that the Receiver sees (SSF §8.1.1).
	StreamID string
	// GrantID identifies what one user let one application have.
	GrantID string
	// FamilyID identifies a chain of refresh tokens, each made from the last.
	FamilyID string
)

// StreamNum is a stream's number inside the database. Numbers are never used
// again, so a jti made from one stays unique.
type StreamNum int64

// NewID returns a fresh time-ordered identifier, a UUID of version 7.
func NewID[T ~string]() T {
	return T(uuid.Must(uuid.NewV7()).String())
}

// NewToken returns 256 random bits as 43 base64url characters: a session
// cookie, a client secret, an authorization code.
func NewToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
