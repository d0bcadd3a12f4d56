// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"encoding/json"
	"time"
)

// CredentialKind says what a credential is.
type CredentialKind string

// The kinds of credentials.
const (
	// CredentialPassword: Secret is the argon2id hash, or an imported one.
	// There is at most one per user.
	CredentialPassword CredentialKind = "password"
	// CredentialTOTP is an authenticator app: Secret is its seed.
	CredentialTOTP CredentialKind = "totp"
	// CredentialPasskey is a passkey or security key: Data has its public
	// part.
	CredentialPasskey CredentialKind = "passkey"
	// CredentialRecoveryCodes is a set of codes that work once each: Data has
	// the hashes of those that were not used. There is at most one set per
	// user.
	CredentialRecoveryCodes CredentialKind = "recovery_codes"
)

// Credential proves who a user is.
type Credential struct {
	ID     CredentialID
	UserID UserID
	Kind   CredentialKind
	// Name is what the user calls it, at most 100 characters; empty for a
	// password and for recovery codes.
	Name string
	// Secret is what verifies it, if that has to stay secret.
	Secret Secret
	// Data is what else verifies it, a JSON object whose form the kind
	// decides; nil when there is nothing.
	Data      json.RawMessage
	CreatedAt time.Time
	// UpdatedAt is when the credential itself last changed; using it is no
	// change.
	UpdatedAt time.Time
	// UsedAt is when it was last used, zero if never.
	UsedAt time.Time
}
