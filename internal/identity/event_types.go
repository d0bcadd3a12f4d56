// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// EventTypes returns the event types that the verbs of this package record. A
// stream may ask for others, and will wait for them.
func EventTypes() []secevent.EventType {
	return []secevent.EventType{
		caep.TypeSessionRevoked, caep.TypeSessionEstablished, caep.TypeCredentialChange,
		caep.TypeTokenClaimsChange, caep.TypeRiskLevelChange, caep.TypeAssuranceLevelChange,
		caep.TypeSessionPresented,
		risc.TypeAccountDisabled, risc.TypeAccountEnabled, risc.TypeAccountPurged,
		risc.TypeIdentifierChanged, risc.TypeAccountCredentialChangeRequired,
		risc.TypeRecoveryActivated, risc.TypeRecoveryInformationChanged,
	}
}
