// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// TooSoonError says that a verification was requested before the minimum
// interval had passed (SSF §8.1.4.2).
type TooSoonError struct {
	// Wait is how long until a request is accepted.
	Wait time.Duration
}

// Error says how long to wait.
func (e *TooSoonError) Error() string {
	return fmt.Sprintf("verification was requested before min_verification_interval had passed; wait %d seconds", e.seconds())
}

func (e *TooSoonError) seconds() int { return int(math.Ceil(e.Wait.Seconds())) }

// wireError is the answer to a request that was refused. SSF defines no body
// for errors (SSF §8); ours has the members of RFC 8935 §2.3.
type wireError struct {
	Status int `json:"-"`
	// Code is "err": an error code of RFC 6750 §3.1 where that has one.
	Code        string `json:"err"`
	Description string `json:"description"`
	// Challenge has the parameters for WWW-Authenticate, ready to be written.
	Challenge []string `json:"-"`
	// RetryAfter is in seconds; zero sends no such header.
	RetryAfter int `json:"-"`
	// Cause is for the log only.
	Cause error `json:"-"`
}

func (e *wireError) Error() string { return e.Code + ": " + e.Description }

func (e *wireError) Unwrap() error { return e.Cause }

// The codes of errors. The first three are those of RFC 6750 §3.1.
const (
	codeInvalidRequest    = "invalid_request"
	codeInvalidToken      = "invalid_token"
	codeInsufficientScope = "insufficient_scope"
	codeUnauthorized      = "unauthorized"
	codeAccessDenied      = "access_denied"
	codeNotFound          = "not_found"
	codeMethodNotAllowed  = "method_not_allowed"
	codeConflict          = "conflict"
	codeTooLarge          = "request_too_large"
	codeTooManyRequests   = "too_many_requests"
	codeServerError       = "server_error"
	codeUnavailable       = "temporarily_unavailable"
)

// toWire is the one table from the errors of verbs and parsers to answers.
func toWire(err error) *wireError {
	var (
		wire    *wireError
		request *ssf.RequestError
		invalid *idp.InvalidError
		soon    *TooSoonError
		told    *publicError
	)
	switch {
	case errors.As(err, &wire):
		return wire
	case errors.As(err, &request):
		return &wireError{Status: http.StatusBadRequest, Code: codeInvalidRequest, Description: request.Error()}
	case errors.As(err, &invalid):
		return &wireError{Status: http.StatusBadRequest, Code: codeInvalidRequest, Description: invalid.Error()}
	case errors.As(err, &soon):
		return &wireError{Status: http.StatusTooManyRequests, Code: codeTooManyRequests,
			Description: soon.Error(), RetryAfter: max(1, soon.seconds())}
	case errors.As(err, &told):
		return told.wire()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &wireError{Status: http.StatusServiceUnavailable, Code: codeUnavailable,
			Description: "the request was given up before it was done; repeat it", Cause: err, RetryAfter: 1}
	}
	return &wireError{Status: http.StatusInternalServerError, Code: codeServerError,
		Description: "something went wrong here; the cause is in the log of the transmitter", Cause: err}
}

// publicError is an outcome that the Receiver is told. Another error that wraps
// the same sentinel is ours: a signing key that is not found must not look like
// a stream that is not.
type publicError struct {
	sentinel error
	text     string
}

func (e *publicError) Error() string { return e.text }

func (e *publicError) Unwrap() error { return e.sentinel }

func (e *publicError) wire() *wireError {
	switch e.sentinel {
	case idp.ErrDenied:
		return &wireError{Status: http.StatusForbidden, Code: codeAccessDenied, Description: e.text}
	case idp.ErrConflict:
		return &wireError{Status: http.StatusConflict, Code: codeConflict, Description: e.text}
	default:
		return &wireError{Status: http.StatusNotFound, Code: codeNotFound, Description: e.text}
	}
}

// public returns an error that may be shown; the sentinel is idp.ErrNotFound,
// idp.ErrDenied or idp.ErrConflict.
func public(sentinel error, format string, args ...any) error {
	return &publicError{sentinel: sentinel, text: fmt.Sprintf(format, args...)}
}

// noStream is the answer for a stream that does not exist and for one that is
// somebody else's: they must not be told apart (SSF §8).
func noStream() error {
	return public(idp.ErrNotFound, "stream_id names no stream of this Receiver")
}

func writeError(w http.ResponseWriter, e *wireError) {
	if len(e.Challenge) > 0 {
		w.Header().Set("WWW-Authenticate", "Bearer "+strings.Join(e.Challenge, ", "))
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	writeJSON(w, e.Status, e)
}

// writeJSON answers with v as JSON; a nil v leaves the body empty. No answer
// may be stored: it can hold the credential of a push endpoint, and is out of
// date the next moment.
func writeJSON(w http.ResponseWriter, status int, v any) {
	header := w.Header()
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	if v == nil {
		w.WriteHeader(status)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		// A type of this package that cannot be encoded is a broken invariant.
		panic(fmt.Sprintf("transmitter: encode %T: %v", v, err))
	}
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the Receiver is gone; there is nobody to tell
}

// logError writes the line for a request that failed by our fault. What a
// Receiver did wrong is told to the Receiver.
func (t *Transmitter) logError(r *http.Request, e *wireError) {
	if e.Status == http.StatusInternalServerError {
		t.log.LogAttrs(r.Context(), slog.LevelError, "request failed",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("err", e.Cause))
	}
}
