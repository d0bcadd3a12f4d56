// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeAccountEnabled is the event type of AccountEnabled (RISC §2.4).
const TypeAccountEnabled secevent.EventType = base + "account-enabled"

// AccountEnabled says that the subject's account was enabled (RISC §2.4).
type AccountEnabled struct{}

// EventType returns TypeAccountEnabled.
func (AccountEnabled) EventType() secevent.EventType { return TypeAccountEnabled }

// Validate returns nil: the event has no members.
func (AccountEnabled) Validate() error { return nil }
