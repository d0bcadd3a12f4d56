// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeAccountDisabled is the event type of AccountDisabled (RISC §2.3).
const TypeAccountDisabled secevent.EventType = base + "account-disabled"

// AccountDisabled says that the subject's account was disabled. It may be
// enabled again later (RISC §2.3).
type AccountDisabled struct {
	// Reason is why. Optional.
	Reason DisabledReason `json:"reason,omitempty"`
}

// DisabledReason is why an account was disabled. The profile lists possible
// values, so others are accepted (RISC §2.3).
type DisabledReason string

// The values of DisabledReason that RISC lists.
const (
	DisabledHijacking   DisabledReason = "hijacking"    // taken over by somebody else
	DisabledBulkAccount DisabledReason = "bulk-account" // one of many made by a machine
)

// EventType returns TypeAccountDisabled.
func (AccountDisabled) EventType() secevent.EventType { return TypeAccountDisabled }

// Validate returns nil: the reason is optional and open.
func (AccountDisabled) Validate() error { return nil }
