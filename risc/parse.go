// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
)

// ErrUnknownType is returned by Parse for an event type that is not one of
// Types. A Receiver acknowledges such an event and ignores it (SSF §4.2.3).
var ErrUnknownType = errors.New("event type is not one of RISC 1.0")

// base is what all event types of RISC 1.0 begin with (RISC §2).
const base = "https://schemas.openid.net/secevent/risc/event-type/"

// Types lists the event types of RISC 1.0 in the order of the profile. The
// last one, TypeSessionsRevoked, is deprecated.
func Types() []secevent.EventType {
	return []secevent.EventType{
		TypeAccountCredentialChangeRequired,
		TypeAccountPurged,
		TypeAccountDisabled,
		TypeAccountEnabled,
		TypeIdentifierChanged,
		TypeIdentifierRecycled,
		TypeCredentialCompromise,
		TypeOptIn,
		TypeOptOutInitiated,
		TypeOptOutCancelled,
		TypeOptOutEffective,
		TypeRecoveryActivated,
		TypeRecoveryInformationChanged,
		TypeSessionsRevoked,
	}
}

// Parse reads the payload of an event and validates it. The result is one of
// the struct types of this package, by value.
//
// The error wraps ErrUnknownType if the type is not one of Types, and is a
// *[caep.MemberError] otherwise. Members that the type does not define are
// ignored (SSF §4.2.3); among them is the subject that older Transmitters put
// into the event.
func Parse(t secevent.EventType, payload json.RawMessage) (secevent.Event, error) {
	switch t {
	case TypeAccountCredentialChangeRequired:
		return parse[AccountCredentialChangeRequired](payload)
	case TypeAccountPurged:
		return parse[AccountPurged](payload)
	case TypeAccountDisabled:
		return parse[AccountDisabled](payload)
	case TypeAccountEnabled:
		return parse[AccountEnabled](payload)
	case TypeIdentifierChanged:
		return parse[IdentifierChanged](payload)
	case TypeIdentifierRecycled:
		return parse[IdentifierRecycled](payload)
	case TypeCredentialCompromise:
		return parse[CredentialCompromise](payload)
	case TypeOptIn:
		return parse[OptIn](payload)
	case TypeOptOutInitiated:
		return parse[OptOutInitiated](payload)
	case TypeOptOutCancelled:
		return parse[OptOutCancelled](payload)
	case TypeOptOutEffective:
		return parse[OptOutEffective](payload)
	case TypeRecoveryActivated:
		return parse[RecoveryActivated](payload)
	case TypeRecoveryInformationChanged:
		return parse[RecoveryInformationChanged](payload)
	case TypeSessionsRevoked:
		return parse[SessionsRevoked](payload)
	}
	return nil, fmt.Errorf("event %s: %w", t, ErrUnknownType)
}

func parse[E secevent.Event](payload json.RawMessage) (secevent.Event, error) {
	var event E
	if err := caep.Decode(event.EventType(), payload, &event); err != nil {
		return nil, err
	}
	if err := event.Validate(); err != nil {
		return nil, err
	}
	return event, nil
}
