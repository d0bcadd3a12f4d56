// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"net/url"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// issueToClient gives an application a token of its own (RFC 6749 §4.4). It is
// for the SSF providers of the application and says so in its audience. There
// is no refresh token: the client can always ask again.
func (p *Provider) issueToClient(tx idp.Tx, c client, form url.Values) (issued, error) {
	providers, err := tx.SSFProvidersOf(c.App.ID)
	if err != nil {
		return issued{}, err
	}
	scopes, err := clientScopes(form.Get("scope"), len(providers) > 0)
	if err != nil {
		return issued{}, err
	}
	token, id := newAccessToken()
	record := idp.AccessToken{
		ID: id, ApplicationID: c.App.ID, ClientID: c.ClientID, Scopes: scopes,
		CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(c.AccessTokenLifetime),
	}
	for _, provider := range providers {
		record.Audience = append(record.Audience, p.ssfIssuer(provider.Slug))
	}
	return issued{access: token, record: record}, tx.CreateAccessToken(record)
}
