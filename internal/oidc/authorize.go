// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// requestLifetime is how long a user may take to sign in and consent.
const requestLifetime = 30 * time.Minute

// SignInPath is the page that a browser is sent to with the id of an
// authorization request in the parameter "request". The page calls
// [Provider.Resume] with it.
const SignInPath = "/sign-in"

// serveAuthorize is the authorization endpoint (OIDC Core §3.1.2). Until the
// client and the redirect URI are known to belong together, an error is shown
// to the user: sending it to the URI would make us an open redirector (RFC
// 6749 §4.1.2.1).
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	params, err := readQueryOrForm(w, r)
	if err == nil {
		err = checkLengths(params)
	}
	if err != nil {
		p.showError(w, r, err)
		return
	}
	c, err := p.redirectTarget(r.Context(), params)
	if err != nil {
		p.showError(w, r, err)
		return
	}
	request, err := p.parseAuthorization(r.Context(), c, params)
	if err == nil {
		err = p.db.Update(r.Context(), func(tx idp.Tx) error {
			request.CreatedAt, request.ExpiresAt = tx.Now(), tx.Now().Add(requestLifetime)
			return tx.CreateAuthRequest(request)
		})
	}
	if err != nil {
		e := p.refused(r, c, err)
		http.Redirect(w, r, p.errorURL(params.Get("redirect_uri"), params.Get("state"), e), http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, SignInPath+"?request="+url.QueryEscape(request.ID), http.StatusSeeOther)
}

// showError ends a request at a page of ours.
func (p *Provider) showError(w http.ResponseWriter, r *http.Request, err error) {
	p.errorPage(w, r, p.refused(r, client{}, err))
}

// maxParameter bounds what is kept of a request until its user has signed in,
// in bytes.
const maxParameter = 4 << 10

func checkLengths(params url.Values) error {
	for _, values := range params {
		if len(values[0]) > maxParameter {
			return refuse(InvalidRequest, "A parameter of the request is longer than 4 KiB.")
		}
	}
	return nil
}

// redirectTarget finds the client and checks that the redirect URI is one of
// its own, character by character (OIDC Core §3.1.2.1).
func (p *Provider) redirectTarget(ctx context.Context, params url.Values) (client, error) {
	var c client
	err := p.db.View(ctx, func(tx idp.Tx) (err error) {
		c, err = findClient(tx, params.Get("client_id"))
		return err
	})
	if errors.Is(err, idp.ErrNotFound) {
		return client{}, &Error{Code: InvalidClient, cause: err, status: http.StatusBadRequest,
			Description: "The application that sent you here is not known. Check its client_id."}
	}
	if err != nil {
		return client{}, err
	}
	if !slices.Contains(c.RedirectURIs, params.Get("redirect_uri")) {
		return client{}, refuse(InvalidRequest,
			"The application wants its answer at an address that is not registered for it. Check its redirect_uri.")
	}
	return c, nil
}

// parseAuthorization checks everything that may be answered at the redirect
// URI, which is known to be good. It reads the same parameters as
// redirectTarget did, by their exact names: the library's decoder ignores the
// case of names, and would let Redirect_uri replace redirect_uri.
func (p *Provider) parseAuthorization(ctx context.Context, c client, params url.Values) (idp.AuthRequest, error) {
	if err := refuseUnsupported(c, params); err != nil {
		return idp.AuthRequest{}, err
	}
	if err := checkChallenge(params); err != nil {
		return idp.AuthRequest{}, err
	}
	prompt := strings.Fields(params.Get("prompt"))
	if _, err := op.ValidateAuthReqPrompt(prompt, nil); err != nil {
		return idp.AuthRequest{}, err
	}
	age, err := maxAge(params)
	if err != nil {
		return idp.AuthRequest{}, err
	}
	scopes, err := grantableScopes(c.OIDCProvider, strings.Fields(params.Get("scope")))
	if err != nil {
		return idp.AuthRequest{}, err
	}
	hinted, err := p.hintedUser(ctx, c, params.Get("id_token_hint"))
	if err != nil {
		return idp.AuthRequest{}, err
	}
	return idp.AuthRequest{
		ID:            idp.NewToken(),
		ApplicationID: c.App.ID,
		ClientID:      c.ClientID,
		RedirectURI:   params.Get("redirect_uri"),
		ResponseType:  params.Get("response_type"),
		ResponseMode:  params.Get("response_mode"),
		State:         params.Get("state"),
		Nonce:         params.Get("nonce"),
		Scopes:        scopes,
		Challenge:     params.Get("code_challenge"),
		Prompt:        prompt,
		MaxAge:        age,
		LoginHint:     params.Get("login_hint"),
		ACRValues:     strings.Fields(params.Get("acr_values")),
		UserID:        hinted,
	}, nil
}

// refuseUnsupported answers what discovery says we do not do (OIDC Core
// §3.1.2.6).
func refuseUnsupported(c client, params url.Values) error {
	switch {
	case params.Has("request"):
		return refuse(RequestNotSupported, "request objects are not supported")
	case params.Has("request_uri"):
		return refuse(RequestURINotSupported, "request objects are not supported")
	case params.Has("registration"):
		return refuse(RegistrationUnsupported, "the registration parameter is not supported")
	case params.Get("response_type") == "":
		return refuse(InvalidRequest, "response_type is missing")
	case params.Get("response_type") != string(wire.ResponseTypeCode):
		return refuse(UnsupportedResponseType, "response_type must be code")
	case params.Has("response_mode") && params.Get("response_mode") != string(wire.ResponseModeQuery):
		return refuse(InvalidRequest, "response_mode must be query")
	case !c.Allows(idp.GrantAuthorizationCode):
		return refuse(UnauthorizedClient, "the application is not allowed to use the authorization_code grant")
	}
	return nil
}

// checkChallenge demands PKCE with S256 of every client (RFC 7636 §4.2). A
// missing method would mean "plain" (RFC 7636 §4.3).
func checkChallenge(params url.Values) error {
	if params.Get("code_challenge_method") != string(wire.CodeChallengeMethodS256) {
		return refuse(InvalidRequest, "code_challenge_method must be S256")
	}
	hash, err := base64.RawURLEncoding.Strict().DecodeString(params.Get("code_challenge"))
	if err != nil || len(hash) != len(idp.Hash{}) {
		return refuse(InvalidRequest, "code_challenge must be the base64url-encoded SHA-256 of the code_verifier")
	}
	return nil
}

// maxAge reads max_age, in seconds; nil when there is none. A hundred years are
// as good as none, and do not overflow.
func maxAge(params url.Values) (*time.Duration, error) {
	const utmost = 100 * 365 * 24 * 60 * 60
	if !params.Has("max_age") {
		return nil, nil
	}
	seconds, err := strconv.ParseUint(params.Get("max_age"), 10, 64)
	if err != nil {
		return nil, refuse(InvalidRequest, "max_age must be a number of seconds").because(err)
	}
	if seconds > utmost {
		return nil, nil
	}
	return new(time.Duration(seconds) * time.Second), nil
}

// hintedUser returns the user whom id_token_hint names, or nobody when there is
// no hint. A hint that was not made for this client is no proof of anything.
func (p *Provider) hintedUser(ctx context.Context, c client, hint string) (idp.UserID, error) {
	if hint == "" {
		return "", nil
	}
	claims, err := p.verifyHint(ctx, hint)
	if err != nil || claims.AuthorizedParty != c.ClientID {
		return "", refuse(LoginRequired, "the id_token_hint is not an ID token of this application").because(err)
	}
	user := idp.UserID(claims.Subject)
	err = p.db.View(ctx, func(tx idp.Tx) error {
		_, err := tx.User(user)
		return err
	})
	if errors.Is(err, idp.ErrNotFound) {
		return "", refuse(LoginRequired, "the user of the id_token_hint is gone").because(err)
	}
	return user, err
}
