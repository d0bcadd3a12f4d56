// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// redeemCode exchanges a code for tokens (RFC 6749 §4.1.3, OIDC Core §3.1.3.2).
// Only the client that the code was made for, at the redirect URI that it was
// sent to and with the verifier behind the challenge, uses it up. A code that
// was used before revokes what it gave (RFC 6749 §4.1.2).
func redeemCode(tx idp.Tx, c client, form url.Values) (issued, error) {
	if !form.Has("code") {
		return issued{}, refuse(InvalidRequest, "code is missing")
	}
	request, err := tx.AuthRequestByCode(idp.HashToken(form.Get("code")))
	if errors.Is(err, idp.ErrNotFound) || err == nil && request.ClientID != c.ClientID {
		return issued{}, refuse(InvalidGrant, "the code is unknown or was made for another client").because(err)
	}
	if err != nil {
		return issued{}, err
	}
	if !request.CodeUsedAt.IsZero() {
		if _, err := tx.RevokeTokens(idp.TokenFilter{FamilyID: request.FamilyID}); err != nil {
			return issued{}, err
		}
		return issued{}, refuse(InvalidGrant, "the code was used before; the tokens that it gave are revoked").because(idp.ErrReused)
	}
	if !tx.Now().Before(request.ExpiresAt) {
		return issued{}, refuse(InvalidGrant, "the code has expired").because(idp.ErrExpired)
	}
	if form.Get("redirect_uri") != request.RedirectURI {
		return issued{}, refuse(InvalidGrant, "redirect_uri is not the one of the authorization request")
	}
	challenge := &wire.CodeChallenge{Challenge: request.Challenge, Method: wire.CodeChallengeMethodS256}
	if err := op.AuthorizeCodeChallenge(form.Get("code_verifier"), challenge); err != nil {
		return issued{}, asError(err)
	}
	a := authorization{
		UserID: request.UserID, SessionID: request.SessionID, FamilyID: idp.NewID[idp.FamilyID](),
		AuthTime: request.AuthTime, AMR: request.AMR, ACR: request.ACR,
		Scopes: request.Scopes, Nonce: request.Nonce,
	}
	return useCode(tx, c, request, a)
}

// useCode makes the tokens of a code that may be used, and marks it. The
// request stays on record for as long as its tokens may live, so that a second
// use still finds what to revoke.
func useCode(tx idp.Tx, c client, request idp.AuthRequest, a authorization) (issued, error) {
	out, err := issue(tx, c, a, a.Scopes)
	if err != nil {
		return issued{}, err
	}
	request.CodeUsedAt = tx.Now()
	request.FamilyID = a.FamilyID
	request.ExpiresAt = tx.Now().Add(max(c.AccessTokenLifetime, c.RefreshTokenLifetime))
	if err := tx.UpdateAuthRequest(request); err != nil {
		return issued{}, fmt.Errorf("code: %w", err)
	}
	return out, nil
}
