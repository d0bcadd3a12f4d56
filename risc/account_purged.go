// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeAccountPurged is the event type of AccountPurged (RISC §2.2).
const TypeAccountPurged secevent.EventType = base + "account-purged"

// AccountPurged says that the subject's account was permanently deleted
// (RISC §2.2).
type AccountPurged struct{}

// EventType returns TypeAccountPurged.
func (AccountPurged) EventType() secevent.EventType { return TypeAccountPurged }

// Validate returns nil: the event has no members.
func (AccountPurged) Validate() error { return nil }
