// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeSessionRevoked is the event type of SessionRevoked (CAEP §3.1).
const TypeSessionRevoked secevent.EventType = base + "session-revoked"

// SessionRevoked says that the sessions that the subject identifies are
// revoked. With a complex subject it applies to every session that matches
// the combination of its members (CAEP §3.1).
//
// EventTimestamp is the time of the revocation: sessions established after it
// stay alive.
type SessionRevoked struct{ Common }

// EventType returns TypeSessionRevoked.
func (SessionRevoked) EventType() secevent.EventType { return TypeSessionRevoked }

// Validate checks the common claims; the event has no others.
func (e SessionRevoked) Validate() error {
	c := check{event: e.EventType()}
	c.common(e.Common)
	return c.err()
}
