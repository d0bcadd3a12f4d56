// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"encoding/json"

	"github.com/tocsin-id/tocsin/secevent"
)

// Stream is the configuration of a stream as a Transmitter shows it
// (SSF §8.1.1). Lists of event types are sets: order and repetition have no
// meaning.
//
// A Stream that was read can be sent back with PUT unchanged (SSF §8.1.1.4),
// so what is absent stays absent: a nil list is left out and an empty one is
// written as [].
type Stream struct {
	// ID identifies the stream at its Transmitter. Required.
	ID string `json:"stream_id"`

	// Issuer is the iss of the metadata and of every SET. Required.
	Issuer string `json:"iss"`

	// Audience is the aud of every SET. Required; it never changes.
	Audience secevent.Audience `json:"aud"`

	// EventsSupported is what this Receiver could have.
	EventsSupported []secevent.EventType `json:"events_supported,omitzero"`

	// EventsRequested is what the Receiver asked for, including types that
	// the Transmitter does not know.
	EventsRequested []secevent.EventType `json:"events_requested,omitzero"`

	// EventsDelivered is what the Receiver gets. Required: nil is written as
	// [] too.
	EventsDelivered []secevent.EventType `json:"events_delivered"`

	// Delivery is how. Required.
	Delivery Delivery `json:"delivery"`

	// MinVerificationInterval is the least number of seconds between two
	// verification requests; 0 for no limit.
	MinVerificationInterval int `json:"min_verification_interval,omitempty"`

	// Description is a text of the Receiver.
	Description string `json:"description,omitempty"`

	// InactivityTimeout is the number of seconds without activity of the
	// Receiver after which the Transmitter may pause, disable or delete the
	// stream; 0 for never. Deliveries are no activity of the Receiver.
	InactivityTimeout int `json:"inactivity_timeout,omitempty"`
}

// MarshalJSON writes the configuration with events_delivered as an array in
// any case.
func (s Stream) MarshalJSON() ([]byte, error) {
	type plain Stream
	if s.EventsDelivered == nil {
		s.EventsDelivered = []secevent.EventType{}
	}
	return json.Marshal(plain(s))
}
