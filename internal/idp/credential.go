// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// CredentialKind says what a credential is.
type CredentialKind string

// CredentialPassword is a password. Other kinds join with multi-factor
// authentication.
const CredentialPassword CredentialKind = "password"

// Credential proves who a user is.
type Credential struct {
	ID     CredentialID
	UserID UserID
	Kind   CredentialKind
	// Name is what the user calls it; empty for a password.
	Name string
	// Secret is what verifies it: for a password, its argon2id hash in PHC
	// string format.
	Secret    Secret
	CreatedAt time.Time
	UpdatedAt time.Time
}
