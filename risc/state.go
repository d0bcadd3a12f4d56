// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc

import (
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
)

// ErrTransition is returned by Next for an event that is not an edge of the
// state machine.
var ErrTransition = errors.New("no such change of the opt-out state")

// State is a user's choice whether RISC events about them are exchanged
// (RISC §2.8). The zero State is that of a user who never chose and counts as
// StateOptIn.
//
//	opt-in             opt-out-initiated -> opt-out-initiated
//	opt-out-initiated  opt-out-cancelled -> opt-in
//	opt-out-initiated  opt-out-effective -> opt-out
//	opt-out            opt-in            -> opt-in
//
// There are no other edges: nobody gets from opt-in to opt-out at once, which
// would let a hijacker cut off the warnings about the hijacking.
type State string

// The states of a user.
const (
	StateOptIn           State = "opt-in"            // events are exchanged
	StateOptOutInitiated State = "opt-out-initiated" // events are still exchanged
	StateOptOut          State = "opt-out"           // no events but opt-in
)

// Next returns the state after an event of type t. The error wraps
// ErrTransition if t does not lead anywhere from s; the state is then
// unchanged.
func (s State) Next(t secevent.EventType) (State, error) {
	switch s {
	case "", StateOptIn:
		if t == TypeOptOutInitiated {
			return StateOptOutInitiated, nil
		}
	case StateOptOutInitiated:
		switch t {
		case TypeOptOutCancelled:
			return StateOptIn, nil
		case TypeOptOutEffective:
			return StateOptOut, nil
		}
	case StateOptOut:
		if t == TypeOptIn {
			return StateOptIn, nil
		}
	}
	return s, fmt.Errorf("state %q, event %s: %w", s, t, ErrTransition)
}

// Sends reports whether a Transmitter sends a RISC event of type t about a
// user in state s. For the opt events themselves s is the state before the
// change: the effective opt-out is the last event, and opt-in is the only one
// that leaves StateOptOut.
func (s State) Sends(t secevent.EventType) bool {
	return s != StateOptOut || t == TypeOptIn
}
