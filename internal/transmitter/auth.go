// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// The scopes of the Management API (CAEP Interop §2.7.2).
const (
	// ScopeRead lets an application read its streams and poll.
	ScopeRead = "ssf.read"
	// ScopeManage lets it do everything, reading included.
	ScopeManage = "ssf.manage"
)

// maxTokenLength bounds what is handed on to be verified.
const maxTokenLength = 8 << 10

// authorize returns the access token of a request that may use a route with
// the given scope, or the answer that RFC 6750 §3.1 demands:
//
//	no usable Authorization header            401, no error code
//	token in the query                        401, no error code
//	more than one token                       400 invalid_request
//	token unknown, expired or revoked         401 invalid_token
//	token of an end user                      403 insufficient_scope
//	token without the scope                   403 insufficient_scope
//
// Whose streams the token may manage is decided by [call.allowed] and
// [call.stream].
func (t *Transmitter) authorize(r *http.Request, slug, scope string) (idp.AccessToken, *wireError) {
	bearer, wire := bearerToken(r)
	if wire != nil {
		wire.Challenge = t.challenge(slug, wire)
		return idp.AccessToken{}, wire
	}
	token, err := t.cfg.Tokens.Authenticate(r.Context(), bearer)
	switch {
	case err == nil:
	case isBadToken(err):
		wire = &wireError{Status: http.StatusUnauthorized, Code: codeInvalidToken,
			Description: "the access token is unknown, expired or revoked", Cause: err}
		wire.Challenge = t.challenge(slug, wire)
		return idp.AccessToken{}, wire
	default:
		return idp.AccessToken{}, toWire(err)
	}
	if wire = checkScope(token, scope); wire != nil {
		wire.Challenge = append(t.challenge(slug, wire), `scope="`+scope+`"`)
		return idp.AccessToken{}, wire
	}
	return token, nil
}

func isBadToken(err error) bool {
	for _, sentinel := range []error{idp.ErrNotFound, idp.ErrExpired, idp.ErrDenied, idp.ErrDisabled, idp.ErrReused} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	var invalid *idp.InvalidError
	return errors.As(err, &invalid)
}

// bearerToken returns the one token of a request (RFC 6750 §2.1).
func bearerToken(r *http.Request) (string, *wireError) {
	values := r.Header.Values("Authorization")
	inQuery := r.URL.Query().Has("access_token")
	switch {
	case len(values) > 1 || inQuery && len(values) == 1:
		return "", &wireError{Status: http.StatusBadRequest, Code: codeInvalidRequest,
			Description: "the access token must be given once, in the Authorization header"}
	case inQuery:
		return "", &wireError{Status: http.StatusUnauthorized, Code: codeUnauthorized,
			Description: "an access token in the query is not accepted; send it in the Authorization header"}
	case len(values) == 0:
		return "", &wireError{Status: http.StatusUnauthorized, Code: codeUnauthorized,
			Description: "an access token is required; send it as Authorization: Bearer TOKEN"}
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", &wireError{Status: http.StatusUnauthorized, Code: codeUnauthorized,
			Description: "the Authorization header must use the Bearer scheme"}
	}
	token = strings.Trim(token, " ")
	if len(token) > maxTokenLength || !isB64Token(token) {
		return "", &wireError{Status: http.StatusUnauthorized, Code: codeInvalidToken,
			Description: "the access token is malformed"}
	}
	return token, nil
}

// isB64Token reports whether s has the syntax of a token (RFC 6750 §2.1).
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
			!strings.ContainsRune("-._~+/", r)
	}) < 0
}

func checkScope(token idp.AccessToken, scope string) *wireError {
	if token.UserID != "" {
		return &wireError{Status: http.StatusForbidden, Code: codeInsufficientScope,
			Description: "a user's access token cannot manage streams; use one of the client credentials grant"}
	}
	if slices.Contains(token.Scopes, ScopeManage) || slices.Contains(token.Scopes, scope) {
		return nil
	}
	return &wireError{Status: http.StatusForbidden, Code: codeInsufficientScope,
		Description: "the access token lacks the scope " + scope}
}

// challenge is the WWW-Authenticate parameters of an answer. Without
// credentials there is no error code (RFC 6750 §3.1). The slug comes from the
// path, so it is repeated in a header only if it is one.
func (t *Transmitter) challenge(slug string, e *wireError) []string {
	known := idp.ValidateSlug("slug", slug) == nil
	realm := t.cfg.BaseURL
	if known {
		realm = t.issuer(slug)
	}
	params := []string{`realm="` + realm + `"`}
	if e.Code != codeUnauthorized {
		params = append(params, `error="`+e.Code+`"`, `error_description="`+e.Description+`"`)
	}
	if known {
		params = append(params, `resource_metadata="`+t.wellKnown(resourceMetadata, slug)+`"`)
	}
	return params
}

// actorOf is the application that a token belongs to, as an actor.
func (t *Transmitter) actorOf(r *http.Request, token idp.AccessToken) idp.Actor {
	return idp.Actor{Kind: idp.ActorApplication, ID: string(token.ApplicationID), Name: token.ClientID,
		Address: t.cfg.ClientAddress(r), UserAgent: cutBytes(r.UserAgent(), 512)}
}

func peerAddress(r *http.Request) string {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return address
}
