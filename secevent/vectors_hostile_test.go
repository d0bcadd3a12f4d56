// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
)

// hostileVectors must be refused. Each differs from a good one in one thing.
func hostileVectors() []draft {
	drafts := append(badClaims(), badSubjects()...)
	drafts = append(drafts, badHeaders()...)
	return append(drafts, badForms()...)
}

func badClaims() []draft {
	drafts := []draft{
		{name: "bad-iss-slash", comment: "another issuer by a slash", expect: "invalid_issuer", claims: with("iss", `"`+issuer+`/"`)},
		{name: "bad-iss-case", comment: "another issuer by a capital", expect: "invalid_issuer", claims: with("iss", `"`+strings.Replace(issuer, "idp", "IDP", 1)+`"`)},
		{name: "bad-iss-missing", comment: "no issuer", expect: "invalid_issuer", claims: with("iss", "")},
		{name: "bad-iss-number", comment: "an issuer that is no string", expect: "invalid_issuer", claims: with("iss", "5")},
		{name: "bad-iss-array", comment: "an array of issuers", expect: "invalid_issuer", claims: with("iss", `["`+issuer+`"]`)},
		{name: "bad-aud-other", comment: "meant for somebody else", expect: "invalid_audience", claims: with("aud", `"https://other.example"`)},
		{name: "bad-aud-prefix", comment: "an audience that only begins like ours", expect: "invalid_audience", claims: with("aud", `"`+audience+`.evil.example"`)},
		{name: "bad-aud-missing", comment: "no audience", expect: "invalid_audience", claims: with("aud", "")},
		{name: "bad-aud-empty", comment: "an empty audience", expect: "invalid_audience", claims: with("aud", "[]")},
		{name: "bad-aud-null", comment: "an audience of null", expect: "invalid_audience", claims: with("aud", "null")},
		{name: "bad-aud-mixed", comment: "our audience and a number", expect: "invalid_audience", claims: with("aud", `["`+audience+`",5]`)},
		{name: "bad-jti-missing", comment: "no jti", claims: with("jti", "")},
		{name: "bad-jti-empty", comment: "an empty jti", claims: with("jti", `""`)},
		{name: "bad-jti-number", comment: "a jti that is no string", claims: with("jti", `1`)},
		{name: "bad-jti-surrogate", comment: "a jti with half a character", claims: with("jti", `"\ud800"`)},
		{name: "bad-iat-missing", comment: "no iat", claims: with("iat", "")},
		{name: "bad-iat-string", comment: "an iat that is no number", claims: with("iat", `"1700000000"`)},
		{name: "bad-iat-null", comment: "an iat of null", claims: with("iat", `null`)},
		{name: "bad-iat-negative", comment: "an iat before 1970", claims: with("iat", `-1`)},
		{name: "bad-iat-milliseconds", comment: "an iat in milliseconds", claims: with("iat", `1700000000000`)},
		{name: "bad-iat-huge", comment: "an iat beyond any number", claims: with("iat", `1e999`)},
		{name: "bad-txn-number", comment: "a txn that is no string", claims: with("txn", `1`)},
		{name: "bad-toe-string", comment: "a toe that is no number", claims: with("toe", `"now"`)},
		{name: "bad-exp", comment: "a SET does not expire", claims: with("exp", `4102444800`)},
		{name: "bad-exp-null", comment: "exp is not allowed even as null", claims: with("exp", `null`)},
		{name: "bad-sub", comment: "sub beside sub_id", claims: with("sub", `"user@example.com"`)},
		{name: "bad-events-missing", comment: "no events", claims: with("events", "")},
		{name: "bad-events-empty", comment: "no event", claims: with("events", "{}")},
		{name: "bad-events-null", comment: "events of null", claims: with("events", "null")},
		{name: "bad-events-array", comment: "events in an array", claims: with("events", `[{"type":"`+sessionRevoked+`"}]`)},
		{name: "bad-events-two", comment: "two event types, which CAEP Interop forbids", claims: with("events", `{"`+sessionRevoked+`":{},"`+caepBase+`session-established":{}}`)},
		{name: "bad-event-null", comment: "an event of null", claims: with("events", events(sessionRevoked, "null"))},
		{name: "bad-event-string", comment: "an event that is a string", claims: with("events", events(sessionRevoked, `"yes"`))},
		{name: "bad-event-array", comment: "an event that is an array", claims: with("events", events(sessionRevoked, `[]`))},
		{name: "bad-event-type", comment: "an event type that is no URI", claims: with("events", events("session-revoked", `{}`))},
	}
	return refusedBy(secevent.InvalidRequest, drafts)
}

func badSubjects() []draft {
	return refusedBy(secevent.InvalidRequest, []draft{
		{name: "bad-sub-id-missing", comment: "no subject", claims: with("sub_id", "")},
		{name: "bad-sub-id-null", comment: "a subject of null", claims: with("sub_id", "null")},
		{name: "bad-sub-id-string", comment: "a subject that is a string", claims: with("sub_id", `"user@example.com"`)},
		{name: "bad-sub-id-no-format", comment: "a subject without format", claims: with("sub_id", `{"email":"user@example.com"}`)},
		{name: "bad-sub-id-no-member", comment: "a subject without its member", claims: with("sub_id", `{"format":"email"}`)},
		{name: "bad-sub-id-empty-complex", comment: "a complex subject of nothing", claims: with("sub_id", `{"format":"complex"}`)},
		{name: "bad-sub-id-nested-complex", comment: "a complex subject in another", claims: with("sub_id", `{"format":"complex","user":{"format":"complex","user":{"format":"opaque","id":"1"}}}`)},
		{name: "bad-sub-id-nested-aliases", comment: "aliases in aliases", claims: with("sub_id", `{"format":"aliases","identifiers":[{"format":"aliases","identifiers":[{"format":"opaque","id":"1"}]}]}`)},
		{name: "bad-legacy-subject", comment: "the subject in the event only", claims: with("sub_id", "", "events", events(riscBase+"account-disabled", `{"subject":{"format":"opaque","id":"1"}}`))},
		{name: "bad-legacy-no-subject", comment: "no subject anywhere, though it could be in the event", allow: "legacy-subject", claims: with("sub_id", "")},
		{name: "bad-legacy-malformed", comment: "a malformed subject in the event", allow: "legacy-subject", claims: with("sub_id", "", "events", events(riscBase+"account-disabled", `{"subject":{"subject_type":"email"}}`))},
		{name: "bad-legacy-capital", comment: "Subject is not subject", allow: "legacy-subject", claims: with("sub_id", "", "events", events(riscBase+"account-disabled", `{"Subject":{"format":"opaque","id":"1"}}`))},
	})
}

func badHeaders() []draft {
	header := func(members string) string { return `{"typ":"secevent+jwt",` + members + `}` }
	return refusedBy(secevent.InvalidRequest, []draft{
		{name: "bad-typ-jwt", comment: "the type of another JWT", header: `{"alg":"RS256","kid":"rs256","typ":"JWT"}`},
		{name: "bad-typ-logout", comment: "a logout token", header: `{"alg":"RS256","kid":"rs256","typ":"logout+jwt"}`},
		{name: "bad-typ-missing", comment: "no type", header: `{"alg":"RS256","kid":"rs256"}`},
		{name: "bad-typ-number", comment: "a type that is no string", header: `{"alg":"RS256","kid":"rs256","typ":1}`},
		{name: "bad-alg-none", comment: "unsigned", header: header(`"alg":"none"`), sign: func(testing.TB, string) []byte { return nil }},
		{name: "bad-alg-none-signed", comment: "unsigned, with something in place of the signature", header: header(`"alg":"none"`), sign: func(testing.TB, string) []byte { return []byte("x") }},
		{name: "bad-alg-none-case", comment: "unsigned, in other letters", header: header(`"alg":"nOnE"`), sign: func(testing.TB, string) []byte { return []byte("x") }},
		{name: "bad-alg-hs256", comment: "a MAC with the public key as its secret", header: header(`"alg":"HS256","kid":"rs256"`), sign: signHS256},
		{name: "bad-alg-missing", comment: "no algorithm", header: header(`"kid":"rs256"`)},
		{name: "bad-alg-case", comment: "an algorithm in other letters", header: header(`"alg":"rs256","kid":"rs256"`)},
		{name: "bad-alg-unlisted", comment: "a good signature with an algorithm that is not on the list", key: "es256", algorithms: "RS256 EdDSA"},
		{name: "bad-alg-listed-by-mistake", comment: "HS256 on the list does not make it acceptable", algorithms: "RS256 HS256", header: header(`"alg":"HS256","kid":"rs256"`), sign: signHS256},
		{name: "bad-crit", comment: "a critical header that nobody knows", header: header(`"alg":"RS256","kid":"rs256","crit":["x"],"x":1`)},
		{name: "bad-crit-b64", comment: "a critical header that go-jose knows", header: header(`"alg":"RS256","kid":"rs256","crit":["b64"],"b64":true`)},
		{name: "bad-kid-number", comment: "a key id that is no string", header: header(`"alg":"RS256","kid":1`)},
		{name: "bad-header-duplicate", comment: "two algorithms", header: header(`"alg":"RS256","kid":"rs256","alg":"none"`)},
		{name: "bad-kid-unknown", comment: "a key id that the issuer does not have", expect: "invalid_key", header: header(`"alg":"RS256","kid":"retired"`)},
		{name: "bad-kid-path", comment: "a key id that is a path", expect: "invalid_key", header: header(`"alg":"RS256","kid":"../../../dev/null"`)},
		{name: "bad-key-other-algorithm", comment: "a key that its JWK allows for RS256 only", expect: "invalid_key", header: header(`"alg":"PS256","kid":"rs256"`)},
		{name: "bad-key-other-type", comment: "an elliptic curve key for RS256", expect: "invalid_key", header: header(`"alg":"RS256","kid":"es256"`)},
		{name: "bad-key-of-other", comment: "signed by somebody else with our key id", expect: "authentication_failed", key: "other", header: rsHeader},
		{name: "bad-key-of-other-no-kid", comment: "signed by somebody else without key id", expect: "authentication_failed", key: "other", header: header(`"alg":"RS256"`)},
		{name: "bad-key-embedded", comment: "signed by the key that the header brings along", expect: "authentication_failed", key: "other", header: header(`"alg":"RS256","jwk":{"kty":"RSA","n":"` + otherModulus + `","e":"AQAB"}`)},
	})
}

// otherModulus is that of testdata/keys/other.pem.
const otherModulus = "2bYnVxED5q5l2bwM-kjVrKD8J6sF5DOZoyftjYnU9u4SN2dbP-ThWgF1AJmG9QoidB3Jaj3ONHYdSQmu" +
	"cABbU6WSwkfhAaHip4LF3ic05VE5FiSa_OU60udnl4RwRc_T1_DdT8aNeTvwuOKyJD3D0qNknMkO-Bh9" +
	"VjkVXHaaKZRf0UF_q7Iv7EdT4mB2oH8QEp0-1qNp_3E5sezeuXTXa1rTx-WSI2f0kp5eaXK9NLg-W85b" +
	"M4pRw0_tz7ZNHWBu_m2rsLTckKbXMcbDO90E1h1082uXNIIpWkN3u6yf6uEPNbRM2cicboiu_tQZYtPB" +
	"JU1dlwBnQujU3_tCp6sElw"

func badForms() []draft {
	parts := func(change func(p []string)) func(string) string {
		return func(token string) string {
			p := strings.Split(token, ".")
			change(p)
			return strings.Join(p, ".")
		}
	}
	drafts := []draft{
		{name: "bad-duplicate-claim", comment: "two issuers", claims: strings.TrimSuffix(with(), "}") + `,"iss":"` + issuer + `"}`},
		{name: "bad-duplicate-escaped", comment: "two issuers, one of them in escapes", claims: with("\\u0069ss", `"https://attacker.example"`)},
		{name: "bad-duplicate-event", comment: "the same event twice", claims: with("events", `{"`+sessionRevoked+`":{},"`+sessionRevoked+`":{"a":1}}`)},
		{name: "bad-duplicate-deep", comment: "a member twice deep in an event", claims: with("events", events(sessionRevoked, `{"a":[{"b":1,"b":2}]}`))},
		{name: "bad-nesting", comment: "nested a thousand deep", claims: with("x", strings.Repeat("[", 1000)+strings.Repeat("]", 1000))},
		{name: "bad-claims-array", comment: "claims that are an array", claims: "[" + with() + "]"},
		{name: "bad-claims-null", comment: "claims that are null", claims: "null"},
		{name: "bad-claims-text", comment: "claims that are no JSON", claims: "user@example.com"},
		{name: "bad-claims-two", comment: "two objects of claims", claims: with() + with()},
		{name: "bad-claims-utf8", comment: "claims that are not UTF-8", claims: with("txn", "\"\xff\"")},
		{name: "bad-claims-comment", comment: "claims with a comment", claims: "{/**/" + with()[1:]},
		{name: "bad-claims-trailing-comma", comment: "claims with a comma too many", claims: strings.TrimSuffix(with(), "}") + ",}"},
		{name: "bad-header-not-json", comment: "a header that is no JSON", header: "RS256"},

		{name: "bad-form-json", comment: "the JSON form of a JWS", spoil: func(token string) string {
			p := strings.Split(token, ".")
			return `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
		}},
		{name: "bad-form-two-parts", comment: "no signature part", spoil: func(token string) string { return token[:strings.LastIndex(token, ".")] }},
		{name: "bad-form-no-signature", comment: "an empty signature part", spoil: parts(func(p []string) { p[2] = "" })},
		{name: "bad-form-four-parts", comment: "a part too many", spoil: func(token string) string { return token + "." }},
		{name: "bad-form-five-parts", comment: "an encrypted JWT", spoil: func(token string) string { return token + ".AAAA.AAAA" }},
		{name: "bad-form-quoted", comment: "a JSON string", spoil: func(token string) string { return `"` + token + `"` }},
		{name: "bad-form-bearer", comment: "with the word Bearer", spoil: func(token string) string { return "Bearer " + token }},
		{name: "bad-form-blank", comment: "a blank at the end", spoil: func(token string) string { return token + " " }},
		{name: "bad-form-line-break", comment: "a line break that a lax decoder passes over", spoil: parts(func(p []string) { p[1] = p[1][:40] + "\n" + p[1][40:] })},
		{name: "bad-form-padding", comment: "padding", spoil: parts(func(p []string) { p[2] += "==" })},
		{name: "bad-form-standard-base64", comment: "the other base64 alphabet", claims: with("txn", `"???>>>"`), spoil: parts(func(p []string) {
			raw, err := base64.RawURLEncoding.DecodeString(p[1])
			if err != nil {
				panic(err)
			}
			p[1] = base64.RawStdEncoding.EncodeToString(raw)
		})},
		{name: "bad-form-stray-bits", comment: "the same signature in another spelling", spoil: parts(func(p []string) {
			p[2] = p[2][:len(p[2])-1] + string(p[2][len(p[2])-1]+1)
		})},
		{name: "bad-signature-other", comment: "one bit of the signature changed", expect: "authentication_failed", spoil: parts(func(p []string) {
			p[2] = flip(p[2])
		})},
		{name: "bad-signature-short", comment: "a signature cut short", expect: "authentication_failed", spoil: parts(func(p []string) { p[2] = p[2][:len(p[2])-6] })},
		{name: "bad-signature-ecdsa-zero", comment: "an ECDSA signature of zeros", expect: "authentication_failed", key: "es256", spoil: parts(func(p []string) { p[2] = b64(strings.Repeat("\x00", 64)) })},
		{name: "bad-signature-ecdsa-asn1", comment: "an ECDSA signature in ASN.1", expect: "authentication_failed", key: "es256", spoil: parts(func(p []string) { p[2] = toASN1(p[2]) })},
		{name: "bad-claims-changed", comment: "claims that were not signed", expect: "authentication_failed", spoil: parts(func(p []string) {
			p[1] = b64(with("sub_id", `{"format":"email","email":"victim@example.com"}`))
		})},
		{name: "bad-header-changed", comment: "a header that was not signed", expect: "authentication_failed", spoil: parts(func(p []string) {
			p[0] = b64(`{"alg":"RS256","kid":"rs256","typ":"secevent+jwt","x":1}`)
		})},
	}
	return refusedBy(secevent.InvalidRequest, drafts)
}

// refusedBy sets the code of the drafts that have none.
func refusedBy(code secevent.ErrorCode, drafts []draft) []draft {
	for i := range drafts {
		if drafts[i].expect == "" {
			drafts[i].expect = string(code)
		}
	}
	return drafts
}

// flip changes one bit of an encoded part.
func flip(part string) string {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		panic(err)
	}
	raw[10] ^= 1
	return base64.RawURLEncoding.EncodeToString(raw)
}

func toASN1(part string) string {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		panic(err)
	}
	half := len(raw) / 2
	text, err := asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:]),
	})
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
