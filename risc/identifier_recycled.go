// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import (
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// TypeIdentifierRecycled is the event type of IdentifierRecycled (RISC §2.6).
const TypeIdentifierRecycled secevent.EventType = base + "identifier-recycled"

// IdentifierRecycled says that the identifier in the subject now belongs to
// another user (RISC §2.6).
type IdentifierRecycled struct{}

// EventType returns TypeIdentifierRecycled.
func (IdentifierRecycled) EventType() secevent.EventType { return TypeIdentifierRecycled }

// Validate returns nil: the event has no members.
func (IdentifierRecycled) Validate() error { return nil }

// CheckSubject returns an error unless the subject is an email address or a
// phone number (RISC §2.6).
func (e IdentifierRecycled) CheckSubject(id subject.Identifier) error {
	return emailOrPhone(e.EventType(), id)
}

// emailOrPhone checks the subject of the two events about identifiers. The
// profile's word for the second format is "phone"; the registered name is
// phone_number (RFC 9493 §3.2.5).
func emailOrPhone(t secevent.EventType, id subject.Identifier) error {
	if id == nil {
		return &caep.MemberError{Type: t, Reason: "has no subject, want an email address or a phone number"}
	}
	switch id.Format() {
	case "email", "phone_number":
		return nil
	}
	return &caep.MemberError{
		Type:   t,
		Reason: fmt.Sprintf("has a subject of format %q, want email or phone_number", id.Format()),
	}
}
