// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"net/http"
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// metadata is what discovery says: of the members that OIDC Discovery §3, RFC
// 8414 §2, RFC 9207 §3, OIDC RPL §2.1 and OIDC BCL §2.1 define, those that are
// true here. The three "supported: false" are said because silence would mean
// otherwise, or leave it open.
type metadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
	EndSessionEndpoint    string `json:"end_session_endpoint"`

	Scopes               []string `json:"scopes_supported"`
	ResponseTypes        []string `json:"response_types_supported"`
	ResponseModes        []string `json:"response_modes_supported"`
	GrantTypes           []string `json:"grant_types_supported"`
	SubjectTypes         []string `json:"subject_types_supported"`
	IDTokenAlgorithms    []string `json:"id_token_signing_alg_values_supported"`
	CodeChallengeMethods []string `json:"code_challenge_methods_supported"`
	Levels               []string `json:"acr_values_supported"`
	Claims               []string `json:"claims_supported"`
	Prompts              []string `json:"prompt_values_supported"`

	TokenAuth               []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgorithms     []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectionAuth       []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAlgorithms []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAuth          []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAlgorithms    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`

	BackchannelLogout        bool `json:"backchannel_logout_supported"`
	BackchannelLogoutSession bool `json:"backchannel_logout_session_supported"`

	ResponseIssuer   bool `json:"authorization_response_iss_parameter_supported"`
	ClaimsParameter  bool `json:"claims_parameter_supported"`
	RequestParameter bool `json:"request_parameter_supported"`
	RequestURI       bool `json:"request_uri_parameter_supported"`
}

// serveDiscovery answers at both well-known places, with the same document.
func (p *Provider) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	signer, err := p.keys.Signer(r.Context(), p.signingKey)
	if err != nil {
		p.refuseClient(w, r, client{}, err)
		return
	}
	allowCaching(w.Header())
	writeJSON(w, http.StatusOK, p.metadata(string(signer.Algorithm())))
}

func (p *Provider) metadata(algorithm string) metadata {
	auth := []string{idp.AuthClientSecretBasic, idp.AuthClientSecretPost, idp.AuthPrivateKeyJWT}
	return metadata{
		Issuer:                p.issuer,
		AuthorizationEndpoint: p.issuer + pathAuthorization,
		TokenEndpoint:         p.issuer + pathToken,
		UserinfoEndpoint:      p.issuer + pathUserinfo,
		JWKSURI:               p.issuer + pathKeys,
		IntrospectionEndpoint: p.issuer + pathIntrospection,
		RevocationEndpoint:    p.issuer + pathRevocation,
		EndSessionEndpoint:    p.issuer + pathLogout,

		Scopes:               slices.Concat(userScopes(), ssfScopes()),
		ResponseTypes:        []string{string(wire.ResponseTypeCode)},
		ResponseModes:        []string{string(wire.ResponseModeQuery)},
		GrantTypes:           []string{idp.GrantAuthorizationCode, idp.GrantRefreshToken, idp.GrantClientCredentials},
		SubjectTypes:         []string{"public"},
		IDTokenAlgorithms:    []string{algorithm},
		CodeChallengeMethods: []string{string(wire.CodeChallengeMethodS256)},
		Levels:               levels(),
		Claims: []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid",
			"name", "preferred_username", "updated_at", "email", "groups"},
		Prompts: []string{wire.PromptNone, wire.PromptLogin, wire.PromptConsent, wire.PromptSelectAccount},

		TokenAuth:               auth,
		TokenAuthAlgorithms:     signingAlgorithms(),
		IntrospectionAuth:       auth,
		IntrospectionAlgorithms: signingAlgorithms(),
		RevocationAuth:          auth,
		RevocationAlgorithms:    signingAlgorithms(),

		BackchannelLogout:        true,
		BackchannelLogoutSession: true,

		ResponseIssuer: true,
	}
}
