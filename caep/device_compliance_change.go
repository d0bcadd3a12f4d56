// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeDeviceComplianceChange is the event type of DeviceComplianceChange
// (CAEP §3.5).
const TypeDeviceComplianceChange secevent.EventType = base + "device-compliance-change"

// DeviceComplianceChange says that a device began or ceased to meet the
// policies of its organisation (CAEP §3.5).
type DeviceComplianceChange struct {
	Common

	// PreviousStatus is the status before the change. Required.
	PreviousStatus ComplianceStatus `json:"previous_status"`

	// CurrentStatus is the status after the change. Required.
	CurrentStatus ComplianceStatus `json:"current_status"`
}

// ComplianceStatus says whether a device meets the policies. The enumeration
// is closed: there is no value for unknown (CAEP §3.5).
type ComplianceStatus string

// The values of ComplianceStatus.
const (
	Compliant    ComplianceStatus = "compliant"
	NotCompliant ComplianceStatus = "not-compliant"
)

// EventType returns TypeDeviceComplianceChange.
func (DeviceComplianceChange) EventType() secevent.EventType { return TypeDeviceComplianceChange }

// Validate checks that both statuses are there and known. Equal statuses are
// allowed, though there is no reason to send them.
func (e DeviceComplianceChange) Validate() error {
	c := check{event: e.EventType()}
	c.required("previous_status", string(e.PreviousStatus))
	c.required("current_status", string(e.CurrentStatus))
	oneOf(&c, "previous_status", e.PreviousStatus, Compliant, NotCompliant)
	oneOf(&c, "current_status", e.CurrentStatus, Compliant, NotCompliant)
	c.common(e.Common)
	return c.err()
}
