// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep_test

import (
	"errors"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// TestPayloadRefuses: no SET is made of an event that lacks a required member
// or has a value that a closed enumeration does not.
func TestPayloadRefuses(t *testing.T) {
	for _, test := range []struct {
		name, member string
		event        secevent.Event
	}{
		{"no claims", "claims", caep.TokenClaimsChange{}},
		{"no credential type", "credential_type", caep.CredentialChange{ChangeType: caep.ChangeUpdate}},
		{"no change type", "change_type", caep.CredentialChange{CredentialType: caep.CredentialPIN}},
		{"no namespace", "namespace", caep.AssuranceLevelChange{CurrentLevel: "nist-aal2"}},
		{"no current level of assurance", "current_level", caep.AssuranceLevelChange{Namespace: caep.NamespaceNISTAAL}},
		{"no previous status", "previous_status", caep.DeviceComplianceChange{CurrentStatus: caep.Compliant}},
		{"no current status", "current_status", caep.DeviceComplianceChange{PreviousStatus: caep.Compliant}},
		{"no principal", "principal", caep.RiskLevelChange{CurrentLevel: caep.RiskHigh}},
		{"no current level of risk", "current_level", caep.RiskLevelChange{Principal: caep.PrincipalUser}},
		{"initiating entity", "initiating_entity", caep.SessionRevoked{Common: caep.Common{InitiatingEntity: "robot"}}},
		{"reason for admins without a language", "reason_admin", caep.SessionRevoked{Common: caep.Common{ReasonAdmin: caep.Reason{}}}},
		{"reason for users without a language", "reason_user", caep.SessionRevoked{Common: caep.Common{ReasonUser: caep.Reason{"": "x"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := secevent.Payload(subject.Opaque("7"), test.event)
			var wrong *caep.MemberError
			if !errors.As(err, &wrong) || wrong.Member != test.member {
				t.Errorf("Payload = %s, %v, want an error about %s", got, err, test.member)
			}
		})
	}
}
