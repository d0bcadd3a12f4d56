// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import "context"

// TokenSource gives the access tokens by which a Receiver authenticates itself
// at the Transmitter. It is used concurrently.
type TokenSource interface {
	// Token returns an access token.
	Token(ctx context.Context) (string, error)

	// Reject says that the Transmitter has refused the token, so that Token
	// does not return it again if it can get another one.
	Reject(token string)
}

// StaticToken is a TokenSource that always gives the same token.
type StaticToken string

// Token returns the token.
func (t StaticToken) Token(context.Context) (string, error) { return string(t), nil }

// Reject does nothing: there is no other token.
func (StaticToken) Reject(string) {}

// String hides the token.
func (StaticToken) String() string { return "[redacted]" }

// GoString hides the token.
func (StaticToken) GoString() string { return "[redacted]" }
