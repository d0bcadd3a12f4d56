// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"net/http"
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// serveIntrospect tells an authenticated client whether a token works (RFC
// 7662 §2).
func (p *Provider) serveIntrospect(w http.ResponseWriter, r *http.Request) {
	form, c, err := p.readClient(w, r)
	if err == nil && !form.Has("token") {
		err = refuse(InvalidRequest, "token is missing")
	}
	if err != nil {
		p.refuseClient(w, r, c, err)
		return
	}
	response, err := p.introspect(r.Context(), c, form.Get("token"))
	if err != nil {
		p.refuseClient(w, r, c, err)
		return
	}
	writeJSON(w, http.StatusOK, response)
}

// introspect describes a token that works and that was issued to the client or
// is meant for it. Anything else is inactive, and nothing more is said: a
// client must not learn of the tokens of others (RFC 7662 §2.2).
func (p *Provider) introspect(ctx context.Context, c client, bearer string) (*wire.IntrospectionResponse, error) {
	response := &wire.IntrospectionResponse{}
	err := p.db.View(ctx, func(tx idp.Tx) error {
		token, err := liveToken(tx, bearer)
		if err != nil {
			return err
		}
		if token.ClientID != c.ClientID && !slices.Contains(token.Audience, c.ClientID) {
			return idp.ErrNotFound
		}
		response = p.describe(token)
		if token.UserID == "" {
			return nil
		}
		u, err := tx.User(token.UserID)
		response.Username = u.Username
		return err
	})
	if isRefusal(err) {
		return &wire.IntrospectionResponse{}, nil
	}
	return response, err
}

// describe says what RFC 7662 §2.2 defines. The subject of a token without a
// user is the client (RFC 9068 §2.2).
func (p *Provider) describe(t idp.AccessToken) *wire.IntrospectionResponse {
	response := &wire.IntrospectionResponse{
		Active:     true,
		Scope:      t.Scopes,
		ClientID:   t.ClientID,
		TokenType:  wire.BearerToken,
		Issuer:     p.issuer,
		Subject:    string(t.UserID),
		Audience:   t.Audience,
		JWTID:      t.ID,
		IssuedAt:   wire.FromTime(t.CreatedAt),
		Expiration: wire.FromTime(t.ExpiresAt),
	}
	if t.UserID == "" {
		response.Subject = t.ClientID
		return response
	}
	response.Claims = map[string]any{"sid": string(t.SessionID)}
	return response
}
