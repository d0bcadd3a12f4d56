// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"fmt"
	"slices"

	"github.com/tocsin-id/tocsin/secevent"
)

// TransmitterSupplied holds the members of an update or a replacement that
// only the Transmitter sets. A Receiver leaves them out. If it sends them,
// because it sends back what it read, they have to match what the Transmitter
// has (SSF §8.1.1.3, §8.1.1.4). Nil means absent.
type TransmitterSupplied struct {
	Issuer                  *string              `json:"iss,omitempty"`
	Audience                secevent.Audience    `json:"aud,omitzero"`
	EventsSupported         []secevent.EventType `json:"events_supported,omitzero"`
	EventsDelivered         []secevent.EventType `json:"events_delivered,omitzero"`
	MinVerificationInterval *int                 `json:"min_verification_interval,omitempty"`
	InactivityTimeout       *int                 `json:"inactivity_timeout,omitempty"`
}

func (o *object) transmitterSupplied() TransmitterSupplied {
	return TransmitterSupplied{
		Issuer:                  o.text("iss"),
		Audience:                o.audience("aud"),
		EventsSupported:         texts[secevent.EventType](o, "events_supported"),
		EventsDelivered:         texts[secevent.EventType](o, "events_delivered"),
		MinVerificationInterval: o.integer("min_verification_interval"),
		InactivityTimeout:       o.integer("inactivity_timeout"),
	}
}

// audience returns a string or an array of strings, or nil if the member is
// absent.
func (o *object) audience(name string) secevent.Audience {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	if raw[0] == '"' {
		return secevent.Audience{o.optionalText(name)}
	}
	list := texts[string](o, name)
	if list == nil {
		return nil
	}
	return list
}

// check compares what the Receiver sent with the configuration before the
// change. Lists are compared as sets, and an audience of one is the same as a
// string or as an array (SSF §8.1.1).
func (t *TransmitterSupplied) check(current *Stream) error {
	switch {
	case t.Issuer != nil && *t.Issuer != current.Issuer:
		return mismatch("iss", current.Issuer)
	case t.Audience != nil && !sameSet(t.Audience, current.Audience):
		return mismatch("aud", current.Audience)
	case t.EventsSupported != nil && !sameSet(t.EventsSupported, current.EventsSupported):
		return mismatch("events_supported", current.EventsSupported)
	case t.EventsDelivered != nil && !sameSet(t.EventsDelivered, current.EventsDelivered):
		return mismatch("events_delivered", current.EventsDelivered)
	case t.MinVerificationInterval != nil && *t.MinVerificationInterval != current.MinVerificationInterval:
		return mismatch("min_verification_interval", current.MinVerificationInterval)
	case t.InactivityTimeout != nil && *t.InactivityTimeout != current.InactivityTimeout:
		return mismatch("inactivity_timeout", current.InactivityTimeout)
	}
	return nil
}

// checkPollURL compares the URL of a Delivery by Poll, which belongs to the
// Transmitter although it stands in a member of the Receiver (SSF §6.1.2).
func checkPollURL(d *Delivery, current *Stream) error {
	if d == nil || d.Method != Poll || d.EndpointURL == "" {
		return nil
	}
	if current.Delivery.Method != Poll || current.Delivery.EndpointURL != d.EndpointURL {
		return &RequestError{"delivery.endpoint_url", "is set by the Transmitter for poll delivery; leave it out or send it back unchanged"}
	}
	return nil
}

func mismatch(member string, current any) error {
	return &RequestError{member, fmt.Sprintf("is set by the Transmitter and must be left out or be %v", current)}
}

func sameSet[T ~string](a, b []T) bool {
	subset := func(a, b []T) bool {
		return !slices.ContainsFunc(a, func(x T) bool { return !slices.Contains(b, x) })
	}
	return subset(a, b) && subset(b, a)
}
