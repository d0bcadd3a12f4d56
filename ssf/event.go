// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// ErrUnknownType is returned by ParseEvent for an event type that is not one
// of EventTypes.
var ErrUnknownType = errors.New("event type is not one of SSF 1.0")

// EventTypes lists the event types that SSF itself defines. They are about the
// stream and may be sent on any stream; a Receiver does not request them.
func EventTypes() []secevent.EventType {
	return []secevent.EventType{TypeVerification, TypeStreamUpdated}
}

// StreamSubject returns the subject of the events about a stream (SSF
// §8.1.4.1, §8.1.5).
func StreamSubject(streamID string) subject.Identifier { return subject.Opaque(streamID) }

// ParseEvent reads the payload of one of EventTypes and returns a Verification
// or a StreamUpdated by value. Members that SSF does not define are ignored.
//
// The error wraps ErrUnknownType or is a *secevent.Error.
func ParseEvent(t secevent.EventType, payload json.RawMessage) (secevent.Event, error) {
	o := parseObject(payload)
	var event secevent.Event
	switch t {
	case TypeVerification:
		event = Verification{State: o.text("state")}
	case TypeStreamUpdated:
		event = StreamUpdated{Status: o.status("status"), Reason: o.optionalText("reason")}
	default:
		return nil, fmt.Errorf("event %s: %w", t, ErrUnknownType)
	}
	if fault := *o.fault; fault != nil {
		what := "payload"
		if fault.Member != "" {
			what = fmt.Sprintf("member %q", fault.Member)
		}
		return nil, &secevent.Error{
			Code:        secevent.InvalidRequest,
			Description: fmt.Sprintf("event %s: %s %s", t, what, fault.Reason),
		}
	}
	return event, nil
}
