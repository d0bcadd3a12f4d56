// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeRiskLevelChange is the event type of RiskLevelChange (CAEP §3.8).
const TypeRiskLevelChange secevent.EventType = base + "risk-level-change"

// RiskLevelChange says that the risk which the Transmitter sees in the subject
// has changed (CAEP §3.8).
type RiskLevelChange struct {
	Common

	// Principal is the kind of entity the risk is about. Required.
	Principal Principal `json:"principal"`

	// CurrentLevel is the level after the change. Required.
	CurrentLevel RiskLevel `json:"current_level"`

	// PreviousLevel is the level before. Empty means that the Transmitter
	// does not know it.
	PreviousLevel RiskLevel `json:"previous_level,omitempty"`

	// RiskReason says what raised or lowered the risk. Recommended.
	RiskReason string `json:"risk_reason,omitempty"`
}

// Principal is a kind of entity that an event is about. The enumeration is
// open (CAEP §3.8).
type Principal string

// The values of Principal that CAEP defines.
const (
	PrincipalUser    Principal = "USER"
	PrincipalDevice  Principal = "DEVICE"
	PrincipalSession Principal = "SESSION"
	PrincipalTenant  Principal = "TENANT"
	PrincipalOrgUnit Principal = "ORG_UNIT"
	PrincipalGroup   Principal = "GROUP"
)

// RiskLevel is how high a risk is. The enumeration is closed and in upper case
// (CAEP §3.8).
type RiskLevel string

// The values of RiskLevel.
const (
	RiskLow    RiskLevel = "LOW"
	RiskMedium RiskLevel = "MEDIUM"
	RiskHigh   RiskLevel = "HIGH"
)

// EventType returns TypeRiskLevelChange.
func (RiskLevelChange) EventType() secevent.EventType { return TypeRiskLevelChange }

// Validate checks the required members and the closed enumerations.
func (e RiskLevelChange) Validate() error {
	c := check{event: e.EventType()}
	c.required("principal", string(e.Principal))
	c.required("current_level", string(e.CurrentLevel))
	oneOf(&c, "current_level", e.CurrentLevel, RiskLow, RiskMedium, RiskHigh)
	oneOf(&c, "previous_level", e.PreviousLevel, RiskLow, RiskMedium, RiskHigh)
	c.common(e.Common)
	return c.err()
}
