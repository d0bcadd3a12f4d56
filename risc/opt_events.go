// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// The event types that report a user's choice whether RISC events about them
// are exchanged.
const (
	TypeOptIn           secevent.EventType = base + "opt-in"            // RISC §2.8.1
	TypeOptOutInitiated secevent.EventType = base + "opt-out-initiated" // RISC §2.8.2
	TypeOptOutCancelled secevent.EventType = base + "opt-out-cancelled" // RISC §2.8.3
	TypeOptOutEffective secevent.EventType = base + "opt-out-effective" // RISC §2.8.4
)

// OptIn says that the user opted in; the state is StateOptIn (RISC §2.8.1).
type OptIn struct{}

// EventType returns TypeOptIn.
func (OptIn) EventType() secevent.EventType { return TypeOptIn }

// Validate returns nil: the event has no members.
func (OptIn) Validate() error { return nil }

// OptOutInitiated says that the user asked to opt out. Events go on for a
// while, so that a hijacker cannot silence them (RISC §2.8.2).
type OptOutInitiated struct{}

// EventType returns TypeOptOutInitiated.
func (OptOutInitiated) EventType() secevent.EventType { return TypeOptOutInitiated }

// Validate returns nil: the event has no members.
func (OptOutInitiated) Validate() error { return nil }

// OptOutCancelled says that the user took the wish to opt out back; the state
// is StateOptIn again (RISC §2.8.3).
type OptOutCancelled struct{}

// EventType returns TypeOptOutCancelled.
func (OptOutCancelled) EventType() secevent.EventType { return TypeOptOutCancelled }

// Validate returns nil: the event has no members.
func (OptOutCancelled) Validate() error { return nil }

// OptOutEffective says that the user is now opted out; no further events
// follow (RISC §2.8.4).
type OptOutEffective struct{}

// EventType returns TypeOptOutEffective.
func (OptOutEffective) EventType() secevent.EventType { return TypeOptOutEffective }

// Validate returns nil: the event has no members.
func (OptOutEffective) Validate() error { return nil }
