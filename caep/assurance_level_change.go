// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeAssuranceLevelChange is the event type of AssuranceLevelChange
// (CAEP §3.4).
const TypeAssuranceLevelChange secevent.EventType = base + "assurance-level-change"

// AssuranceLevelChange says that the assurance with which the subject is known
// or was authenticated has changed (CAEP §3.4).
type AssuranceLevelChange struct {
	Common

	// Namespace says which scale the levels belong to. Required.
	Namespace Namespace `json:"namespace"`

	// CurrentLevel is the new level on that scale. Required.
	CurrentLevel string `json:"current_level"`

	// PreviousLevel is the level before. Empty means that the Transmitter
	// does not know it.
	PreviousLevel string `json:"previous_level,omitempty"`

	// ChangeDirection should be set when PreviousLevel is.
	ChangeDirection ChangeDirection `json:"change_direction,omitempty"`
}

// Namespace is a scale of assurance levels. The enumeration is open: an alias
// that both sides agreed on is allowed (CAEP §3.4).
type Namespace string

// The values of Namespace that CAEP defines.
const (
	NamespaceRFC8176     Namespace = "RFC8176"
	NamespaceRFC6711     Namespace = "RFC6711"
	NamespaceISOIEC29115 Namespace = "ISO-IEC-29115"
	NamespaceNISTIAL     Namespace = "NIST-IAL"
	NamespaceNISTAAL     Namespace = "NIST-AAL"
	NamespaceNISTFAL     Namespace = "NIST-FAL"
)

// ChangeDirection says whether assurance rose or fell. The enumeration is
// closed (CAEP §3.4).
type ChangeDirection string

// The values of ChangeDirection.
const (
	Increase ChangeDirection = "increase"
	Decrease ChangeDirection = "decrease"
)

// EventType returns TypeAssuranceLevelChange.
func (AssuranceLevelChange) EventType() secevent.EventType { return TypeAssuranceLevelChange }

// Validate checks the required members and the closed enumerations.
func (e AssuranceLevelChange) Validate() error {
	c := check{event: e.EventType()}
	c.required("namespace", string(e.Namespace))
	c.required("current_level", e.CurrentLevel)
	oneOf(&c, "change_direction", e.ChangeDirection, Increase, Decrease)
	c.common(e.Common)
	return c.err()
}
