// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeSessionEstablished is the event type of SessionEstablished (CAEP §3.6).
const TypeSessionEstablished secevent.EventType = base + "session-established"

// SessionEstablished says that the Transmitter has started a new session for
// the subject (CAEP §3.6). EventTimestamp is when.
type SessionEstablished struct {
	Common

	// FPUA is a fingerprint of the user agent. It describes the session and
	// does not identify it.
	FPUA string `json:"fp_ua,omitempty"`

	// ACR is the authentication context class, with the meaning it has in an
	// ID Token.
	ACR string `json:"acr,omitempty"`

	// AMR lists the authentication methods, with the meanings they have in an
	// ID Token.
	AMR []string `json:"amr,omitempty"`

	// ExtID identifies a wider session that this one belongs to.
	ExtID string `json:"ext_id,omitempty"`
}

// EventType returns TypeSessionEstablished.
func (SessionEstablished) EventType() secevent.EventType { return TypeSessionEstablished }

// Validate checks the common claims; the event requires no others.
func (e SessionEstablished) Validate() error {
	c := check{event: e.EventType()}
	c.common(e.Common)
	return c.err()
}
