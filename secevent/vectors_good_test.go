// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import "github.com/tocsin-id/tocsin/subject"

func events(typ, payload string) string { return `{"` + typ + `":` + payload + `}` }

const (
	caepBase = "https://schemas.openid.net/secevent/caep/event-type/"
	riscBase = "https://schemas.openid.net/secevent/risc/event-type/"
	ssfBase  = "https://schemas.openid.net/secevent/ssf/event-type/"
)

func sub(id subject.Identifier) string {
	text, err := id.MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(text)
}

// goodVectors must be accepted.
func goodVectors() []draft {
	stream := sub(subject.Opaque("f67e39a0a4d34d56b3aa1bc4cff0069f"))
	drafts := []draft{
		{name: "good-minimal", comment: "the least that a SET needs, and txn"},
		{name: "good-ps256", comment: "PS256", key: "ps256"},
		{name: "good-es256", comment: "ES256", key: "es256"},
		{name: "good-es384", comment: "ES384", key: "es384"},
		{name: "good-eddsa", comment: "EdDSA with Ed25519", key: "eddsa"},
		{
			name: "good-credential-change", comment: "CAEP credential-change by an admin",
			claims: with("events", events(caepBase+"credential-change", `{"credential_type":"password",`+
				`"change_type":"update","reason_admin":{"en":"reset by help desk"},"initiating_entity":"admin",`+
				`"event_timestamp":1700000000}`)),
		},
		{
			name: "good-risc-subject-twice", comment: "a RISC event with a subject of its own beside sub_id, which wins",
			claims: with("events", events(riscBase+"account-disabled",
				`{"subject":{"format":"opaque","id":"other"},"reason":"hijacking"}`)),
		},
		{
			name: "good-verification", comment: "a verification that nobody asked for has no state",
			claims: with("sub_id", stream, "events", events(ssfBase+"verification", `{}`)),
		},
		{
			name: "good-stream-updated", comment: "stream-updated with a member that its definition does not have",
			claims: with("sub_id", stream, "events",
				events(ssfBase+"stream-updated", `{"status":"paused","reason":"maintenance","stream_id":"x"}`)),
		},
		{
			name: "good-scim", comment: "an event and a subject format of another specification",
			claims: with("sub_id", `{"format":"scim","uri":"/Users/44f6"}`,
				"events", events("urn:ietf:params:scim:event:prov:delete", `{}`)),
		},
		{
			name: "good-unknown-event", comment: "an event type that nobody knows",
			claims: with("events", events("https://example.com/event/never-seen", `{"a":[1,{"b":null}]}`)),
		},
		{
			name: "good-unknown-claims", comment: "unknown claims at the top, in the event and in the subject",
			claims: with("sub_id", `{"format":"email","email":"user@example.com","x":{"y":1}}`,
				"events", events(sessionRevoked, `{"x":true}`), "nbf", `1700000000`, "https://example.com/x", `{"z":[]}`),
		},
		{name: "good-unknown-format", comment: "a subject format that nobody knows", claims: with("sub_id", `{"format":"example:badge","number":12.50}`)},
		{name: "good-aud-array", comment: "one of several audiences", claims: with("aud", `["https://other.example","`+audience+`"]`)},
		{name: "good-aud-array-of-one", comment: "an array of one audience", claims: with("aud", `["`+audience+`"]`)},
		{name: "good-no-txn", comment: "txn is optional", claims: with("txn", "")},
		{name: "good-toe", comment: "with the time of the event", claims: with("toe", `1699999000`)},
		{name: "good-old", comment: "issued in 2001: a SET may be held for long", claims: with("iat", `1000000000`)},
		{name: "good-future", comment: "issued in 2100: no rule refuses it", claims: with("iat", `4102444800`)},
		{name: "good-fraction", comment: "issued at a fraction of a second", claims: with("iat", `1700000000.25`)},
		{name: "good-exponent", comment: "a number in another spelling", claims: with("iat", `1.7e9`)},
		{name: "good-escapes", comment: "escapes in names and values", claims: with("jti", `"\u006a\u0031\/\u00fc\ud83d\udd14"`, "\\u0074oe", `1699999000`)},
		{name: "good-white-space", comment: "white space around the claims", claims: " \r\n\t" + with() + "\n"},
		{name: "good-no-kid", comment: "no key id: all keys of the issuer are tried", header: `{"alg":"RS256","typ":"secevent+jwt"}`},
		{name: "good-typ-media-type", comment: "the type with application/", header: `{"alg":"RS256","kid":"rs256","typ":"application/secevent+jwt"}`},
		{name: "good-typ-case", comment: "the type in other letters", header: `{"alg":"RS256","kid":"rs256","typ":"SecEvent+JWT"}`},
		{
			name: "good-header-extra", comment: "unknown headers, among them a place to fetch keys from, are passed over",
			header: `{"alg":"RS256","kid":"rs256","typ":"secevent+jwt","jku":"https://attacker.example/jwks","x":1}`,
		},
		{name: "good-algorithm-listed", comment: "the only algorithm on the list", algorithms: "RS256"},
		{
			name: "good-several-events", comment: "two event types, by agreement", allow: "several-events",
			claims: with("events", `{"`+sessionRevoked+`":{},"urn:example:session-revoked":{}}`),
		},
		{
			name: "good-legacy-subject", comment: "the subject in the event only, by agreement", allow: "legacy-subject",
			claims: with("sub_id", "", "events", events(riscBase+"account-disabled",
				`{"subject":{"format":"iss_sub","iss":"https://idp.example.com","sub":"7"}}`)),
		},
		{
			name: "good-legacy-subject-type", comment: "the subject with subject_type, by agreement", allow: "legacy-subject",
			claims: with("sub_id", "", "events", events(riscBase+"account-disabled",
				`{"subject":{"subject_type":"iss-sub","iss":"https://idp.example.com","sub":"7"}}`)),
		},
		{
			name: "good-legacy-phone", comment: "a telephone number with subject_type, by agreement", allow: "legacy-subject",
			claims: with("sub_id", "", "events", events(riscBase+"identifier-recycled",
				`{"subject":{"subject_type":"phone","phone_number":"+12065550100"}}`)),
		},
	}
	drafts = append(drafts, goodSubjects()...)
	for i := range drafts {
		drafts[i].expect = "accept"
	}
	return drafts
}

// goodSubjects has each format that a subject may have.
func goodSubjects() []draft {
	var drafts []draft
	for _, id := range []subject.Identifier{
		subject.Account("acct:user@example.com"),
		subject.IssSub{Issuer: "https://other.example/", Subject: "145234573"},
		subject.Opaque(" "),
		subject.DID("did:example:123456"),
		subject.URI("urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f"),
		subject.Aliases{subject.Email("user@example.com"), subject.PhoneNumber("+12065550100")},
		subject.JWTID{Issuer: issuer, ID: "B70BA622"},
		subject.SAMLAssertionID{Issuer: issuer, AssertionID: "_8e8dc5f6"},
		subject.IPAddresses{"192.0.2.1", "2001:db8::1"},
		subject.Complex{
			subject.MemberUser:    subject.IssSub{Issuer: issuer, Subject: "7"},
			subject.MemberSession: subject.Opaque("dMTlD|1600802906337.16|16008.16"),
			"x":                   subject.Aliases{subject.Opaque("1")},
		},
		subject.PhoneNumber("+1 206 555 0123"),
	} {
		drafts = append(drafts, draft{
			name:    "good-subject-" + string(id.Format()),
			comment: "a subject of format " + string(id.Format()),
			claims:  with("sub_id", sub(id)),
		})
	}
	drafts[len(drafts)-1].comment = "a telephone number with blanks is not E.164, and no reason to refuse the event"
	return drafts
}
