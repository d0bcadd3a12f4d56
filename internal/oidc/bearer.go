// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Authenticate returns the record of an access token that works now. It reads
// the record, the session, the user and the application, so a token dies with
// any of them. Otherwise the error wraps idp.ErrNotFound, idp.ErrExpired,
// idp.ErrDisabled or idp.ErrDenied: for whoever presents it, the token is
// invalid. Which scopes it needs is for the caller to say.
func (p *Provider) Authenticate(ctx context.Context, bearer string) (idp.AccessToken, error) {
	var token idp.AccessToken
	err := p.db.View(ctx, func(tx idp.Tx) (err error) {
		token, err = liveToken(tx, bearer)
		return err
	})
	return token, err
}

func liveToken(tx idp.Tx, bearer string) (idp.AccessToken, error) {
	token, err := tx.AccessToken(accessTokenID(bearer))
	if err != nil {
		return idp.AccessToken{}, err
	}
	if !token.Live(tx.Now()) {
		return idp.AccessToken{}, fmt.Errorf("access token: %w", idp.ErrExpired)
	}
	c, err := findClient(tx, token.ClientID)
	if err != nil {
		return idp.AccessToken{}, err
	}
	if c.App.ID != token.ApplicationID {
		return idp.AccessToken{}, fmt.Errorf("access token: client %q serves another application now: %w", c.ClientID, idp.ErrExpired)
	}
	if token.UserID == "" {
		return token, nil
	}
	if _, _, err := admit(tx, c.App, token.UserID, token.SessionID); err != nil {
		return idp.AccessToken{}, err
	}
	return token, nil
}

// bearerHeader returns the token of the Authorization header; empty when there
// is none (RFC 6750 §2.1).
func bearerHeader(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
