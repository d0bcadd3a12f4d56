// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
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
	if err != nil {
		p.showError(w, r, asError(err))
		return
	}
	c, err := p.redirectTarget(r.Context(), params)
	if err != nil {
		p.showError(w, r, asError(err))
		return
	}
	request, err := p.parseAuthorization(r, c, params)
	if err == nil {
		err = p.db.Update(r.Context(), func(tx idp.Tx) error {
			request.CreatedAt, request.ExpiresAt = tx.Now(), tx.Now().Add(requestLifetime)
			return tx.CreateAuthRequest(request)
		})
	}
	if err != nil {
		e := asError(err)
		p.log.LogAttrs(r.Context(), level(e), "authorization refused",
			slog.Any("client", c.OIDCProvider), slog.String("error", e.Error()))
		http.Redirect(w, r, p.errorURL(params.Get("redirect_uri"), params.Get("state"), e), http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, SignInPath+"?request="+url.QueryEscape(request.ID), http.StatusSeeOther)
}

// showError ends a request at a page of ours.
func (p *Provider) showError(w http.ResponseWriter, r *http.Request, e *Error) {
	p.log.LogAttrs(r.Context(), level(e), "request refused",
		slog.String("path", r.URL.Path), slog.String("error", e.Error()))
	p.errorPage(w, r, e)
}

// level makes a line of the log stand out when the fault is ours.
func level(e *Error) slog.Level {
	if e.Code == ServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
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
// URI, which is known to be good.
func (p *Provider) parseAuthorization(r *http.Request, c client, params url.Values) (idp.AuthRequest, error) {
	if err := refuseUnsupported(c, params); err != nil {
		return idp.AuthRequest{}, err
	}
	in, err := op.ParseAuthorizeRequest(r, p.decoder)
	if err != nil {
		return idp.AuthRequest{}, err
	}
	if err := checkChallenge(in); err != nil {
		return idp.AuthRequest{}, err
	}
	if in.MaxAge, err = op.ValidateAuthReqPrompt(in.Prompt, in.MaxAge); err != nil {
		return idp.AuthRequest{}, err
	}
	scopes, err := grantableScopes(c.OIDCProvider, in.Scopes)
	if err != nil {
		return idp.AuthRequest{}, err
	}
	hinted, err := p.hintedUser(r.Context(), c, in.IDTokenHint)
	if err != nil {
		return idp.AuthRequest{}, err
	}
	return idp.AuthRequest{
		ID:            idp.NewToken(),
		ApplicationID: c.App.ID,
		ClientID:      c.ClientID,
		RedirectURI:   in.RedirectURI,
		ResponseType:  string(in.ResponseType),
		ResponseMode:  string(in.ResponseMode),
		State:         in.State,
		Nonce:         in.Nonce,
		Scopes:        scopes,
		Challenge:     in.CodeChallenge,
		Prompt:        in.Prompt,
		MaxAge:        maxAge(in.MaxAge),
		LoginHint:     in.LoginHint,
		ACRValues:     in.ACRValues,
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

// checkChallenge demands PKCE with S256 of every client (RFC 7636 §4.2). The
// library would take a missing method for "plain" and a missing challenge for
// a client without PKCE.
func checkChallenge(in *wire.AuthRequest) error {
	if in.CodeChallengeMethod != wire.CodeChallengeMethodS256 {
		return refuse(InvalidRequest, "code_challenge_method must be S256")
	}
	hash, err := base64.RawURLEncoding.DecodeString(in.CodeChallenge)
	if err != nil || len(hash) != len(idp.Hash{}) {
		return refuse(InvalidRequest, "code_challenge must be the base64url-encoded SHA-256 of the code_verifier")
	}
	return nil
}

// maxAge converts max_age from seconds. A hundred years are as good as none,
// and do not overflow.
func maxAge(seconds *uint) *time.Duration {
	const utmost = 100 * 365 * 24 * 60 * 60
	if seconds == nil || *seconds > utmost {
		return nil
	}
	d := time.Duration(*seconds) * time.Second
	return &d
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
