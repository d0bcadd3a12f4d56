// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc_test

import (
	"errors"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// TestPayloadRefuses: no SET is made of a credential-compromise that does not
// say which kind of credential (RISC §2.7).
func TestPayloadRefuses(t *testing.T) {
	got, err := secevent.Payload(subject.Opaque("7"), risc.CredentialCompromise{})
	var wrong *caep.MemberError
	if !errors.As(err, &wrong) || wrong.Member != "credential_type" {
		t.Errorf("Payload = %s, %v, want an error about credential_type", got, err)
	}
}
