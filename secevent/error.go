// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrorCode says what is wrong with a SET (RFC 8935 §2.4). The registry grows,
// so codes that are not listed here occur.
type ErrorCode string

// The codes of RFC 8935 §2.4, and the one that SSF §8.1.4.1 adds.
const (
	InvalidRequest       ErrorCode = "invalid_request"       // not a SET, or an event breaks its definition
	InvalidKey           ErrorCode = "invalid_key"           // the key is unknown or not acceptable
	InvalidIssuer        ErrorCode = "invalid_issuer"        // the issuer is not accepted
	InvalidAudience      ErrorCode = "invalid_audience"      // the SET is meant for somebody else
	AuthenticationFailed ErrorCode = "authentication_failed" // the signature or the Transmitter is not authentic
	AccessDenied         ErrorCode = "access_denied"         // the Transmitter may not send this SET
	InvalidState         ErrorCode = "invalid_state"         // the state of a verification is not the expected one
)

// Error is a Receiver's answer that a SET is bad. Its JSON is the body of the
// answer to a push and the value in "setErrs" of a poll (RFC 8935 §2.3, RFC
// 8936 §2.6).
type Error struct {
	// Code is "err".
	Code ErrorCode `json:"err"`

	// Description is for the people who run the Transmitter. It may be sent
	// to them, so it holds nothing that they did not send.
	Description string `json:"description"`

	// Err is the cause, for the log of the Receiver only; nil if there is
	// none or the description tells it.
	Err error `json:"-"`
}

// Error returns the code, the description and the cause.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Description != "" {
		text += ": " + e.Description
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ParseError reads the error that a Receiver answered with. It takes any
// code, since new ones may be registered, and a missing description. An error
// means that the answer says nothing about the SET, as that of a proxy does.
func ParseError(data []byte) (*Error, error) {
	var body struct {
		Code        ErrorCode `json:"err"`
		Description *string   `json:"description"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, fmt.Errorf("SET error: %w", err)
	}
	if body.Code == "" {
		return nil, errors.New(`SET error: "err" is missing or empty`)
	}
	e := &Error{Code: body.Code}
	if body.Description != nil {
		e.Description = *body.Description
	}
	return e, nil
}

func invalidRequest(format string, args ...any) *Error {
	return &Error{Code: InvalidRequest, Description: fmt.Sprintf(format, args...)}
}
