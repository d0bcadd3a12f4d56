// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// Common holds the claims that every CAEP event may carry inside the event
// object (CAEP §2). All are optional; zero fields are left out of the JSON.
type Common struct {
	// EventTimestamp is when the change happened, which may be long before
	// the SET was issued.
	EventTimestamp Timestamp `json:"event_timestamp,omitzero"`

	// InitiatingEntity is who or what caused the change.
	InitiatingEntity InitiatingEntity `json:"initiating_entity,omitempty"`

	// ReasonAdmin is a text for logs and administrators.
	ReasonAdmin Reason `json:"reason_admin,omitempty"`

	// ReasonUser is a text that may be shown to the end user.
	ReasonUser Reason `json:"reason_user,omitempty"`
}

// InitiatingEntity says who or what caused an event. The enumeration is closed
// (CAEP §2).
type InitiatingEntity string

// The values of InitiatingEntity.
const (
	ByAdmin  InitiatingEntity = "admin"  // an administrator
	ByUser   InitiatingEntity = "user"   // the end user
	ByPolicy InitiatingEntity = "policy" // a policy evaluation
	BySystem InitiatingEntity = "system" // a system or platform assertion
)

// CommonOf returns the common claims of a CAEP event that Parse returned, and
// false for an event of another profile.
func CommonOf(event secevent.Event) (Common, bool) {
	e, ok := event.(interface{ common() Common })
	if !ok {
		return Common{}, false
	}
	return e.common(), true
}

// common is promoted to each event type, which is how CommonOf tells them
// from foreign events.
func (c Common) common() Common { return c }
