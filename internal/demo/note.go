// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// parse reads an event of CAEP or RISC. Any other is nil.
func parse(t secevent.EventType, raw json.RawMessage) secevent.Event {
	event, err := caep.Parse(t, raw)
	if errors.Is(err, caep.ErrUnknownType) {
		event, err = risc.Parse(t, raw)
	}
	if err != nil {
		return nil
	}
	return event
}

// note says what an event tells that this application only takes note of. An
// application that holds more than sessions would do more: ask for another
// proof, or stop sending mail to an address.
func note(event secevent.Event, about About) string {
	switch e := event.(type) {
	case caep.CredentialChange:
		return fmt.Sprintf("Noted that the %s of %s was changed (%s).", e.CredentialType, about.Name, e.ChangeType)
	case caep.SessionEstablished:
		return "Noted that a session began."
	case caep.SessionPresented:
		return "Noted that the session is used at another application."
	case caep.AssuranceLevelChange:
		return fmt.Sprintf("Noted that the session has the level %s now.", e.CurrentLevel)
	case caep.RiskLevelChange:
		return fmt.Sprintf("Noted that the risk of %s is %s (%s).", about.Name, e.CurrentLevel, e.RiskReason)
	case risc.AccountDisabled:
		return fmt.Sprintf("Noted that the account of %s was disabled.", about.Name)
	case risc.AccountEnabled:
		return fmt.Sprintf("Noted that the account of %s was enabled.", about.Name)
	}
	return "Noted."
}
