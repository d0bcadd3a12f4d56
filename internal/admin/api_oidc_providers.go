// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// OIDCSettingsJSON is what an admin sets. In a PATCH what is absent stays; a
// new provider takes the defaults for it.
type OIDCSettingsJSON struct {
	ApplicationID          *idp.ApplicationID `json:"application_id,omitempty" doc:"The application that the provider is for. Empty unassigns it."`
	Name                   *string            `json:"name,omitempty"`
	AuthMethod             *string            `json:"auth_method,omitempty" enum:"client_secret_basic,client_secret_post,private_key_jwt" doc:"How the client authenticates at the token endpoint. The default is client_secret_basic."`
	JWKS                   any                `json:"jwks,omitempty" doc:"The client's public keys as a JWK Set, for private_key_jwt."`
	RedirectURIs           []string           `json:"redirect_uris,omitempty" doc:"Compared exactly."`
	PostLogoutRedirectURIs []string           `json:"post_logout_redirect_uris,omitempty" doc:"Compared exactly."`
	Grants                 []string           `json:"grants,omitempty" doc:"Of authorization_code, refresh_token and client_credentials. The default is the first two."`
	AccessTokenLifetime    *int64             `json:"access_token_lifetime_seconds,omitempty" doc:"60 to 3600. The default is 900."`
	IDTokenLifetime        *int64             `json:"id_token_lifetime_seconds,omitempty" doc:"60 to 86400. The default is 3600."`
	RefreshTokenLifetime   *int64             `json:"refresh_token_lifetime_seconds,omitempty" doc:"How long an unused refresh token works, 3600 to 31536000. The default is 2592000."`
	BackchannelLogoutURI   *string            `json:"backchannel_logout_uri,omitempty" doc:"Gets a logout token when a session of the application ends. Empty, the default, gets none."`
	SkipConsent            *bool              `json:"skip_consent,omitempty" doc:"Leave out the consent page."`
}

type newOIDCProviderJSON struct {
	OIDCSettingsJSON
	ClientID string `json:"client_id,omitempty" doc:"Made if absent. It cannot be changed."`
}

type oidcProviderJSON struct {
	ID                     idp.ProviderID    `json:"id"`
	ApplicationID          idp.ApplicationID `json:"application_id,omitempty"`
	Name                   string            `json:"name"`
	ClientID               string            `json:"client_id"`
	ClientSecret           string            `json:"client_secret,omitempty" doc:"Only in the answer that made it; it is not shown again."`
	AuthMethod             string            `json:"auth_method"`
	JWKS                   any               `json:"jwks,omitempty"`
	RedirectURIs           []string          `json:"redirect_uris" nullable:"false"`
	PostLogoutRedirectURIs []string          `json:"post_logout_redirect_uris" nullable:"false"`
	Grants                 []string          `json:"grants" nullable:"false"`
	AccessTokenLifetime    int64             `json:"access_token_lifetime_seconds"`
	IDTokenLifetime        int64             `json:"id_token_lifetime_seconds"`
	RefreshTokenLifetime   int64             `json:"refresh_token_lifetime_seconds"`
	BackchannelLogoutURI   string            `json:"backchannel_logout_uri,omitempty"`
	SkipConsent            bool              `json:"skip_consent"`
	CreatedAt              time.Time         `json:"created_at"`
	UpdatedAt              time.Time         `json:"updated_at"`
}

func toOIDCProvider(p idp.OIDCProvider) oidcProviderJSON {
	out := oidcProviderJSON{
		ID: p.ID, ApplicationID: p.ApplicationID, Name: p.Name, ClientID: p.ClientID,
		AuthMethod: p.AuthMethod, RedirectURIs: append([]string{}, p.RedirectURIs...),
		PostLogoutRedirectURIs: append([]string{}, p.PostLogoutRedirectURIs...),
		Grants:                 append([]string{}, p.Grants...),
		AccessTokenLifetime:    seconds(p.AccessTokenLifetime), IDTokenLifetime: seconds(p.IDTokenLifetime),
		RefreshTokenLifetime: seconds(p.RefreshTokenLifetime), BackchannelLogoutURI: p.BackchannelLogoutURI, SkipConsent: p.SkipConsent,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if len(p.JWKS) > 0 {
		out.JWKS = p.JWKS
	}
	return out
}

// withSecret shows a secret that was just made.
func withSecret(p idp.OIDCProvider, secret idp.Secret) oidcProviderJSON {
	out := toOIDCProvider(p)
	out.ClientSecret = secret.Reveal()
	return out
}

// apply puts the settings into p.
func (s OIDCSettingsJSON) apply(p *idp.OIDCProvider) error {
	set(&p.ApplicationID, s.ApplicationID)
	set(&p.Name, s.Name)
	set(&p.AuthMethod, s.AuthMethod)
	set(&p.BackchannelLogoutURI, s.BackchannelLogoutURI)
	set(&p.SkipConsent, s.SkipConsent)
	if s.JWKS != nil {
		raw, err := json.Marshal(s.JWKS)
		if err != nil {
			return idp.Invalid("jwks", "must be a JWK Set")
		}
		p.JWKS = raw
	}
	for _, l := range []struct {
		to   *[]string
		from []string
	}{{&p.RedirectURIs, s.RedirectURIs}, {&p.PostLogoutRedirectURIs, s.PostLogoutRedirectURIs}, {&p.Grants, s.Grants}} {
		if l.from != nil {
			*l.to = l.from
		}
	}
	for _, d := range []struct {
		field string
		to    *time.Duration
		from  *int64
	}{
		{"access_token_lifetime", &p.AccessTokenLifetime, s.AccessTokenLifetime},
		{"id_token_lifetime", &p.IDTokenLifetime, s.IDTokenLifetime},
		{"refresh_token_lifetime", &p.RefreshTokenLifetime, s.RefreshTokenLifetime},
	} {
		if err := setSeconds(d.field, d.to, d.from); err != nil {
			return err
		}
	}
	return nil
}

func newOIDCProvider(s newOIDCProviderJSON) (idp.OIDCProvider, error) {
	p := idp.OIDCProvider{
		ClientID: s.ClientID, AuthMethod: idp.AuthClientSecretBasic,
		Grants:              []string{idp.GrantAuthorizationCode, idp.GrantRefreshToken},
		AccessTokenLifetime: 15 * time.Minute, IDTokenLifetime: time.Hour, RefreshTokenLifetime: 30 * 24 * time.Hour,
	}
	return p, s.apply(&p)
}

func (a *API) oidcProviderRoutes() {
	const providers, provider = "/oidc-providers", "/oidc-providers/{id}"
	view(a, operation(http.MethodGet, providers, "OIDC providers", "List OIDC providers"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[oidcProviderJSON], error) {
			found, err := OIDCProviders(ctx, tx, who)
			return list[oidcProviderJSON]{convert(found, toOIDCProvider)}, err
		})
	change(a, creates(operation(http.MethodPost, providers, "OIDC providers", "Create an OIDC provider and its client secret", http.StatusConflict)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withBody[newOIDCProviderJSON]) (oidcProviderJSON, error) {
			p, err := newOIDCProvider(in.Body)
			if err != nil {
				return oidcProviderJSON{}, err
			}
			p, secret, err := CreateOIDCProvider(ctx, tx, who, p)
			return withSecret(p, secret), err
		})
	view(a, operation(http.MethodGet, provider, "OIDC providers", "Get an OIDC provider", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (oidcProviderJSON, error) {
			p, err := OIDCProvider(ctx, tx, who, idp.ProviderID(in.ID))
			return toOIDCProvider(p), err
		})
	change(a, operation(http.MethodPatch, provider, "OIDC providers", "Change an OIDC provider", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[OIDCSettingsJSON]) (oidcProviderJSON, error) {
			p, err := OIDCProvider(ctx, tx, who, idp.ProviderID(in.ID))
			if err != nil {
				return oidcProviderJSON{}, err
			}
			if err := in.Body.apply(&p); err != nil {
				return oidcProviderJSON{}, err
			}
			p, err = UpdateOIDCProvider(ctx, tx, who, p)
			return toOIDCProvider(p), err
		})
	change(a, operation(http.MethodPost, provider+"/secret", "OIDC providers", "Replace the client secret", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (oidcProviderJSON, error) {
			p, secret, err := RotateClientSecret(ctx, tx, who, idp.ProviderID(in.ID))
			return withSecret(p, secret), err
		})
	change(a, operation(http.MethodDelete, provider, "OIDC providers", "Delete an OIDC provider", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (nothing, error) {
			return nothing{}, DeleteOIDCProvider(ctx, tx, who, idp.ProviderID(in.ID))
		})
}
