// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import (
	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
)

// TypeCredentialCompromise is the event type of CredentialCompromise
// (RISC §2.7).
const TypeCredentialCompromise secevent.EventType = base + "credential-compromise"

// CredentialCompromise says that a credential of the subject was found to be
// known to others (RISC §2.7).
type CredentialCompromise struct {
	// CredentialType is what kind of credential it is, in the words of CAEP
	// §3.3. Required.
	CredentialType caep.CredentialType `json:"credential_type"`

	// EventTimestamp is when the Transmitter discovered the compromise.
	EventTimestamp caep.Timestamp `json:"event_timestamp,omitzero"`

	// ReasonAdmin and ReasonUser are texts for administrators and users.
	//
	// SPEC: the profile does not state their type; they are written as CAEP
	// §2 has it and read in that form or as plain strings.
	ReasonAdmin caep.Reason `json:"reason_admin,omitempty"`
	ReasonUser  caep.Reason `json:"reason_user,omitempty"`
}

// EventType returns TypeCredentialCompromise.
func (CredentialCompromise) EventType() secevent.EventType { return TypeCredentialCompromise }

// Validate checks that the credential type is there and that the optional
// members are well-formed.
func (e CredentialCompromise) Validate() error {
	if e.CredentialType == "" {
		return e.wrong("credential_type", "is required")
	}
	if err := e.EventTimestamp.Validate(); err != nil {
		return e.wrong("event_timestamp", err.Error())
	}
	if err := e.ReasonAdmin.Validate(); err != nil {
		return e.wrong("reason_admin", err.Error())
	}
	if err := e.ReasonUser.Validate(); err != nil {
		return e.wrong("reason_user", err.Error())
	}
	return nil
}

func (e CredentialCompromise) wrong(member, reason string) error {
	return &caep.MemberError{Type: e.EventType(), Member: member, Reason: reason}
}
