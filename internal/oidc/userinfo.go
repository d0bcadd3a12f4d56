// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"fmt"
	"net/http"
	"slices"

	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// serveUserinfo tells an application about the user of its token (OIDC Core
// §5.3).
func (p *Provider) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	about, err := p.userinfo(w, r)
	if err != nil {
		p.refuseBearer(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, about)
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) (*wire.UserInfo, error) {
	bearer, err := readBearer(w, r)
	if err != nil {
		return nil, err
	}
	token, err := p.Authenticate(r.Context(), bearer)
	if isRefusal(err) {
		return nil, refuse(InvalidToken, "the access token is unknown, has expired or was revoked").because(err)
	}
	if err != nil {
		return nil, err
	}
	if token.UserID == "" || !slices.Contains(token.Scopes, ScopeOpenID) {
		return nil, refuse(InsufficientScope, "the access token is not about a user; it needs the scope openid")
	}
	return p.userClaimsOf(r.Context(), token)
}

// readBearer finds the token in the header or, for a POST, in the form. The
// URL is no place for it (RFC 6750 §2.3), and neither are two places.
func readBearer(w http.ResponseWriter, r *http.Request) (string, error) {
	header := bearerHeader(r)
	if r.URL.Query().Has("access_token") {
		return "", refuse(InvalidRequest, "send the access token in the Authorization header, not in the URL")
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") == "" {
		return header, nil
	}
	form, err := readForm(w, r)
	if err != nil {
		return "", err
	}
	if header != "" && form.Has("access_token") {
		return "", refuse(InvalidRequest, "send the access token in one place only")
	}
	if header != "" {
		return header, nil
	}
	return form.Get("access_token"), nil
}

// refuseBearer answers as RFC 6750 §3 wants it: without a token there is a
// challenge and no error code.
func (p *Provider) refuseBearer(w http.ResponseWriter, r *http.Request, err error) {
	e := p.refused(r, client{}, err)
	challenge := fmt.Sprintf("Bearer realm=%q", p.issuer)
	if e.Code == InvalidToken && r.Header.Get("Authorization") == "" && !r.PostForm.Has("access_token") {
		w.Header().Set("WWW-Authenticate", challenge)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	challenge += fmt.Sprintf(", error=%q, error_description=%q", e.Code, e.Description)
	if e.Code == InsufficientScope {
		challenge += fmt.Sprintf(", scope=%q", ScopeOpenID)
	}
	w.Header().Set("WWW-Authenticate", challenge)
	writeError(w, e)
}
