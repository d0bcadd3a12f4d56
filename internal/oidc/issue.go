// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// authorization is what a user let a client do, through one session. It passes
// from the code to each refresh token of the family.
type authorization struct {
	UserID    idp.UserID
	SessionID idp.SessionID
	FamilyID  idp.FamilyID
	AuthTime  time.Time
	AMR       []string
	ACR       string
	// Scopes is all that was granted; a refresh may ask for less.
	Scopes []string
	// Nonce is that of the authorization request; empty on a refresh.
	Nonce string
}

// issued is what a grant gave. The tokens themselves exist only here.
type issued struct {
	access  string
	refresh string
	record  idp.AccessToken
	// claims is nil when no ID token belongs to the answer.
	claims *idTokenClaims
}

// The prefixes of tokens let a secret scanner and a person tell what they
// found.
const (
	accessPrefix  = "tocsin_at_"
	refreshPrefix = "tocsin_rt_"
)

// newAccessToken returns a token and its id, the hash of the token: a record
// that leaks cannot be turned into a token, and no key has to be kept.
func newAccessToken() (token, id string) {
	token = accessPrefix + idp.NewToken()
	return token, accessTokenID(token)
}

func accessTokenID(token string) string {
	hash := idp.HashToken(token)
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// issue makes the tokens of a user. It checks again that the user may use the
// application, and that the session proved what it demands now: time has passed
// since the code or the last token was made, and an administrator may have
// changed either. Access tokens that exist work on until they expire.
func issue(tx idp.Tx, c client, a authorization, scopes []string) (issued, error) {
	user, session, err := admit(tx, c.App, a.UserID, a.SessionID)
	if isRefusal(err) {
		return issued{}, refuse(InvalidGrant, explain(err)).because(err)
	}
	if err != nil {
		return issued{}, err
	}
	if !identity.Satisfies(session.ACR, c.App.Policy) {
		return issued{}, refuse(InvalidGrant, "the application demands more than the user proved; let them sign in again")
	}
	if err := identity.TouchSession(tx, session); err != nil {
		return issued{}, err
	}
	token, id := newAccessToken()
	out := issued{access: token, record: idp.AccessToken{
		ID: id, ApplicationID: c.App.ID, ClientID: c.ClientID,
		UserID: a.UserID, SessionID: a.SessionID, FamilyID: a.FamilyID,
		Scopes: scopes, Audience: []string{c.ClientID},
		CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(c.AccessTokenLifetime),
	}}
	if err := tx.CreateAccessToken(out.record); err != nil {
		return issued{}, err
	}
	if slices.Contains(a.Scopes, ScopeOffline) {
		if out.refresh, err = createRefreshToken(tx, c, a, id); err != nil {
			return issued{}, err
		}
	}
	if slices.Contains(scopes, ScopeOpenID) {
		about, err := userClaims(tx, user, scopes)
		if err != nil {
			return issued{}, err
		}
		out.claims = &idTokenClaims{authorization: a, about: about}
	}
	return out, nil
}

func createRefreshToken(tx idp.Tx, c client, a authorization, accessToken string) (string, error) {
	token := refreshPrefix + idp.NewToken()
	return token, tx.CreateRefreshToken(idp.RefreshToken{
		Hash: idp.HashToken(token), FamilyID: a.FamilyID,
		ApplicationID: c.App.ID, ClientID: c.ClientID,
		UserID: a.UserID, SessionID: a.SessionID,
		Scopes: a.Scopes, Audience: []string{c.ClientID},
		AuthTime: a.AuthTime, AMR: a.AMR, ACR: a.ACR,
		AccessTokenID: accessToken,
		CreatedAt:     tx.Now(), ExpiresAt: tx.Now().Add(c.RefreshTokenLifetime),
	})
}

// explain says in words for a client why a user's tokens do not work.
func explain(err error) string {
	switch {
	case errors.Is(err, idp.ErrDisabled):
		return "the user is disabled"
	case errors.Is(err, idp.ErrDenied):
		return "the user may no longer use this application"
	default:
		return "the session has ended"
	}
}
