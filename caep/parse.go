// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
)

// base is what all event types of CAEP 1.0 begin with (CAEP §3). Types are
// compared as whole strings: a prefix says nothing about a type.
const base = "https://schemas.openid.net/secevent/caep/event-type/"

// Types lists the event types of CAEP 1.0 in the order of the profile.
func Types() []secevent.EventType {
	return []secevent.EventType{
		TypeSessionRevoked,
		TypeTokenClaimsChange,
		TypeCredentialChange,
		TypeAssuranceLevelChange,
		TypeDeviceComplianceChange,
		TypeSessionEstablished,
		TypeSessionPresented,
		TypeRiskLevelChange,
	}
}

// Parse reads the payload of an event and validates it. The result is one of
// the struct types of this package, by value.
//
// The error wraps ErrUnknownType if the type is not one of Types. Any other
// error is a *MemberError. If that matches ErrUnknownValue the event is
// returned beside it; with any other error the event is nil.
//
// Members that the type does not define are ignored, as are members that
// differ from a defined one only in case. Duplicate names are not detected
// here but in secevent, which sees the whole token.
func Parse(t secevent.EventType, payload json.RawMessage) (secevent.Event, error) {
	switch t {
	case TypeSessionRevoked:
		return parse[SessionRevoked](payload)
	case TypeTokenClaimsChange:
		return parse[TokenClaimsChange](payload)
	case TypeCredentialChange:
		return parse[CredentialChange](payload)
	case TypeAssuranceLevelChange:
		return parse[AssuranceLevelChange](payload)
	case TypeDeviceComplianceChange:
		return parse[DeviceComplianceChange](payload)
	case TypeSessionEstablished:
		return parse[SessionEstablished](payload)
	case TypeSessionPresented:
		return parse[SessionPresented](payload)
	case TypeRiskLevelChange:
		return parse[RiskLevelChange](payload)
	}
	return nil, fmt.Errorf("event %s: %w", t, ErrUnknownType)
}

func parse[E secevent.Event](payload json.RawMessage) (secevent.Event, error) {
	var event E
	if err := Decode(event.EventType(), payload, &event); err != nil {
		return nil, err
	}
	err := event.Validate()
	if err != nil && !errors.Is(err, ErrUnknownValue) {
		return nil, err
	}
	return event, err
}

// Decode reads the payload of an event of type t into the struct that event
// points to, without validating it. It is exported for the event types of
// other profiles, whose members are named in lower case too.
//
// Members are found by their exact names: encoding/json alone would also take
// "Change_Type" for change_type. Errors are of type *MemberError.
func Decode(t secevent.EventType, payload json.RawMessage, event any) error {
	var members map[string]json.RawMessage
	if !bytes.HasPrefix(bytes.TrimLeft(payload, " \t\r\n"), []byte("{")) {
		return &MemberError{Type: t, Reason: "payload is not a JSON object"}
	}
	if err := json.Unmarshal(payload, &members); err != nil {
		return &MemberError{Type: t, Reason: "payload is not valid JSON"}
	}
	for name := range members {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			delete(members, name)
		}
	}
	exact, err := json.Marshal(members)
	if err != nil {
		return &MemberError{Type: t, Reason: "payload is not valid JSON"}
	}
	if err := json.Unmarshal(exact, event); err != nil {
		return memberError(t, err)
	}
	return nil
}
