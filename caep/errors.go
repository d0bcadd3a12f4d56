// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
)

// ErrUnknownType is returned by Parse for an event type that is not one of
// Types. A Receiver acknowledges such an event and ignores it (SSF §4.2.3).
var ErrUnknownType = errors.New("event type is not one of CAEP 1.0")

// ErrUnknownValue is matched by a MemberError when the event is whole except
// that a closed enumeration holds a value that CAEP 1.0 does not list. Parse
// returns the event beside such an error, so that a lenient Receiver can
// decide to go on.
var ErrUnknownValue = errors.New("value is not one that the event type allows")

// MemberError says which member of an event breaks the definition of the
// event type, and how. It unwraps to a [secevent.Error] with the code
// invalid_request, which is the answer a Receiver owes (RFC 8935 §2.4).
type MemberError struct {
	Type   secevent.EventType // the event's type
	Member string             // JSON name of the member, "" for the event itself
	Reason string             // what is wrong, without the member's name

	// UnknownValue is true when the only fault is a value outside a closed
	// enumeration; the error then matches ErrUnknownValue.
	UnknownValue bool
}

// Error names the event type, the member and the reason.
func (e *MemberError) Error() string {
	if e.Member == "" {
		return fmt.Sprintf("event %s: %s", e.Type, e.Reason)
	}
	return fmt.Sprintf("event %s: member %q %s", e.Type, e.Member, e.Reason)
}

// Is reports whether target is ErrUnknownValue and applies.
func (e *MemberError) Is(target error) bool {
	return target == ErrUnknownValue && e.UnknownValue
}

// Unwrap returns the error in the words of RFC 8935 §2.4.
func (e *MemberError) Unwrap() error {
	return &secevent.Error{Code: secevent.InvalidRequest, Description: e.Error()}
}
