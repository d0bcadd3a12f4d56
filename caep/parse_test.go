// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
)

// golden has one full and one minimal example of each type. The JSON is what a
// Transmitter writes, so it is compared byte by byte.
var golden = []struct {
	name  string
	event secevent.Event
	json  string
}{
	{"session-revoked/empty", caep.SessionRevoked{}, `{}`}, // RFC 8417 §2: no claims is {}
	{
		"session-revoked/common claims", // CAEP §2
		caep.SessionRevoked{Common: caep.Common{
			EventTimestamp:   caep.At(time.Unix(1700000000, 999)),
			InitiatingEntity: caep.ByPolicy,
			ReasonAdmin:      caep.Reason{"en": "Landspeed policy violation"},
			ReasonUser:       caep.Reason{"en": "Signed out", "es-410": "Sesión cerrada"},
		}},
		`{"event_timestamp":1700000000,"initiating_entity":"policy","reason_admin":{"en":"Landspeed policy violation"},"reason_user":{"en":"Signed out","es-410":"Sesión cerrada"}}`,
	},
	{
		"token-claims-change", // CAEP §3.2
		caep.TokenClaimsChange{Claims: map[string]json.RawMessage{
			"trusted": json.RawMessage("false"), "role": json.RawMessage(`"ro-admin"`),
		}},
		`{"claims":{"role":"ro-admin","trusted":false}}`,
	},
	{
		"credential-change/passkey", // CAEP §3.3
		caep.CredentialChange{
			CredentialType: caep.CredentialFIDO2Roaming, ChangeType: caep.ChangeCreate,
			FriendlyName: "Jane's USB key", FIDO2AAGUID: "accced6a-63f5-490a-9eea-e59bc1896cfc",
		},
		`{"credential_type":"fido2-roaming","change_type":"create","friendly_name":"Jane's USB key","fido2_aaguid":"accced6a-63f5-490a-9eea-e59bc1896cfc"}`,
	},
	{
		"credential-change/certificate",
		caep.CredentialChange{
			CredentialType: caep.CredentialX509, ChangeType: caep.ChangeRevoke,
			X509Issuer: "CN=CA", X509Serial: "0a1b",
		},
		`{"credential_type":"x509","change_type":"revoke","x509_issuer":"CN=CA","x509_serial":"0a1b"}`,
	},
	{
		"assurance-level-change", // CAEP §3.4
		caep.AssuranceLevelChange{
			Namespace: caep.NamespaceNISTAAL, CurrentLevel: "nist-aal2",
			PreviousLevel: "nist-aal1", ChangeDirection: caep.Increase,
		},
		`{"namespace":"NIST-AAL","current_level":"nist-aal2","previous_level":"nist-aal1","change_direction":"increase"}`,
	},
	{
		"device-compliance-change", // CAEP §3.5
		caep.DeviceComplianceChange{PreviousStatus: caep.Compliant, CurrentStatus: caep.NotCompliant},
		`{"previous_status":"compliant","current_status":"not-compliant"}`,
	},
	{
		"session-established", // CAEP §3.6
		caep.SessionEstablished{FPUA: "abb0b6e7da81a42233f8f2b1a8ddb1b9", ACR: "AAL2", AMR: []string{"otp"}, ExtID: "e1"},
		`{"fp_ua":"abb0b6e7da81a42233f8f2b1a8ddb1b9","acr":"AAL2","amr":["otp"],"ext_id":"e1"}`,
	},
	{
		"session-presented", // CAEP §3.7
		caep.SessionPresented{FPUA: "abb0", ExtID: "12345"},
		`{"fp_ua":"abb0","ext_id":"12345"}`,
	},
	{
		"risk-level-change", // CAEP §3.8
		caep.RiskLevelChange{
			Principal: caep.PrincipalUser, CurrentLevel: caep.RiskLow,
			PreviousLevel: caep.RiskHigh, RiskReason: "PASSWORD_FOUND_IN_DATA_BREACH",
		},
		`{"principal":"USER","current_level":"LOW","previous_level":"HIGH","risk_reason":"PASSWORD_FOUND_IN_DATA_BREACH"}`,
	},
}

func TestGolden(t *testing.T) {
	for _, test := range golden {
		t.Run(test.name, func(t *testing.T) {
			if err := test.event.Validate(); err != nil {
				t.Errorf("Validate() = %v, want nil", err)
			}
			data, err := json.Marshal(test.event)
			if err != nil || string(data) != test.json {
				t.Errorf("Marshal = %s, %v, want %s", data, err, test.json)
			}
			got, err := caep.Parse(test.event.EventType(), []byte(test.json))
			if err != nil {
				t.Fatalf("Parse(%s) = %v, want no error", test.json, err)
			}
			if diff := cmp.Diff(test.event, got); diff != "" {
				t.Errorf("Parse(%s) differs (-want +got):\n%s", test.json, diff)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	covered := map[secevent.EventType]bool{}
	for _, test := range golden {
		covered[test.event.EventType()] = true
	}
	for _, typ := range caep.Types() {
		if !covered[typ] {
			t.Errorf("no golden example for %s", typ)
		}
		if !strings.HasPrefix(string(typ), "https://schemas.openid.net/secevent/caep/event-type/") {
			t.Errorf("%s is not a CAEP event type", typ)
		}
		delete(covered, typ)
	}
	for typ := range covered {
		t.Errorf("Types() lacks %s", typ)
	}
	if got := len(caep.Types()); got != 8 {
		t.Errorf("len(Types()) = %d, want the 8 of CAEP §3", got)
	}
}

func TestParseRefuses(t *testing.T) {
	const credential = caep.TypeCredentialChange
	tests := []struct {
		typ     secevent.EventType
		payload string
		member  string
		unknown bool // a closed enumeration: the event comes back as well
	}{
		{caep.TypeSessionRevoked, `null`, "", false}, // RFC 8417 §2.2: values are objects
		{caep.TypeSessionRevoked, `[]`, "", false},
		{caep.TypeSessionRevoked, ``, "", false},
		{caep.TypeSessionRevoked, `{"a":`, "", false},
		{caep.TypeSessionRevoked, `{"event_timestamp":"1700000000"}`, "event_timestamp", false}, // CAEP §2
		{caep.TypeSessionRevoked, `{"event_timestamp":-1}`, "event_timestamp", false},
		{caep.TypeSessionRevoked, `{"event_timestamp":1e300}`, "event_timestamp", false},
		{caep.TypeSessionRevoked, `{"initiating_entity":7}`, "initiating_entity", false},
		{caep.TypeSessionRevoked, `{"initiating_entity":"Admin"}`, "initiating_entity", true},
		{caep.TypeSessionRevoked, `{"reason_admin":{}}`, "reason_admin", false},
		{caep.TypeSessionRevoked, `{"reason_user":["x"]}`, "reason_user", false},
		{caep.TypeSessionRevoked, `{"reason_user":{"en":5}}`, "reason_user", false},
		{caep.TypeSessionRevoked, `{"reason_user":{"en":null}}`, "reason_user", false},
		{caep.TypeSessionRevoked, `{"reason_admin":{"not a tag":"x"}}`, "reason_admin", false},
		{caep.TypeTokenClaimsChange, `{}`, "claims", false}, // CAEP §3.2
		{caep.TypeTokenClaimsChange, `{"claims":{}}`, "claims", false},
		{caep.TypeTokenClaimsChange, `{"claims":null}`, "claims", false},
		{caep.TypeTokenClaimsChange, `{"claims":["a"]}`, "claims", false},
		{credential, `{"change_type":"update"}`, "credential_type", false}, // CAEP §3.3
		{credential, `{"credential_type":"password"}`, "change_type", false},
		{credential, `{"credential_type":"password","change_type":null}`, "change_type", false},
		{credential, `{"credential_type":"password","change_type":""}`, "change_type", false},
		{credential, `{"credential_type":"password","Change_Type":"update"}`, "change_type", false},
		{credential, `{"credential_type":"password","change_type":"revoked"}`, "change_type", true},
		// The missing member wins over the unknown value that precedes it.
		{credential, `{"change_type":"revoked"}`, "credential_type", false},
		{caep.TypeAssuranceLevelChange, `{"current_level":"1"}`, "namespace", false}, // CAEP §3.4
		{caep.TypeAssuranceLevelChange, `{"namespace":"RFC8176"}`, "current_level", false},
		{caep.TypeAssuranceLevelChange, `{"namespace":"x","current_level":"1","change_direction":"up"}`, "change_direction", true},
		{caep.TypeDeviceComplianceChange, `{"current_status":"compliant"}`, "previous_status", false}, // CAEP §3.5
		{caep.TypeDeviceComplianceChange, `{"previous_status":"compliant"}`, "current_status", false},
		{caep.TypeDeviceComplianceChange, `{"previous_status":"unknown","current_status":"compliant"}`, "previous_status", true},
		{caep.TypeSessionEstablished, `{"amr":"otp"}`, "amr", false}, // CAEP §3.6
		{caep.TypeSessionEstablished, `{"amr":[1]}`, "amr", false},
		{caep.TypeSessionPresented, `{"fp_ua":1}`, "fp_ua", false},                // CAEP §3.7
		{caep.TypeRiskLevelChange, `{"current_level":"LOW"}`, "principal", false}, // CAEP §3.8
		{caep.TypeRiskLevelChange, `{"principal":"USER"}`, "current_level", false},
		{caep.TypeRiskLevelChange, `{"principal":"USER","current_level":"low"}`, "current_level", true},
		{caep.TypeRiskLevelChange, `{"principal":"USER","current_level":"LOW","previous_level":"x"}`, "previous_level", true},
	}
	for _, test := range tests {
		t.Run(test.payload, func(t *testing.T) {
			event, err := caep.Parse(test.typ, []byte(test.payload))
			var wrong *caep.MemberError
			if !errors.As(err, &wrong) {
				t.Fatalf("Parse(%s, %s) = %v, want a MemberError", test.typ, test.payload, err)
			}
			if wrong.Member != test.member {
				t.Errorf("Member = %q, want %q (%v)", wrong.Member, test.member, err)
			}
			if got := errors.Is(err, caep.ErrUnknownValue); got != test.unknown {
				t.Errorf("errors.Is(%v, ErrUnknownValue) = %v, want %v", err, got, test.unknown)
			}
			if got := event != nil; got != test.unknown {
				t.Errorf("Parse returned %v, want an event: %v", event, test.unknown)
			}
			// The Receiver's answer follows from the error (RFC 8935 §2.4).
			var answer *secevent.Error
			if !errors.As(err, &answer) || answer.Code != secevent.InvalidRequest {
				t.Errorf("%v does not unwrap to invalid_request", err)
			}
		})
	}
}

func TestParseTolerates(t *testing.T) {
	tests := []struct {
		name, payload string
		typ           secevent.EventType
		want          secevent.Event
	}{
		{
			"unknown members", `{"x":1,"subject":{"format":"opaque"},"reason_admin":{"en":"r"}}`, // SSF §4.2.3
			caep.TypeSessionRevoked, caep.SessionRevoked{Common: caep.Common{ReasonAdmin: caep.Reason{"en": "r"}}},
		},
		{
			"reason as a string", `{"reason_admin":"r"}`,
			caep.TypeSessionRevoked, caep.SessionRevoked{Common: caep.Common{ReasonAdmin: caep.Reason{"en": "r"}}},
		},
		{
			"milliseconds", `{"event_timestamp":1700000000123}`,
			caep.TypeSessionRevoked, caep.SessionRevoked{Common: caep.Common{
				EventTimestamp: caep.Timestamp{Time: time.UnixMilli(1700000000123).UTC()},
			}},
		},
		{
			"fraction of a second", `{"event_timestamp":1700000000.25}`,
			caep.TypeSessionRevoked, caep.SessionRevoked{Common: caep.Common{
				EventTimestamp: caep.Timestamp{Time: time.UnixMilli(1700000000250).UTC()},
			}},
		},
		{"null for an optional member", ` {"event_timestamp":null,"reason_user":null}`, caep.TypeSessionRevoked, caep.SessionRevoked{}},
		{
			"credential type of our own", `{"credential_type":"recovery-code","change_type":"delete"}`, // CAEP §3.3: open
			caep.TypeCredentialChange, caep.CredentialChange{CredentialType: "recovery-code", ChangeType: caep.ChangeDelete},
		},
		{
			"principal of our own", `{"principal":"CLUSTER","current_level":"LOW"}`, // CAEP §3.8: open
			caep.TypeRiskLevelChange, caep.RiskLevelChange{Principal: "CLUSTER", CurrentLevel: caep.RiskLow},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := caep.Parse(test.typ, []byte(test.payload))
			if err != nil {
				t.Fatalf("Parse(%s) = %v, want no error", test.payload, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%s) differs (-want +got):\n%s", test.payload, diff)
			}
		})
	}
}

// EV rule: event types are compared as whole strings.
func TestParseUnknownType(t *testing.T) {
	for _, typ := range []secevent.EventType{
		"", "session-revoked", caep.TypeSessionRevoked + "/", caep.TypeSessionRevoked[:len(caep.TypeSessionRevoked)-1],
		"https://schemas.openid.net/secevent/risc/event-type/account-purged",
	} {
		if event, err := caep.Parse(typ, []byte(`{}`)); event != nil || !errors.Is(err, caep.ErrUnknownType) {
			t.Errorf("Parse(%q) = %v, %v, want ErrUnknownType", typ, event, err)
		}
	}
}

func TestCommonOf(t *testing.T) {
	want := caep.Common{InitiatingEntity: caep.BySystem}
	got, ok := caep.CommonOf(caep.SessionPresented{Common: want})
	if !ok || !cmp.Equal(want, got) {
		t.Errorf("CommonOf = %v, %v, want %v", got, ok, want)
	}
	if _, ok := caep.CommonOf(foreign{}); ok {
		t.Error("CommonOf(foreign event) = true, want false")
	}
}

type foreign struct{}

func (foreign) EventType() secevent.EventType { return "urn:example:foreign" }
func (foreign) Validate() error               { return nil }

// FuzzParse: whatever Parse accepts can be written and read again with the
// same result.
func FuzzParse(f *testing.F) {
	for i, typ := range caep.Types() {
		for _, test := range golden {
			if test.event.EventType() == typ {
				f.Add(i, test.json)
			}
		}
	}
	f.Add(0, `{"reason_admin":"text","event_timestamp":1.5e9}`)
	f.Fuzz(func(t *testing.T, i int, payload string) {
		types := caep.Types()
		typ := types[uint(i)%uint(len(types))]
		event, err := caep.Parse(typ, []byte(payload))
		if err != nil {
			return
		}
		data, err := json.Marshal(event)
		if err != nil {
			t.Fatalf("Marshal(%#v) = %v", event, err)
		}
		again, err := caep.Parse(typ, data)
		if err != nil {
			t.Fatalf("Parse(%s) = %v after a round trip of %s", data, err, payload)
		}
		data2, err := json.Marshal(again)
		if err != nil || string(data) != string(data2) {
			t.Errorf("second round trip = %s, %v, want %s", data2, err, data)
		}
	})
}
