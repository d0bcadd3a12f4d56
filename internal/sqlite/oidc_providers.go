// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"github.com/tocsin-id/tocsin/internal/idp"
)

// oidcProviderColumns are those that an update replaces.
const oidcProviderColumns = `application_id, name, client_id, secret_hash, auth_method, jwks,
	redirect_uris, post_logout_redirect_uris, grants,
	access_token_lifetime, id_token_lifetime, refresh_token_lifetime, backchannel_logout_uri, skip_consent, updated_at`

const selectOIDCProvider = `SELECT id, created_at, ` + oidcProviderColumns + ` FROM oidc_providers`

func scanOIDCProvider(r row) (idp.OIDCProvider, error) {
	var p idp.OIDCProvider
	err := r.Scan(&p.ID, asTime{&p.CreatedAt}, asText(&p.ApplicationID), &p.Name, &p.ClientID,
		asHash{&p.SecretHash}, &p.AuthMethod, (*[]byte)(&p.JWKS),
		asList(&p.RedirectURIs), asList(&p.PostLogoutRedirectURIs), asList(&p.Grants),
		asMillis{&p.AccessTokenLifetime}, asMillis{&p.IDTokenLifetime}, asMillis{&p.RefreshTokenLifetime},
		&p.BackchannelLogoutURI, &p.SkipConsent, asTime{&p.UpdatedAt})
	return p, err
}

// oidcProviderValues are the values of oidcProviderColumns without the last.
func oidcProviderValues(p idp.OIDCProvider) []any {
	return []any{optional(p.ApplicationID), p.Name, p.ClientID,
		hash(p.SecretHash), p.AuthMethod, optional(string(p.JWKS)),
		list(p.RedirectURIs), list(p.PostLogoutRedirectURIs), list(p.Grants),
		p.AccessTokenLifetime.Milliseconds(), p.IDTokenLifetime.Milliseconds(),
		p.RefreshTokenLifetime.Milliseconds(), p.BackchannelLogoutURI, p.SkipConsent}
}

func (t *tx) CreateOIDCProvider(p idp.OIDCProvider) error {
	err := t.insert("OIDC provider "+p.Name, "oidc_providers", oidcProviderColumns+", id, created_at",
		append(oidcProviderValues(p), t.created(p.UpdatedAt), p.ID, t.created(p.CreatedAt))...)
	if err != nil {
		return err
	}
	return t.bumpConfig()
}

func (t *tx) OIDCProvider(id idp.ProviderID) (idp.OIDCProvider, error) {
	return one(t, "OIDC provider "+string(id), scanOIDCProvider, selectOIDCProvider+` WHERE id = ?`, id)
}

func (t *tx) OIDCProviderByClient(clientID string) (idp.OIDCProvider, error) {
	return one(t, "client "+clientID, scanOIDCProvider, selectOIDCProvider+` WHERE client_id = ?`, clientID)
}

// OIDCProviderOf finds at most one, because the column is unique.
func (t *tx) OIDCProviderOf(id idp.ApplicationID) (idp.OIDCProvider, error) {
	return one(t, "OIDC provider of application "+string(id), scanOIDCProvider,
		selectOIDCProvider+` WHERE application_id = ?`, id)
}

func (t *tx) OIDCProviders() ([]idp.OIDCProvider, error) {
	return many(t, "OIDC providers", scanOIDCProvider, selectOIDCProvider+` ORDER BY lower(name), id`)
}

func (t *tx) UpdateOIDCProvider(p idp.OIDCProvider) error {
	err := t.update("OIDC provider "+string(p.ID), "oidc_providers", oidcProviderColumns,
		append(oidcProviderValues(p), millis(t.now), p.ID)...)
	if err != nil {
		return err
	}
	return t.bumpConfig()
}

// DeleteOIDCProvider leaves the stream that told of the end of sessions to the
// schema.
func (t *tx) DeleteOIDCProvider(id idp.ProviderID) error {
	if err := t.remove("OIDC provider "+string(id), `DELETE FROM oidc_providers WHERE id = ?`, id); err != nil {
		return err
	}
	return t.bumpConfig()
}
