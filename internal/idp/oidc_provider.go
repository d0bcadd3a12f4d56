// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"time"
)

// The grants that an OIDC provider can allow.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
)

// The ways in which a client authenticates at the token endpoint.
const (
	AuthClientSecretBasic = "client_secret_basic"
	AuthClientSecretPost  = "client_secret_post"
	AuthPrivateKeyJWT     = "private_key_jwt"
)

// OIDCProvider is the main provider of an application: how the application,
// as an OAuth 2.0 client, signs users in and gets tokens.
type OIDCProvider struct {
	ID ProviderID
	// ApplicationID is empty while the provider is not assigned.
	ApplicationID ApplicationID
	Name          string
	ClientID      string
	// SecretHash is the hash of the client secret; zero for private_key_jwt.
	SecretHash Hash
	// AuthMethod is one of the AuthX constants. A client with a secret may use
	// either of the two secret methods.
	AuthMethod string
	// JWKS is the client's JWK Set for private_key_jwt, otherwise empty.
	JWKS json.RawMessage
	// RedirectURIs and PostLogoutRedirectURIs are compared exactly.
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	// Grants are the GrantX constants that the client may use.
	Grants []string
	// AccessTokenLifetime is 1 minute to 1 hour (CAEP Interop §2.7.1).
	AccessTokenLifetime time.Duration
	// IDTokenLifetime is 1 minute to 24 hours.
	IDTokenLifetime time.Duration
	// RefreshTokenLifetime is how long an unused refresh token works, 1 hour to
	// 365 days; a rotated one begins anew.
	RefreshTokenLifetime time.Duration
	// BackchannelLogoutURI gets a logout token when a session of the
	// application ends (OIDC BCL §2.2); empty when the application has none.
	BackchannelLogoutURI string
	// SkipConsent leaves out the consent page: the application is ours.
	SkipConsent bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Allows reports whether the client may use the grant.
func (p OIDCProvider) Allows(grant string) bool { return slices.Contains(p.Grants, grant) }

// LogValue shows id and client id.
func (p OIDCProvider) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(p.ID)), slog.String("client_id", p.ClientID))
}

// Validate returns an *InvalidError for the first member that is wrong.
func (p OIDCProvider) Validate() error {
	if err := validateName("name", p.Name, 100); err != nil {
		return err
	}
	if p.ClientID == "" || len(p.ClientID) > 128 {
		return Invalid("client_id", "must be 1 to 128 characters")
	}
	switch p.AuthMethod {
	case AuthClientSecretBasic, AuthClientSecretPost:
	case AuthPrivateKeyJWT:
		if len(p.JWKS) == 0 {
			return Invalid("jwks", "must hold the client's public keys when auth_method is private_key_jwt")
		}
	default:
		return Invalid("auth_method", "must be client_secret_basic, client_secret_post or private_key_jwt")
	}
	for _, g := range p.Grants {
		if g != GrantAuthorizationCode && g != GrantRefreshToken && g != GrantClientCredentials {
			return Invalid("grants", "must be of authorization_code, refresh_token, client_credentials; %q is not", g)
		}
	}
	if p.Allows(GrantAuthorizationCode) && len(p.RedirectURIs) == 0 {
		return Invalid("redirect_uris", "must not be empty when authorization_code is granted")
	}
	if err := validateRedirects("redirect_uris", p.RedirectURIs); err != nil {
		return err
	}
	if err := validateRedirects("post_logout_redirect_uris", p.PostLogoutRedirectURIs); err != nil {
		return err
	}
	if p.BackchannelLogoutURI != "" {
		if err := validateRedirects("backchannel_logout_uri", []string{p.BackchannelLogoutURI}); err != nil {
			return err
		}
	}
	return p.validateLifetimes()
}

func (p OIDCProvider) validateLifetimes() error {
	for _, l := range []struct {
		field         string
		value         time.Duration
		least, utmost time.Duration
	}{
		{"access_token_lifetime", p.AccessTokenLifetime, time.Minute, time.Hour},
		{"id_token_lifetime", p.IDTokenLifetime, time.Minute, 24 * time.Hour},
		{"refresh_token_lifetime", p.RefreshTokenLifetime, time.Hour, 365 * 24 * time.Hour},
	} {
		if l.value < l.least || l.value > l.utmost {
			return Invalid(l.field, "must be %v to %v", l.least, l.utmost)
		}
	}
	return nil
}

func validateRedirects(field string, uris []string) error {
	if len(uris) > 50 {
		return Invalid(field, "must hold at most 50 URIs")
	}
	for _, raw := range uris {
		u, err := url.Parse(raw)
		switch {
		case err != nil || !u.IsAbs() || u.Host == "" || len(raw) > 2048:
			return Invalid(field, "must be absolute URIs with a host; %q is not", raw)
		case u.Fragment != "":
			return Invalid(field, "must not have a fragment; %q has", raw)
		case u.Scheme != "https" && u.Scheme != "http":
			return Invalid(field, "must be https, or http on a loopback or development host; %q is not", raw)
		}
	}
	return nil
}
