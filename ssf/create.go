// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "github.com/tocsin-id/tocsin/secevent"

// CreateRequest is the body that creates a stream (SSF §8.1.1.1). All members
// are optional.
type CreateRequest struct {
	// EventsRequested is the event types that the Receiver wants. Nil asks
	// for the Transmitter's choice; a Receiver should always say what it
	// understands.
	EventsRequested []secevent.EventType `json:"events_requested,omitzero"`

	// Delivery is how SETs are to be delivered. Nil means Poll.
	Delivery *Delivery `json:"delivery,omitempty"`

	// Description is a text for the people who run the Transmitter.
	Description string `json:"description,omitempty"`
}

// ParseCreate reads the body of a request to create a stream. Members that
// only a Transmitter sets, such as stream_id and aud, are ignored: the
// Receiver does not get to choose them (SSF §8.1.1.1). The endpoint_url of a
// Delivery by Poll is kept and has no meaning.
//
// The error is a *RequestError.
func ParseCreate(body []byte) (*CreateRequest, error) {
	o := parseObject(body)
	r := &CreateRequest{
		EventsRequested: texts[secevent.EventType](o, "events_requested"),
		Delivery:        o.delivery("delivery"),
		Description:     o.optionalText("description"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}
