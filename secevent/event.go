// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"fmt"

	"github.com/tocsin-id/tocsin/subject"
)

// EventType is the URI that names a type of event. URIs are compared as exact
// strings (RFC 8417 §2.2).
type EventType string

// Event is the payload of one event. Its JSON is an object that holds the
// claims of the event and not its type.
type Event interface {
	// EventType returns the URI under which the payload stands.
	EventType() EventType

	// Validate reports a claim that is missing or not allowed.
	Validate() error
}

// Payload returns the part of a SET that does not depend on who gets it: a
// JSON object with "sub_id" and "events". The bytes are the same for the same
// arguments. It validates both, so that no SET is signed which a Receiver has
// to refuse.
func Payload(sub subject.Identifier, ev Event) (json.RawMessage, error) {
	if sub == nil {
		return nil, fmt.Errorf("event %s: no subject", ev.EventType())
	}
	if err := sub.Validate(); err != nil {
		return nil, fmt.Errorf("event %s: %w", ev.EventType(), err)
	}
	if err := ev.Validate(); err != nil {
		return nil, fmt.Errorf("event %s: %w", ev.EventType(), err)
	}
	subID, err := sub.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", ev.EventType(), err)
	}
	claims, err := json.Marshal(ev)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", ev.EventType(), err)
	}
	if !isObject(claims) {
		return nil, fmt.Errorf("event %s: its JSON must be an object", ev.EventType())
	}
	dst := append([]byte(`{"sub_id":`), subID...)
	dst = append(dst, `,"events":{`...)
	dst = appendString(dst, string(ev.EventType()))
	dst = append(dst, ':')
	dst = append(dst, claims...)
	return append(dst, "}}"...), nil
}

// isObject reports whether valid compact JSON is an object.
func isObject(data []byte) bool { return len(data) > 0 && data[0] == '{' }
