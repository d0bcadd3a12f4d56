// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// tokenPrefix lets a person and a secret scanner see what a token is for.
const tokenPrefix = "tocsin_api_"

// APITokens returns all API tokens, newest first.
func APITokens(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.APIToken, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.APITokens()
}

// CreateAPIToken makes an API token, which acts as an admin until it expires
// or is revoked; a zero expires means that it does not expire. The token
// itself is returned here and never again.
func CreateAPIToken(_ context.Context, tx idp.Tx, actor idp.Actor, name string, expires time.Time) (idp.APIToken, idp.Secret, error) {
	secret := tokenPrefix + idp.NewToken()
	t := idp.APIToken{
		ID: idp.NewID[string](), Name: name, Hash: idp.HashToken(secret),
		CreatedAt: tx.Now(), ExpiresAt: expires.UTC().Truncate(time.Millisecond),
	}
	o := created("api_token", t.ID, name)
	if err := allow(tx, actor, "api_token.create", o, identity.Cause{}); err != nil {
		return idp.APIToken{}, idp.Secret{}, err
	}
	if name == "" || strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > 100 || !utf8.ValidString(name) {
		return idp.APIToken{}, idp.Secret{}, idp.Invalid("name", "must be 1 to 100 characters without spaces at its ends")
	}
	if !expires.IsZero() && !expires.After(tx.Now()) {
		return idp.APIToken{}, idp.Secret{}, idp.Invalid("expires_at", "must lie in the future")
	}
	return t, idp.NewSecret(secret), tx.CreateAPIToken(t)
}

// RevokeAPIToken ends an API token. A request that it is used for right now is
// finished.
func RevokeAPIToken(_ context.Context, tx idp.Tx, actor idp.Actor, id string) error {
	o := object{kind: "api_token", id: id}
	if err := allow(tx, actor, "api_token.revoke", o, identity.Cause{}); err != nil {
		return err
	}
	return tx.RevokeAPIToken(id)
}

func liveToken(t idp.APIToken, now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}
