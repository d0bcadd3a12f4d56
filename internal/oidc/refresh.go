// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// rotate exchanges a refresh token for its successor and an access token (RFC
// 6749 §6). Each works once: a second use means that somebody has a copy, so
// everything that came from it dies, and the session with it.
func rotate(ctx context.Context, tx idp.Tx, c client, actor idp.Actor, form url.Values) (issued, error) {
	if !form.Has("refresh_token") {
		return issued{}, refuse(InvalidRequest, "refresh_token is missing")
	}
	hash := idp.HashToken(form.Get("refresh_token"))
	token, err := tx.RefreshToken(hash)
	if errors.Is(err, idp.ErrNotFound) || err == nil && token.ClientID != c.ClientID {
		return issued{}, refuse(InvalidGrant, "the refresh token is unknown or belongs to another client").because(err)
	}
	if err != nil {
		return issued{}, err
	}
	if !token.UsedAt.IsZero() {
		if err := identity.RefreshTokenReused(ctx, tx, actor, token, identity.Cause{}); err != nil {
			return issued{}, err
		}
		return issued{}, refuse(InvalidGrant, "the refresh token was used before; its tokens and its session are revoked").because(idp.ErrReused)
	}
	if !token.RevokedAt.IsZero() || !tx.Now().Before(token.ExpiresAt) {
		return issued{}, refuse(InvalidGrant, "the refresh token has expired or was revoked").because(idp.ErrExpired)
	}
	scopes, err := narrow(token.Scopes, form.Get("scope"))
	if err != nil {
		return issued{}, err
	}
	out, err := issue(tx, c, authorization{
		UserID: token.UserID, SessionID: token.SessionID, FamilyID: token.FamilyID,
		AuthTime: token.AuthTime, AMR: token.AMR, ACR: token.ACR, Scopes: token.Scopes,
	}, scopes)
	if err != nil {
		return issued{}, err
	}
	return out, tx.UseRefreshToken(hash)
}

// narrow returns the scopes of the new access token: those asked for, which
// must be among those granted, or all of them (RFC 6749 §6).
func narrow(granted []string, requested string) ([]string, error) {
	names := strings.Fields(requested)
	if len(names) == 0 {
		return granted, nil
	}
	var scopes []string
	for _, name := range granted {
		if slices.Contains(names, name) {
			scopes = append(scopes, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(granted, name) {
			return nil, refuse(InvalidScope, "the scope must not contain more than what was granted")
		}
	}
	return scopes, nil
}
