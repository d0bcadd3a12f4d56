// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package risc_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// golden has an example of each type; the JSON is what a Transmitter writes.
var golden = []struct {
	event secevent.Event
	uri   string // the last part
	json  string
}{
	{risc.AccountCredentialChangeRequired{}, "account-credential-change-required", `{}`},                 // RISC §2.1
	{risc.AccountPurged{}, "account-purged", `{}`},                                                       // RISC §2.2
	{risc.AccountDisabled{}, "account-disabled", `{}`},                                                   // RISC §2.3
	{risc.AccountDisabled{Reason: risc.DisabledHijacking}, "account-disabled", `{"reason":"hijacking"}`}, // RISC §2.3
	{risc.AccountDisabled{Reason: risc.DisabledBulkAccount}, "account-disabled", `{"reason":"bulk-account"}`},
	{risc.AccountEnabled{}, "account-enabled", `{}`},                                                                         // RISC §2.4
	{risc.IdentifierChanged{NewValue: "john.roe@example.com"}, "identifier-changed", `{"new-value":"john.roe@example.com"}`}, // RISC §2.5
	{risc.IdentifierRecycled{}, "identifier-recycled", `{}`},                                                                 // RISC §2.6
	{risc.CredentialCompromise{CredentialType: caep.CredentialPassword}, "credential-compromise", `{"credential_type":"password"}`},
	{ // RISC §2.7
		risc.CredentialCompromise{
			CredentialType: caep.CredentialPIN, EventTimestamp: caep.At(time.Unix(1700000000, 0)),
			ReasonAdmin: caep.Reason{"en": "found in a dump"}, ReasonUser: caep.Reason{"de": "Bitte ändern"},
		},
		"credential-compromise",
		`{"credential_type":"pin","event_timestamp":1700000000,"reason_admin":{"en":"found in a dump"},"reason_user":{"de":"Bitte ändern"}}`,
	},
	{risc.OptIn{}, "opt-in", `{}`},                                            // RISC §2.8.1
	{risc.OptOutInitiated{}, "opt-out-initiated", `{}`},                       // RISC §2.8.2
	{risc.OptOutCancelled{}, "opt-out-cancelled", `{}`},                       // RISC §2.8.3
	{risc.OptOutEffective{}, "opt-out-effective", `{}`},                       // RISC §2.8.4
	{risc.RecoveryActivated{}, "recovery-activated", `{}`},                    // RISC §2.9
	{risc.RecoveryInformationChanged{}, "recovery-information-changed", `{}`}, // RISC §2.10
	{risc.SessionsRevoked{}, "sessions-revoked", `{}`},                        // RISC §2.11
}

func TestGolden(t *testing.T) {
	for _, test := range golden {
		t.Run(test.uri, func(t *testing.T) {
			want := secevent.EventType("https://schemas.openid.net/secevent/risc/event-type/" + test.uri)
			if got := test.event.EventType(); got != want {
				t.Errorf("EventType() = %s, want %s", got, want)
			}
			if err := test.event.Validate(); err != nil {
				t.Errorf("Validate() = %v, want nil", err)
			}
			data, err := json.Marshal(test.event)
			if err != nil || string(data) != test.json {
				t.Errorf("Marshal = %s, %v, want %s", data, err, test.json)
			}
			// Unknown members, such as the subject of older Transmitters, do
			// not disturb (SSF §4.2.3).
			padded := strings.Replace(`{"subject":{"format":"x"},`+test.json[1:], ",}", "}", 1)
			got, err := risc.Parse(test.event.EventType(), []byte(padded))
			if err != nil {
				t.Fatalf("Parse(%s) = %v, want no error", padded, err)
			}
			if diff := cmp.Diff(test.event, got); diff != "" {
				t.Errorf("Parse(%s) differs (-want +got):\n%s", padded, diff)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	covered := map[secevent.EventType]bool{}
	for _, test := range golden {
		covered[test.event.EventType()] = true
	}
	for _, typ := range risc.Types() {
		if !covered[typ] {
			t.Errorf("no golden example for %s", typ)
		}
	}
	if got := len(risc.Types()); got != 14 || len(covered) != 14 {
		t.Errorf("len(Types()) = %d with %d examples, want the 14 of RISC §2", got, len(covered))
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		typ             secevent.EventType
		payload, member string
	}{
		{risc.TypeAccountPurged, `null`, ""}, // RFC 8417 §2.2: values are objects
		{risc.TypeAccountPurged, `"x"`, ""},
		{risc.TypeAccountPurged, ``, ""},
		{risc.TypeAccountDisabled, `{"reason":["hijacking"]}`, "reason"},
		{risc.TypeIdentifierChanged, `{"new-value":5}`, "new-value"},
		{risc.TypeCredentialCompromise, `{}`, "credential_type"},
		{risc.TypeCredentialCompromise, `{"credential_type":"pin","event_timestamp":"now"}`, "event_timestamp"},
		{risc.TypeCredentialCompromise, `{"credential_type":"pin","reason_admin":{}}`, "reason_admin"},
		{risc.TypeCredentialCompromise, `{"credential_type":"pin","reason_user":{"e n":"x"}}`, "reason_user"},
	}
	for _, test := range tests {
		t.Run(test.payload, func(t *testing.T) {
			event, err := risc.Parse(test.typ, []byte(test.payload))
			var wrong *caep.MemberError
			if !errors.As(err, &wrong) || event != nil {
				t.Fatalf("Parse(%s, %s) = %v, %v, want a MemberError", test.typ, test.payload, event, err)
			}
			if wrong.Member != test.member {
				t.Errorf("Member = %q, want %q (%v)", wrong.Member, test.member, err)
			}
		})
	}
}

func TestParseTolerates(t *testing.T) {
	got, err := risc.Parse(risc.TypeAccountDisabled, []byte(`{"reason":"retired"}`)) // RISC §2.3: possible values
	if err != nil || got != (risc.AccountDisabled{Reason: "retired"}) {
		t.Errorf("Parse(unlisted reason) = %v, %v, want it as it is", got, err)
	}
	got, err = risc.Parse(risc.TypeCredentialCompromise, []byte(`{"credential_type":"x","reason_user":"y"}`))
	want := risc.CredentialCompromise{CredentialType: "x", ReasonUser: caep.Reason{"en": "y"}}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("Parse(reason as a string) = %v, %v, want %v", got, err, want)
	}
	// "new_value" is a common slip for "new-value" and is no member at all.
	got, err = risc.Parse(risc.TypeIdentifierChanged, []byte(`{"new_value":"x"}`))
	if err != nil || got != (risc.IdentifierChanged{}) {
		t.Errorf("Parse(new_value) = %v, %v, want it ignored", got, err)
	}
}

func TestParseUnknownType(t *testing.T) {
	for _, typ := range append(caep.Types(), "", "account-purged", risc.TypeOptIn+"/") {
		if event, err := risc.Parse(typ, []byte(`{}`)); event != nil || !errors.Is(err, risc.ErrUnknownType) {
			t.Errorf("Parse(%q) = %v, %v, want ErrUnknownType", typ, event, err)
		}
	}
}

// FuzzParse: whatever Parse accepts can be written and read again with the
// same result.
func FuzzParse(f *testing.F) {
	for i, typ := range risc.Types() {
		for _, test := range golden {
			if test.event.EventType() == typ {
				f.Add(i, test.json)
			}
		}
	}
	f.Fuzz(func(t *testing.T, i int, payload string) {
		types := risc.Types()
		typ := types[uint(i)%uint(len(types))]
		event, err := risc.Parse(typ, []byte(payload))
		if err != nil {
			return
		}
		data, err := json.Marshal(event)
		if err != nil {
			t.Fatalf("Marshal(%#v) = %v", event, err)
		}
		if _, err := risc.Parse(typ, data); err != nil {
			t.Fatalf("Parse(%s) = %v after a round trip of %s", data, err, payload)
		}
	})
}
