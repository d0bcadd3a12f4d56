// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// serveRevoke takes back a token that its client no longer needs (RFC 7009
// §2). The answer is 200 also for a token that does not exist: what the client
// wants is true (RFC 7009 §2.2).
func (p *Provider) serveRevoke(w http.ResponseWriter, r *http.Request) {
	form, c, err := p.readClient(w, r)
	if err == nil && !form.Has("token") {
		err = refuse(InvalidRequest, "token is missing")
	}
	if err == nil {
		err = p.db.Update(r.Context(), func(tx idp.Tx) error { return revoke(tx, c, form.Get("token")) })
	}
	if err != nil {
		p.refuseClient(w, r, c, err)
		return
	}
	p.log.LogAttrs(r.Context(), slog.LevelInfo, "token revoked", slog.Any("client", c.OIDCProvider))
	w.WriteHeader(http.StatusOK)
}

// revoke looks for the token in both places; token_type_hint would only save a
// read. A refresh token takes its family along, an access token goes alone
// (RFC 7009 §2.1).
func revoke(tx idp.Tx, c client, token string) error {
	refresh, err := tx.RefreshToken(idp.HashToken(token))
	if err == nil {
		if err := ownedBy(c, refresh.ClientID); err != nil {
			return err
		}
		_, err = tx.RevokeTokens(idp.TokenFilter{FamilyID: refresh.FamilyID})
		return err
	}
	if !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	access, err := tx.AccessToken(accessTokenID(token))
	if errors.Is(err, idp.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := ownedBy(c, access.ClientID); err != nil {
		return err
	}
	return tx.RevokeAccessToken(access.ID)
}

func ownedBy(c client, clientID string) error {
	if clientID != c.ClientID {
		return refuse(InvalidGrant, "the token was issued to another client")
	}
	return nil
}
