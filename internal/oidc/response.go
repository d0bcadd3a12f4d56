// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authResponse is what the authorization endpoint answers. Both outcomes name
// the issuer, so that a client of several providers can tell who answered (RFC
// 9207 §2).
type authResponse struct {
	Code        string `schema:"code,omitempty"`
	Error       Code   `schema:"error,omitempty"`
	Description string `schema:"error_description,omitempty"`
	State       string `schema:"state,omitempty"`
	Issuer      string `schema:"iss"`
}

// codeURL is where a browser goes with a code.
func (p *Provider) codeURL(redirectURI, state, code string) string {
	return responseURL(redirectURI, authResponse{Code: code, State: state, Issuer: p.issuer})
}

// errorURL is where a browser goes with an error. The caller knows that the
// redirect URI is registered.
func (p *Provider) errorURL(redirectURI, state string, e *Error) string {
	return responseURL(redirectURI, authResponse{
		Error: e.Code, Description: e.Description, State: state, Issuer: p.issuer,
	})
}

func responseURL(redirectURI string, response authResponse) string {
	u, err := op.AuthResponseURL(redirectURI, wire.ResponseTypeCode, wire.ResponseModeQuery, response, wire.NewEncoder())
	if err != nil {
		panic(err) // only registered URIs come here, and those were parsed before
	}
	return u
}
