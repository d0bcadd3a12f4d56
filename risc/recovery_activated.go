// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeRecoveryActivated is the event type of RecoveryActivated (RISC §2.9).
const TypeRecoveryActivated secevent.EventType = base + "recovery-activated"

// RecoveryActivated says that the user activated a recovery flow (RISC §2.9).
type RecoveryActivated struct{}

// EventType returns TypeRecoveryActivated.
func (RecoveryActivated) EventType() secevent.EventType { return TypeRecoveryActivated }

// Validate returns nil: the event has no members.
func (RecoveryActivated) Validate() error { return nil }
