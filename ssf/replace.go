// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "github.com/tocsin-id/tocsin/secevent"

// ReplaceRequest is the body of a PUT of a stream: what the Receiver sets is
// replaced as a whole, so what is absent is deleted (SSF §8.1.1.4).
type ReplaceRequest struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// EventsRequested is the event types that the Receiver wants. Nil asks
	// for the Transmitter's choice, as at creation.
	EventsRequested []secevent.EventType `json:"events_requested,omitzero"`

	// Delivery is how SETs are to be delivered. Required.
	//
	// SPEC: a stream cannot be without a delivery, so a PUT cannot delete it.
	Delivery Delivery `json:"delivery"`

	// Description is a text for the people who run the Transmitter.
	Description string `json:"description,omitempty"`

	TransmitterSupplied
}

// ParseReplace reads the body of a PUT. The error is a *RequestError.
func ParseReplace(body []byte) (*ReplaceRequest, error) {
	o := parseObject(body)
	r := &ReplaceRequest{
		StreamID:            o.requiredText("stream_id"),
		EventsRequested:     texts[secevent.EventType](o, "events_requested"),
		Description:         o.optionalText("description"),
		TransmitterSupplied: o.transmitterSupplied(),
	}
	o.required("delivery")
	if d := o.delivery("delivery"); d != nil {
		r.Delivery = *d
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// Check returns a *RequestError if the request changes what only the
// Transmitter sets. The configuration to compare with is the one before the
// replacement (SSF §8.1.1.4).
func (r *ReplaceRequest) Check(current *Stream) error {
	if err := r.check(current); err != nil {
		return err
	}
	return checkPollURL(&r.Delivery, current)
}
