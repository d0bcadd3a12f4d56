// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrNotOffered is wrapped by errors of calls for which the Transmitter's
// metadata has no endpoint (SSF §7.1).
var ErrNotOffered = errors.New("the Transmitter does not offer it: its metadata has no such endpoint")

// ErrPending is wrapped by errors of changes that the Transmitter has accepted
// with 202 and not made yet. The same call may be repeated later to learn the
// result (SSF §8.1.1.3).
var ErrPending = errors.New("accepted, but not processed yet")

// APIError is an answer of the Transmitter, or of its authorization server,
// that is not a success. SSF defines no body for it, so Code and Description
// are what could be found.
type APIError struct {
	Method string // of the request
	URL    string // of the request, without its query
	Status int    // HTTP status code

	// Code is "err" (RFC 8935 §2.3) or "error" (RFC 6750 §3.1, RFC 6749
	// §5.2); "" if the answer had none.
	Code string

	// Description is the text that came with the code.
	Description string

	// RetryAfter is how long the Transmitter asks to wait; 0 if it did not.
	RetryAfter time.Duration
}

// Error names the request and what was answered.
func (e *APIError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		text += ": " + e.Code
	}
	if e.Description != "" {
		text += ": " + e.Description
	}
	return text
}

// statusOf returns the HTTP status of an APIError in err, or 0.
func statusOf(err error) int {
	var e *APIError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// maxDescription bounds how much of a foreign text goes into our logs.
const maxDescription = 300

func newAPIError(r *http.Request, a *answer) *APIError {
	place := *r.URL
	place.RawQuery = ""
	e := &APIError{
		Method: r.Method, URL: place.Redacted(), Status: a.status,
		RetryAfter: retryAfter(a.header.Get("Retry-After"), time.Now()),
	}
	var body struct {
		Err              string `json:"err"`
		Description      string `json:"description"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	// A body that is not JSON says nothing that we could rely on.
	if json.Unmarshal(a.body, &body) == nil {
		e.Code, e.Description = body.Err, body.Description
		if e.Code == "" {
			e.Code = body.Error
		}
		if e.Description == "" {
			e.Description = body.ErrorDescription
		}
	}
	if e.Code == "" {
		e.Code = bearerError(a.header.Get("WWW-Authenticate"))
	}
	e.Code, e.Description = printable(e.Code, 80), printable(e.Description, maxDescription)
	return e
}

// bearerError finds error="…" in a challenge (RFC 6750 §3).
func bearerError(challenge string) string {
	_, rest, ok := strings.Cut(challenge, `error="`)
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

// printable shortens a foreign text and drops what could disturb a log.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// retryAfter reads a Retry-After header, which is seconds or a date (RFC 9110
// §10.2.3). It is 0 if the header is absent, wrong or in the past.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, date.Sub(now))
}
