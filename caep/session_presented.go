// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeSessionPresented is the event type of SessionPresented (CAEP §3.7).
const TypeSessionPresented secevent.EventType = base + "session-presented"

// SessionPresented says that the Transmitter saw the session in use at
// EventTimestamp (CAEP §3.7).
type SessionPresented struct {
	Common

	// FPUA is a fingerprint of the user agent that presented the session.
	FPUA string `json:"fp_ua,omitempty"`

	// ExtID identifies a wider session that this one belongs to.
	ExtID string `json:"ext_id,omitempty"`
}

// EventType returns TypeSessionPresented.
func (SessionPresented) EventType() secevent.EventType { return TypeSessionPresented }

// Validate checks the common claims; the event requires no others.
func (e SessionPresented) Validate() error {
	c := check{event: e.EventType()}
	c.common(e.Common)
	return c.err()
}
