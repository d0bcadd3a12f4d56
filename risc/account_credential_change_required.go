// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeAccountCredentialChangeRequired is the event type of
// AccountCredentialChangeRequired (RISC §2.1).
const TypeAccountCredentialChangeRequired secevent.EventType = base + "account-credential-change-required"

// AccountCredentialChangeRequired says that the subject's account had to
// change a credential, for example after a theft was suspected (RISC §2.1).
type AccountCredentialChangeRequired struct{}

// EventType returns TypeAccountCredentialChangeRequired.
func (AccountCredentialChangeRequired) EventType() secevent.EventType {
	return TypeAccountCredentialChangeRequired
}

// Validate returns nil: the event has no members.
func (AccountCredentialChangeRequired) Validate() error { return nil }
