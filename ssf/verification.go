// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "github.com/tocsin-id/tocsin/secevent"

// VerificationRequest asks for a verification event (SSF §8.1.4.2).
type VerificationRequest struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// State is any text, which the event will carry unchanged. The empty
	// text is a state; nil is none.
	State *string `json:"state,omitempty"`
}

// ParseVerification reads the body of a request for a verification event. The
// error is a *RequestError.
func ParseVerification(body []byte) (*VerificationRequest, error) {
	o := parseObject(body)
	r := &VerificationRequest{
		StreamID: o.requiredText("stream_id"),
		State:    o.text("state"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// TypeVerification is the event type of Verification (SSF §8.1.4.1).
const TypeVerification secevent.EventType = "https://schemas.openid.net/secevent/ssf/event-type/verification"

// Verification shows that a stream works from end to end (SSF §8.1.4.1). The
// subject of the SET is StreamSubject. It may be sent although the stream does
// not list its type (SSF §8.1.4).
type Verification struct {
	// State is that of the request which caused the event; nil if the
	// request had none, or if the Transmitter sends the event unasked.
	State *string `json:"state,omitempty"`
}

// EventType returns TypeVerification.
func (Verification) EventType() secevent.EventType { return TypeVerification }

// Validate returns nil: the only member is optional.
func (Verification) Validate() error { return nil }
