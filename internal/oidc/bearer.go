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
// any of them. The error wraps idp.ErrNotFound for a token that does not exist
// and idp.ErrExpired for one that no longer works; for whoever presents it,
// the token is invalid. Which scopes it needs is for the caller to say.
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
	err = standsBehind(tx, token)
	if isRefusal(err) {
		return idp.AccessToken{}, fmt.Errorf("access token: %w: %w", idp.ErrExpired, err)
	}
	return token, err
}

// standsBehind checks that those on whose behalf a token was made still may do
// what it lets them do.
func standsBehind(tx idp.Tx, token idp.AccessToken) error {
	c, err := findClient(tx, token.ClientID)
	if err != nil {
		return err
	}
	if c.App.ID != token.ApplicationID {
		return fmt.Errorf("client %q serves another application now: %w", c.ClientID, idp.ErrDenied)
	}
	if token.UserID == "" {
		return nil
	}
	_, _, err = admit(tx, c.App, token.UserID, token.SessionID)
	return err
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
