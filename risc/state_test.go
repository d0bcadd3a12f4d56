// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc_test

import (
	"errors"
	"testing"

	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// TestStateNext walks every state with every event type: RISC §2.8 has four
// edges, and each other pair has to stay where it is with an error.
func TestStateNext(t *testing.T) {
	type pair struct {
		state risc.State
		event secevent.EventType
	}
	edges := map[pair]risc.State{
		{"", risc.TypeOptOutInitiated}:                        risc.StateOptOutInitiated,
		{risc.StateOptIn, risc.TypeOptOutInitiated}:           risc.StateOptOutInitiated,
		{risc.StateOptOutInitiated, risc.TypeOptOutCancelled}: risc.StateOptIn,
		{risc.StateOptOutInitiated, risc.TypeOptOutEffective}: risc.StateOptOut,
		{risc.StateOptOut, risc.TypeOptIn}:                    risc.StateOptIn,
	}
	for _, state := range []risc.State{"", risc.StateOptIn, risc.StateOptOutInitiated, risc.StateOptOut, "nonsense"} {
		for _, typ := range risc.Types() {
			want, legal := edges[pair{state, typ}]
			if !legal {
				want = state
			}
			got, err := state.Next(typ)
			if got != want || (err == nil) != legal || (!legal && !errors.Is(err, risc.ErrTransition)) {
				t.Errorf("State(%q).Next(%s) = %q, %v, want %q and legal = %v", state, typ, got, err, want, legal)
			}
		}
	}
}

func TestStateSends(t *testing.T) {
	for _, state := range []risc.State{"", risc.StateOptIn, risc.StateOptOutInitiated, risc.StateOptOut} {
		for _, typ := range risc.Types() {
			want := state != risc.StateOptOut || typ == risc.TypeOptIn
			if got := state.Sends(typ); got != want {
				t.Errorf("State(%q).Sends(%s) = %v, want %v", state, typ, got, want)
			}
		}
	}
}

// RISC §2.5 and §2.6: the subject is an email address or a phone number.
func TestCheckSubject(t *testing.T) {
	tests := []struct {
		id subject.Identifier
		ok bool
	}{
		{subject.Email("user@example.com"), true},
		{subject.PhoneNumber("+12065550100"), true},
		{subject.Opaque("u1"), false},
		{subject.IssSub{Issuer: "https://idp.example.com", Subject: "1"}, false},
		{subject.Complex{"user": subject.Email("user@example.com")}, false},
		{nil, false},
	}
	for _, test := range tests {
		if err := (risc.IdentifierChanged{}).CheckSubject(test.id); (err == nil) != test.ok {
			t.Errorf("IdentifierChanged.CheckSubject(%v) = %v, want ok = %v", test.id, err, test.ok)
		}
		if err := (risc.IdentifierRecycled{}).CheckSubject(test.id); (err == nil) != test.ok {
			t.Errorf("IdentifierRecycled.CheckSubject(%v) = %v, want ok = %v", test.id, err, test.ok)
		}
	}
}
