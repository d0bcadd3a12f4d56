// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "github.com/tocsin-id/tocsin/secevent"

// UpdateRequest is the body of a PATCH of a stream: members that are present
// are changed, members that are absent stay (SSF §8.1.1.3). Nil means absent.
type UpdateRequest struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// EventsRequested replaces the requested types; empty asks for none.
	EventsRequested []secevent.EventType `json:"events_requested,omitzero"`

	// Delivery replaces the delivery as a whole: without
	// AuthorizationHeader the stream has none afterwards.
	Delivery *Delivery `json:"delivery,omitempty"`

	// Description replaces the description.
	Description *string `json:"description,omitempty"`

	TransmitterSupplied
}

// ParseUpdate reads the body of a PATCH. The error is a *RequestError.
func ParseUpdate(body []byte) (*UpdateRequest, error) {
	o := parseObject(body)
	r := &UpdateRequest{
		StreamID:            o.requiredText("stream_id"),
		EventsRequested:     texts[secevent.EventType](o, "events_requested"),
		Delivery:            o.delivery("delivery"),
		Description:         o.text("description"),
		TransmitterSupplied: o.transmitterSupplied(),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// Check returns a *RequestError if the request changes what only the
// Transmitter sets. The configuration to compare with is the one before the
// update (SSF §8.1.1.3).
func (r *UpdateRequest) Check(current *Stream) error {
	if err := r.check(current); err != nil {
		return err
	}
	return checkPollURL(r.Delivery, current)
}
