// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// pageError is an error with a page of its own. Heading and text are shown;
// what it wraps is not.
type pageError struct {
	status  int
	heading string
	text    string
	// link is the way out; the zero Link leads to the portal.
	link page.Link
	// retryAfter is the Retry-After header in seconds (RFC 9110 §10.2.3); zero
	// sends none.
	retryAfter int
	cause      error
}

// Error is for the log.
func (e *pageError) Error() string {
	if e.cause == nil {
		return e.heading
	}
	return e.heading + ": " + e.cause.Error()
}

// Unwrap returns what caused the page, if anything did.
func (e *pageError) Unwrap() error { return e.cause }

var (
	errNotFound = &pageError{status: http.StatusNotFound, heading: "There is no such page",
		text: "The address may be mistyped, or what it showed is gone."}
	errMethod = &pageError{status: http.StatusMethodNotAllowed, heading: "That does not work here",
		text: "This page cannot be used in the way the request asks for."}
	errCrossSite = &pageError{status: http.StatusForbidden, heading: "This came from another site",
		text: "The form was sent by a page that is not ours, so nothing was changed. Open the page here and try again."}
	errSignedOut = &pageError{status: http.StatusForbidden, heading: "You are signed out",
		text: "Your session ended before the form arrived, so nothing was changed. Sign in and try again.",
		link: page.Link{Text: "Sign in", URL: oidc.SignInPath}}
	errRequestOver = &pageError{status: http.StatusBadRequest, heading: "This sign-in is over",
		text: "It was completed already or took too long. Go back to the application and sign in from there."}
)

func badForm(text string) error {
	return &pageError{status: http.StatusBadRequest, heading: "Something is missing", text: text}
}

func tooLarge() error {
	return &pageError{status: http.StatusRequestEntityTooLarge, heading: "That was too much",
		text: "The form is larger than any that this page has."}
}

// asPage finds the page for an error. One that is not known says nothing of
// its cause.
func asPage(err error) *pageError {
	var known *pageError
	var invalid *idp.InvalidError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &invalid):
		return &pageError{status: http.StatusBadRequest, heading: "That cannot be saved", text: "The " + invalid.Error() + "."}
	case errors.Is(err, idp.ErrNotFound):
		return &pageError{status: http.StatusNotFound, heading: errNotFound.heading, text: errNotFound.text, cause: err}
	default:
		return &pageError{status: http.StatusInternalServerError, heading: "Something went wrong here",
			text: "Try again in a moment. If it stays, tell an administrator the number below.", cause: err}
	}
}

// fail writes the page for an error, and logs it. A browser that went away is
// not our fault, whatever it broke.
func (s *Site) fail(v *visit, err error) {
	e := asPage(err)
	level := slog.LevelInfo
	if e.status >= http.StatusInternalServerError && v.r.Context().Err() == nil {
		level = slog.LevelError
	}
	s.log.LogAttrs(v.r.Context(), level, "page refused",
		slog.String("method", v.r.Method), slog.String("path", v.r.URL.Path),
		slog.Int("status", e.status), slog.String("error", e.Error()))
	s.showError(v, e)
}

func (s *Site) showError(v *visit, e *pageError) {
	if e.retryAfter > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(e.retryAfter))
	}
	link := e.link
	if link.URL == "" {
		link = page.Link{Text: "Go to your applications", URL: string(page.Portal)}
	}
	err := v.show(e.status, page.Error{
		Frame:  s.frame(v, e.heading, ""),
		Status: e.status, Heading: e.heading, Text: e.text, Link: link, RequestID: s.requestID(v.r),
	}.Page())
	if err != nil && !errors.Is(err, context.Canceled) {
		http.Error(v.w, e.heading, e.status)
	}
}

// NotFound answers 404 for paths that nobody serves.
func (s *Site) NotFound(w http.ResponseWriter, r *http.Request) {
	s.protect(w.Header())
	s.fail(&visit{w: w, r: r}, errNotFound)
}

// ShowOIDCError shows an error of the OpenID Provider that must not be sent to
// the application, as oidc.Config.ErrorPage wants it. It logs nothing: the
// provider did.
func (s *Site) ShowOIDCError(w http.ResponseWriter, r *http.Request, e *oidc.Error) {
	s.protect(w.Header())
	s.showError(&visit{w: w, r: r}, &pageError{
		status: e.Status(), heading: "The application asked for something that does not work", text: e.Description,
	})
}
