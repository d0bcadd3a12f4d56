// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeRecoveryInformationChanged is the event type of RecoveryInformationChanged
// (RISC §2.10).
const TypeRecoveryInformationChanged secevent.EventType = base + "recovery-information-changed"

// RecoveryInformationChanged says that the user changed data that is used
// for account recovery, such as a second email address (RISC §2.10).
type RecoveryInformationChanged struct{}

// EventType returns TypeRecoveryInformationChanged.
func (RecoveryInformationChanged) EventType() secevent.EventType {
	return TypeRecoveryInformationChanged
}

// Validate returns nil: the event has no members.
func (RecoveryInformationChanged) Validate() error { return nil }
