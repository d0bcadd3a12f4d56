// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import (
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// TypeIdentifierChanged is the event type of IdentifierChanged (RISC §2.5).
const TypeIdentifierChanged secevent.EventType = base + "identifier-changed"

// IdentifierChanged says that the identifier in the subject, which is the old
// value, has changed. Only the provider that is authoritative for the
// identifier should send it; others send RecoveryInformationChanged
// (RISC §2.5).
type IdentifierChanged struct {
	// NewValue is the new identifier. Optional. It is not checked on receipt:
	// nothing obliges a sender to the form of the old one.
	NewValue string `json:"new-value,omitempty"`
}

// EventType returns TypeIdentifierChanged.
func (IdentifierChanged) EventType() secevent.EventType { return TypeIdentifierChanged }

// Validate returns nil: the only member is optional.
func (IdentifierChanged) Validate() error { return nil }

// CheckSubject returns an error unless the subject is an email address or a
// phone number (RISC §2.5).
func (e IdentifierChanged) CheckSubject(id subject.Identifier) error {
	return emailOrPhone(e.EventType(), id)
}
