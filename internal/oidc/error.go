// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// Code is an error code of OAuth 2.0 or OpenID Connect.
type Code string

// The error codes that we answer with (RFC 6749 §4.1.2.1, RFC 6749 §5.2, RFC
// 6750 §3.1, OIDC Core §3.1.2.6).
const (
	InvalidRequest          Code = "invalid_request"
	InvalidClient           Code = "invalid_client"
	InvalidGrant            Code = "invalid_grant"
	InvalidScope            Code = "invalid_scope"
	InvalidToken            Code = "invalid_token"
	InsufficientScope       Code = "insufficient_scope"
	UnauthorizedClient      Code = "unauthorized_client"
	UnsupportedGrantType    Code = "unsupported_grant_type"
	UnsupportedResponseType Code = "unsupported_response_type"
	AccessDenied            Code = "access_denied"
	LoginRequired           Code = "login_required"
	ConsentRequired         Code = "consent_required"
	RequestNotSupported     Code = "request_not_supported"
	RequestURINotSupported  Code = "request_uri_not_supported"
	RegistrationUnsupported Code = "registration_not_supported"
	ServerError             Code = "server_error"
)

// Status is the HTTP status that a code is answered with.
func (c Code) Status() int {
	switch c {
	case InvalidClient, InvalidToken:
		return http.StatusUnauthorized
	case InsufficientScope, AccessDenied:
		return http.StatusForbidden
	case ServerError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Error is an answer to a client. Code and Description are shown; what the
// error wraps is not.
type Error struct {
	Code Code
	// Description says what is wrong and how to mend it, in the characters
	// that RFC 6749 §5.2 allows.
	Description string
	// status replaces the status of the code where it is not zero.
	status int
	cause  error
}

// Error returns code, description and cause, for the log.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Description
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns what caused the answer, if anything did.
func (e *Error) Unwrap() error { return e.cause }

// Status is the HTTP status of the answer.
func (e *Error) Status() int {
	if e.status != 0 {
		return e.status
	}
	return e.Code.Status()
}

func refuse(code Code, description string) *Error {
	return &Error{Code: code, Description: description}
}

func (e *Error) because(cause error) *Error {
	e.cause = cause
	return e
}

// asError makes an answer of any error. One that is not ours or the library's
// becomes a server_error that says nothing of its cause.
func asError(err error) *Error {
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	var theirs *wire.Error
	if errors.As(err, &theirs) && theirs.ErrorType != wire.ServerError {
		return refuse(Code(theirs.ErrorType), theirs.Description).because(theirs.Parent)
	}
	return refuse(ServerError, "the request could not be processed; try again later").because(err)
}

// refused makes an answer of an error and notes it: ours as an error, the reuse
// of something that works once as a warning, and what a client did wrong as
// information. Clients write a part of the text, so it is cut.
func (p *Provider) refused(r *http.Request, c client, err error) *Error {
	e := asError(err)
	level := slog.LevelInfo
	switch {
	case e.Code == ServerError:
		level = slog.LevelError
	case errors.Is(e, idp.ErrReused):
		level = slog.LevelWarn
	}
	text := e.Error()
	p.log.LogAttrs(r.Context(), level, "request refused", slog.String("path", r.URL.Path),
		slog.Any("client", c.OIDCProvider), slog.String("error", text[:min(len(text), 500)]))
	return e
}

// writeError answers a request of a client, not of a browser (RFC 6749 §5.2).
func writeError(w http.ResponseWriter, e *Error) {
	writeJSON(w, e.Status(), struct {
		Error       Code   `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types we answer with can all be encoded
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
