// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import "github.com/tocsin-id/tocsin/secevent"

// TypeSessionsRevoked is the event type of SessionsRevoked (RISC §2.11).
const TypeSessionsRevoked secevent.EventType = base + "sessions-revoked"

// SessionsRevoked says that all sessions of the subject were revoked. It is
// deprecated: send caep.SessionRevoked instead, and keep accepting this one
// (RISC §2.11).
type SessionsRevoked struct{}

// EventType returns TypeSessionsRevoked.
func (SessionsRevoked) EventType() secevent.EventType { return TypeSessionsRevoked }

// Validate returns nil: the event has no members.
func (SessionsRevoked) Validate() error { return nil }
