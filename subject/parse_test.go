// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/subject"
)

// TestParse reads each format as the specifications show it, and checks that
// it is encoded again with the same members.
func TestParse(t *testing.T) {
	for _, test := range []struct {
		name string
		json string
		want subject.Identifier
	}{
		{
			"account",
			`{"format":"account","uri":"acct:example.user@service.example.com"}`,
			subject.Account("acct:example.user@service.example.com"),
		},
		{
			"email",
			`{"format":"email","email":"user@example.com"}`,
			subject.Email("user@example.com"),
		},
		{
			"iss_sub",
			`{"format":"iss_sub","iss":"https://issuer.example.com/","sub":"145234573"}`,
			subject.IssSub{Issuer: "https://issuer.example.com/", Subject: "145234573"},
		},
		{
			"opaque",
			`{"format":"opaque","id":"11112222333344445555"}`,
			subject.Opaque("11112222333344445555"),
		},
		{
			"phone_number",
			`{"format":"phone_number","phone_number":"+12065550100"}`,
			subject.PhoneNumber("+12065550100"),
		},
		{
			"did",
			`{"format":"did","url":"did:example:123456/did/url/path?versionId=1"}`,
			subject.DID("did:example:123456/did/url/path?versionId=1"),
		},
		{
			"uri",
			`{"format":"uri","uri":"urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f"}`,
			subject.URI("urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f"),
		},
		{
			"aliases",
			`{"format":"aliases","identifiers":[{"format":"email","email":"user@example.com"},{"format":"phone_number","phone_number":"+12065550100"}]}`,
			subject.Aliases{subject.Email("user@example.com"), subject.PhoneNumber("+12065550100")},
		},
		{
			"jwt_id",
			`{"format":"jwt_id","iss":"https://idp.example.com/123456789/","jti":"B70BA622-9515-4353-A866-823539EECBC8"}`,
			subject.JWTID{Issuer: "https://idp.example.com/123456789/", ID: "B70BA622-9515-4353-A866-823539EECBC8"},
		},
		{
			"saml_assertion_id",
			`{"format":"saml_assertion_id","issuer":"https://idp.example.com/123456789/","assertion_id":"_8e8dc5f69a98cc4c1ff3427e5ce34606fd672f91e6"}`,
			subject.SAMLAssertionID{
				Issuer:      "https://idp.example.com/123456789/",
				AssertionID: "_8e8dc5f69a98cc4c1ff3427e5ce34606fd672f91e6",
			},
		},
		{
			"ip-addresses",
			`{"format":"ip-addresses","ip-addresses":["10.29.37.75","2001:db8:0:0:8:800:200c:417a"]}`,
			subject.IPAddresses{"10.29.37.75", "2001:db8:0:0:8:800:200c:417a"},
		},
		{
			"complex",
			`{"format":"complex","tenant":{"format":"iss_sub","iss":"https://idp.example.com","sub":"1234"},"user":{"format":"email","email":"bar@example.com"}}`,
			subject.Complex{
				subject.MemberUser:   subject.Email("bar@example.com"),
				subject.MemberTenant: subject.IssSub{Issuer: "https://idp.example.com", Subject: "1234"},
			},
		},
		{
			"unknown",
			`{"format":"scim","externalId":"e1","uri":"/Users/44f6142df96bd6ab61e7521d9","version":1.0}`,
			subject.Unknown{
				Name: "scim",
				Raw:  []byte(`{"format":"scim","externalId":"e1","uri":"/Users/44f6142df96bd6ab61e7521d9","version":1.0}`),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := subject.ParseStrict([]byte(test.json))
			if err != nil {
				t.Fatalf("ParseStrict(%s) = %v", test.json, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ParseStrict(%s) differs (-want +got):\n%s", test.json, diff)
			}
			if string(got.Format()) != test.name && test.name != "unknown" {
				t.Errorf("Format() = %q, want %q", got.Format(), test.name)
			}
			text, err := got.MarshalJSON()
			if err != nil || string(text) != test.json {
				t.Errorf("MarshalJSON() = %s, %v, want %s", text, err, test.json)
			}
		})
	}
}

// tolerated is input that Parse takes and ParseStrict refuses, with the member
// that it names.
var tolerated = []struct{ name, json, member string }{
	{"phone with blanks", `{"format":"phone_number","phone_number":"+1 206 555 0123"}`, "phone_number"},
	{"email with a name", `{"format":"email","email":"Bob <bob@example.com>"}`, "email"},
	{"account that is no acct URI", `{"format":"account","uri":"bob@example.com"}`, "uri"},
	{"relative URI", `{"format":"uri","uri":"/users/1"}`, "uri"},
	{"no IP address", `{"format":"ip-addresses","ip-addresses":["10.0.0.1","10.0.0.300"]}`, "ip-addresses[1]"},
	{"extra member", `{"format":"iss_sub","iss":"https://a","sub":"x","extra":1}`, "extra"},
	{"extra member of another format", `{"format":"email","email":"a@b.example","sub":"x"}`, "sub"},
	{"extra member inside", `{"format":"complex","user":{"format":"opaque","id":"1","x":[]}}`, "user.x"},
	{"extra member in aliases", `{"format":"aliases","identifiers":[{"format":"opaque","id":"1","x":{}}]}`, "identifiers[0].x"},
	{"bad value inside", `{"format":"complex","user":{"format":"email","email":"bob"}}`, "user.email"},
	{
		"bad value deep inside",
		`{"format":"complex","user":{"format":"aliases","identifiers":[{"format":"email","email":"bob"}]}}`,
		"user.identifiers[0].email",
	},
}

func TestParseTolerates(t *testing.T) {
	for _, test := range tolerated {
		t.Run(test.name, func(t *testing.T) {
			if _, err := subject.Parse([]byte(test.json)); err != nil {
				t.Errorf("Parse(%s) = %v, want no error", test.json, err)
			}
			id, err := subject.ParseStrict([]byte(test.json))
			checkError(t, test.json, id, err, test.member)
		})
	}
	t.Run("leaves out what it ignores", func(t *testing.T) {
		id, err := subject.Parse([]byte(`{"x":{"y":[1]},"id":"1","format":"opaque"}`))
		if want := subject.Opaque("1"); err != nil || id != want {
			t.Errorf("Parse = %v, %v, want %v", id, err, want)
		}
	})
	t.Run("a misspelt format is an unknown one", func(t *testing.T) {
		for _, format := range []string{"phone", "Email", "iss-sub", "ip_addresses", "https://example.com/f"} {
			id, err := subject.Parse([]byte(`{"format":"` + format + `"}`))
			if _, ok := id.(subject.Unknown); !ok || err != nil || id.Format() != subject.Format(format) {
				t.Errorf("Parse(format %q) = %v, %v, want an unknown format", format, id, err)
			}
		}
	})
}

// refused is input that is no identifier, with the member that the error names.
var refused = []struct{ name, json, member string }{
	{"nothing", ``, ""},
	{"null", `null`, ""},
	{"string", `"user@example.com"`, ""},
	{"array", `[{"format":"opaque","id":"1"}]`, ""},
	{"two values", `{"format":"opaque","id":"1"}{}`, ""},
	{"trailing comma", `{"format":"opaque","id":"1",}`, ""},
	{"cut short", `{"format":"opaque","id":"1"`, ""},
	{"not UTF-8", "{\"format\":\"opaque\",\"id\":\"\xff\"}", ""},
	{"unpaired surrogate", `{"format":"opaque","id":"\ud800"}`, "id"},
	{"replacement character", `{"format":"opaque","id":"�"}`, "id"},

	{"no format", `{"email":"user@example.com"}`, "format"},
	{"format null", `{"format":null,"id":"1"}`, "format"},
	{"format empty", `{"format":"","id":"1"}`, "format"},
	{"format number", `{"format":5,"id":"1"}`, "format"},
	{"format twice", `{"format":"opaque","format":"email","id":"1","email":"a@b"}`, "format"},
	{"format by another spelling", `{"Format":"opaque","id":"1"}`, "format"},
	{"older format", `{"subject_type":"email","email":"a@b.example"}`, "format"},

	{"member missing", `{"format":"email"}`, "email"},
	{"member null", `{"format":"email","email":null}`, "email"},
	{"member empty", `{"format":"email","email":""}`, "email"},
	{"member number", `{"format":"email","email":5}`, "email"},
	{"member array", `{"format":"email","email":["a@b.example"]}`, "email"},
	{"member object", `{"format":"opaque","id":{}}`, "id"},
	{"member boolean", `{"format":"opaque","id":true}`, "id"},
	{"member twice", `{"format":"opaque","id":"1","id":"1"}`, "id"},
	{"member twice by escape", `{"format":"opaque","id":"1","\u0069d":"2"}`, "id"},
	{"second member missing", `{"format":"iss_sub","iss":"https://a"}`, "sub"},
	{"saml with iss", `{"format":"saml_assertion_id","iss":"https://a","assertion_id":"1"}`, "issuer"},
	{"did with uri", `{"format":"did","uri":"did:example:1"}`, "url"},
	{"ignored member twice inside", `{"format":"opaque","id":"1","x":[{"y":1,"y":2}]}`, "x[0].y"},

	{"aliases without list", `{"format":"aliases"}`, "identifiers"},
	{"aliases null", `{"format":"aliases","identifiers":null}`, "identifiers"},
	{"aliases empty", `{"format":"aliases","identifiers":[]}`, "identifiers"},
	{"aliases object", `{"format":"aliases","identifiers":{"format":"opaque","id":"1"}}`, "identifiers"},
	{"aliases of strings", `{"format":"aliases","identifiers":["a@b.example"]}`, "identifiers[0]"},
	{"aliases of null", `{"format":"aliases","identifiers":[{"format":"opaque","id":"1"},null]}`, "identifiers[1]"},
	{
		"aliases in aliases",
		`{"format":"aliases","identifiers":[{"format":"aliases","identifiers":[{"format":"opaque","id":"1"}]}]}`,
		"identifiers[0]",
	},
	{
		"complex in aliases",
		`{"format":"aliases","identifiers":[{"format":"complex","user":{"format":"opaque","id":"1"}}]}`,
		"identifiers[0]",
	},
	{"ip-addresses missing", `{"format":"ip-addresses","ip_addresses":["10.0.0.1"]}`, "ip-addresses"},
	{"ip-addresses empty", `{"format":"ip-addresses","ip-addresses":[]}`, "ip-addresses"},
	{"ip-addresses string", `{"format":"ip-addresses","ip-addresses":"10.0.0.1"}`, "ip-addresses"},
	{"ip-addresses of numbers", `{"format":"ip-addresses","ip-addresses":[1]}`, "ip-addresses[0]"},
	{"ip-addresses of null", `{"format":"ip-addresses","ip-addresses":["10.0.0.1",null]}`, "ip-addresses[1]"},

	{"complex empty", `{"format":"complex"}`, ""},
	{"complex of string", `{"format":"complex","user":"bob"}`, "user"},
	{"complex of null", `{"format":"complex","user":null}`, "user"},
	{"complex of empty object", `{"format":"complex","user":{}}`, "user.format"},
	{"complex with a nameless member", `{"format":"complex","":{"format":"opaque","id":"1"}}`, ""},
	{"complex with a bad member", `{"format":"complex","user":{"format":"email"}}`, "user.email"},
	{
		"complex in complex",
		`{"format":"complex","user":{"format":"complex","user":{"format":"opaque","id":"1"}}}`,
		"user",
	},
	{
		"complex with a member twice",
		`{"format":"complex","user":{"format":"opaque","id":"1"},"user":{"format":"opaque","id":"2"}}`,
		"user",
	},
	{
		"aliases in aliases in complex",
		`{"format":"complex","user":{"format":"aliases","identifiers":[{"format":"aliases","identifiers":[{"format":"opaque","id":"1"}]}]}}`,
		"user.identifiers[0]",
	},
	{"unknown format with a member twice", `{"format":"x","a":{"b":1,"b":1}}`, "a.b"},
}

func TestParseRefuses(t *testing.T) {
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			id, err := subject.Parse([]byte(test.json))
			checkError(t, test.json, id, err, test.member)
		})
	}
	t.Run("without repeating a long name", func(t *testing.T) {
		name := strings.Repeat("é", 10_000)
		for _, input := range []string{
			`{"format":"complex","` + name + `":null}`,
			`{"format":"opaque","id":"1","` + name + `":1,"` + name + `":2}`,
			`{"format":"complex","` + name + `":{"format":"complex","u":{"format":"opaque","id":"1"}}}`,
		} {
			_, err := subject.Parse([]byte(input))
			if err == nil || len(err.Error()) > 200 || !utf8.ValidString(err.Error()) {
				t.Errorf("Parse = %.300v, want a short error", err)
			}
		}
	})
	t.Run("deep nesting", func(t *testing.T) {
		for _, open := range []string{`[`, `{"x":`} {
			deep := `{"format":"x","x":` + strings.Repeat(open, 100_000)
			if id, err := subject.Parse([]byte(deep)); err == nil {
				t.Errorf("Parse(100000 times %q) = %v, want an error", open, id)
			}
		}
		nested := `{"format":"x","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"
		if id, err := subject.Parse([]byte(nested)); err == nil {
			t.Errorf("Parse(1000 arrays) = %v, want an error", id)
		}
	})
}

func checkError(t *testing.T, input string, id subject.Identifier, err error, member string) {
	t.Helper()
	if id != nil {
		t.Errorf("Parse(%s) = %v with an error, want nil", input, id)
	}
	var e *subject.Error
	if !errors.As(err, &e) {
		t.Fatalf("Parse(%s) = %v, want a *subject.Error", input, err)
	}
	if e.Member != member || e.Reason == "" {
		t.Errorf("Parse(%s) names member %q because it %q, want %q", input, e.Member, e.Reason, member)
	}
}
