// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"time"
)

// Grant is what a user let an application have. There is at most one per user
// and application; consent adds scopes to it.
type Grant struct {
	ID            GrantID
	UserID        UserID
	ApplicationID ApplicationID
	Scopes        []string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// AuthRequest is an authorization request on its way from the authorization
// endpoint through sign-in and consent to the exchange of its code.
type AuthRequest struct {
	ID            string
	ApplicationID ApplicationID
	ClientID      string
	RedirectURI   string
	// ResponseType is "code"; ResponseMode is empty, "query" or "form_post".
	ResponseType string
	ResponseMode string
	State        string
	Nonce        string
	Scopes       []string
	// Challenge is the S256 code challenge (RFC 7636 §4.3).
	Challenge string
	Prompt    []string
	// MaxAge is nil when the client did not ask for one.
	MaxAge    *time.Duration
	LoginHint string
	ACRValues []string
	CreatedAt time.Time
	ExpiresAt time.Time

	// The members below are set when the user has signed in and consented.

	// UserID is before that the user whom the client expects, if it named one.
	UserID    UserID
	SessionID SessionID
	AuthTime  time.Time
	AMR       []string
	ACR       string
	// Done means that a code may be issued.
	Done bool
	// CodeHash is the hash of the code; zero before it is issued.
	CodeHash Hash
	// CodeUsedAt is when the code was exchanged; a second exchange revokes
	// what the first one gave (RFC 6749 §4.1.2).
	CodeUsedAt time.Time
	// FamilyID is set with CodeUsedAt: the tokens that came from the code.
	FamilyID FamilyID
}

// AccessToken is the record behind an access token. The token itself is not
// kept; its id is its "jti".
type AccessToken struct {
	ID            string
	ApplicationID ApplicationID
	ClientID      string
	// UserID and SessionID are empty for client credentials.
	UserID    UserID
	SessionID SessionID
	// FamilyID ties it to a refresh token family or a code, if any.
	FamilyID  FamilyID
	Scopes    []string
	Audience  []string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

// Live reports whether the token works at now.
func (t AccessToken) Live(now time.Time) bool {
	return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt)
}

// RefreshToken is the record behind a refresh token. Each works once; its
// successor belongs to the same family.
type RefreshToken struct {
	Hash          Hash
	FamilyID      FamilyID
	ApplicationID ApplicationID
	ClientID      string
	UserID        UserID
	SessionID     SessionID
	Scopes        []string
	Audience      []string
	AuthTime      time.Time
	AMR           []string
	ACR           string
	// AccessTokenID is the access token that was issued with it.
	AccessTokenID string
	CreatedAt     time.Time
	ExpiresAt     time.Time
	// UsedAt is when it was exchanged for its successor.
	UsedAt    time.Time
	RevokedAt time.Time
}
