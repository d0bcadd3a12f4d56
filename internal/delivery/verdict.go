// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
)

// class says what an answer means for the SET and for its stream.
type class int

const (
	// taken: the Receiver has the SET.
	taken class = iota
	// endpoint: the stream waits and tries the SET again.
	endpoint
	// refused: this SET is bad; it is tried a few more times on its own.
	refused
	// hopeless: this SET is bad and will stay so.
	hopeless
	// gone: the endpoint says that it is no more; the stream is paused.
	gone
	// aborted: the engine stopped before the answer came.
	aborted
)

// verdict is an answer, understood.
type verdict struct {
	class class
	// status is the HTTP status, 0 when there was no answer.
	status int
	// err is the Receiver's error code or the kind of failure.
	err string
	// detail is text for people.
	detail string
	// retryAfter is what the Receiver asked for, 0 if nothing.
	retryAfter time.Duration
}

// codeClasses says what the error codes mean (RFC 8935 §2.4). A code about
// keys, issuer, audience or credentials is about the agreement: it meets each
// SET of the stream alike and ends when somebody mends it, so the stream waits
// rather than throw its SETs away one by one.
var codeClasses = map[secevent.ErrorCode]class{
	secevent.InvalidKey:           endpoint,
	secevent.InvalidIssuer:        endpoint,
	secevent.InvalidAudience:      endpoint,
	secevent.AuthenticationFailed: endpoint,
	secevent.AccessDenied:         endpoint,
	secevent.InvalidRequest:       refused,
	secevent.InvalidState:         hopeless,
}

// judge understands an HTTP answer with its body, of which the caller read at
// most a bounded part.
func judge(status int, header http.Header, body []byte, now time.Time) verdict {
	v := verdict{status: status, err: "http_" + strconv.Itoa(status), detail: http.StatusText(status)}
	switch {
	case status == http.StatusAccepted:
		return verdict{class: taken, status: status}
	case status/100 == 2:
		v.class, v.detail = taken, "the Receiver answered "+strconv.Itoa(status)+" where RFC 8935 asks for 202"
		return v
	case status == http.StatusBadRequest:
		return judgeError(v, body)
	case status == http.StatusGone:
		v.class = gone
		return v
	case status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		v.class = refused
		return v
	case status/100 == 3:
		v.detail = "redirects are not followed; set the stream's endpoint_url to the final address"
	}
	v.class = endpoint
	v.retryAfter = retryAfter(header.Get("Retry-After"), now)
	return v
}

// judgeLogout understands the answer to a logout token: 200 or 204 says that
// the user is signed out there, 400 that the token was refused or the logout
// failed (OIDC BCL §2.8). Any other is judged as that of a push endpoint.
func judgeLogout(status int, header http.Header, body []byte, now time.Time) verdict {
	v := judge(status, header, body, now)
	switch {
	case status == http.StatusOK, status == http.StatusNoContent:
		return verdict{class: taken, status: status}
	case status/100 == 2:
		v.err, v.detail = "http_"+strconv.Itoa(status),
			"the application answered "+strconv.Itoa(status)+" where OpenID Connect Back-Channel Logout asks for 200"
	case status/100 == 3:
		v.detail = "redirects are not followed; set the provider's backchannel_logout_uri to the final address"
	case status == http.StatusBadRequest:
		return judgeLogoutError(verdict{class: refused, status: status, err: "http_400"}, body)
	}
	return v
}

// judgeLogoutError reads the JSON object that a 400 may have (OIDC BCL §2.8).
// Whatever it says, this token was refused.
func judgeLogoutError(v verdict, body []byte) verdict {
	var e struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil || e.Code == "" {
		v.detail = "the application answered 400 without an error object: " + excerpt(body, 200)
		return v
	}
	v.err, v.detail = clip(e.Code, 64), clip(e.Description, 1000)
	return v
}

// judgeError reads the error object of a 400 (RFC 8935 §2.3).
func judgeError(v verdict, body []byte) verdict {
	v.class = refused
	e, err := secevent.ParseError(body)
	if err != nil {
		v.detail = "the Receiver answered 400 without an error object: " + excerpt(body, 200)
		return v
	}
	v.err, v.detail = clip(string(e.Code), 64), clip(e.Description, 1000)
	if c, known := codeClasses[e.Code]; known {
		v.class = c
	}
	return v
}

// retryAfter reads the header's seconds or date (RFC 9110 §10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if s, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
