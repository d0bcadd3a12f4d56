// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/subject"
)

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		format    string
		make      func(string) subject.Identifier
		good, bad []string
	}{
		{
			"account",
			func(s string) subject.Identifier { return subject.Account(s) },
			[]string{
				"acct:user@example.com", "ACCT:user@example.com", "acct:juliet%40capulet.example@shop.example",
				"acct:a!$&'()*+,;=@[2001:db8::1]",
			},
			[]string{
				"", "user@example.com", "acct:", "acct:user", "acct:@example.com", "acct:user@", "acct:a b@example.com",
				"acct:%4@example.com", "mailto:user@example.com", "acct:a@b@example.com", "acct:ü@example.com",
			},
		},
		{
			"email",
			func(s string) subject.Identifier { return subject.Email(s) },
			[]string{
				"user@example.com", "first.last+tag@sub.example.co.uk", "o'hara@example.com", "u@localhost",
				`"john doe"@example.com`, `"a@b"@example.com`, `"\""@example.com`, "user@[192.0.2.1]",
				"user@[IPv6:2001:db8::1]", "用户@例子.example", "USER@EXAMPLE.COM",
			},
			[]string{
				"", "user", "@example.com", "user@", "Bob <bob@example.com>", "<bob@example.com>", "a b@example.com",
				"a..b@example.com", ".a@example.com", "a.@example.com", "a@b@example.com", "a@exa mple.com",
				"a@-example.com", "a@example-.com", "a@example..com", "a@example.com ", " a@example.com",
				"a@example.com\n", "a(comment)@example.com", "a@[192.0.2.1", "a,b@example.com", "\xff@example.com",
				strings.Repeat("a", 250) + "@example.com",
			},
		},
		{
			"opaque",
			func(s string) subject.Identifier { return subject.Opaque(s) },
			[]string{" ", "11112222", "\x00", "ü", strings.Repeat("x", 100_000)},
			[]string{"", "\xff", "\ufffd"},
		},
		{
			"phone_number",
			func(s string) subject.Identifier { return subject.PhoneNumber(s) },
			[]string{"+12065550100", "+49", "+123456789012345"},
			[]string{
				"", "12065550100", "0012065550100", "+1 206 555 0100", "+1-206-555-0100", "+0123", "+1",
				"+1234567890123456", "+1206555010a", "+12065550100;ext=5", "+12065550100\n", "+١٢٣",
			},
		},
		{
			"did",
			func(s string) subject.Identifier { return subject.DID(s) },
			[]string{
				"did:example:123456", "did:web:example.com%3A3000:user", "did:example:123456/path?service=files#key-1",
				"did:key:z6MkhaXgBZD", "did:example::x",
			},
			[]string{"", "did:", "did:example:", "did:Example:1", "DID:example:1", "did:example:a b", "did:example:1#a b", "did:example:a:", "urn:x:y"},
		},
		{
			"uri",
			func(s string) subject.Identifier { return subject.URI(s) },
			[]string{
				"urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f", "https://example.com/", "https://[2001:db8::1]:8443/a?b=c#d",
				"tag:example.com,2026:x", "mailto:a@example.com", "x:y",
			},
			[]string{
				"", "example.com", "/users/1", "//example.com/", "?a", "#a", "https:", "1x:y", "https://example.com/a b",
				"https://example.com/%zz", "https://example.com/ü", "https://example.com/\n", "https://[::1/", "a:b#c#d", "a:[b]",
			},
		},
		{
			"iss of iss_sub",
			func(s string) subject.Identifier { return subject.IssSub{Issuer: s, Subject: "1"} },
			[]string{"https://idp.example.com/", "idp", "joe user"},
			[]string{"", "https://idp example.com", ":", "1:2"},
		},
		{
			"sub of iss_sub",
			func(s string) subject.Identifier { return subject.IssSub{Issuer: "https://a", Subject: s} },
			[]string{"145234573", "auth0|1", "user:1"},
			[]string{"", "10:3", "a:b c"},
		},
		{
			"iss of jwt_id",
			func(s string) subject.Identifier { return subject.JWTID{Issuer: s, ID: "1"} },
			[]string{"https://idp.example.com/", "idp"},
			[]string{"", "a b:c"},
		},
		{
			"jti of jwt_id",
			func(s string) subject.Identifier { return subject.JWTID{Issuer: "https://a", ID: s} },
			[]string{"1", "a b:c"},
			[]string{""},
		},
		{
			"issuer of saml_assertion_id",
			func(s string) subject.Identifier { return subject.SAMLAssertionID{Issuer: s, AssertionID: "_1"} },
			[]string{"https://idp.example.com/", "CN=x:y z"},
			[]string{""},
		},
		{
			"assertion_id of saml_assertion_id",
			func(s string) subject.Identifier { return subject.SAMLAssertionID{Issuer: "a", AssertionID: s} },
			[]string{"_8e8dc5f6"},
			[]string{"", "\xc0\x80"},
		},
		{
			"ip-addresses",
			func(s string) subject.Identifier { return subject.IPAddresses{"192.0.2.1", s} },
			[]string{"10.29.37.75", "2001:db8::1", "::ffff:10.0.0.1", "::"},
			[]string{"", "10.0.0.300", "10.0.0", "10.0.0.0/8", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "010.0.0.1", "localhost"},
		},
	} {
		t.Run(test.format, func(t *testing.T) {
			for _, value := range test.good {
				if err := test.make(value).Validate(); err != nil {
					t.Errorf("Validate(%q) = %v, want nil", value, err)
				}
			}
			for _, value := range test.bad {
				var e *subject.Error
				if err := test.make(value).Validate(); !errors.As(err, &e) {
					t.Errorf("Validate(%q) = %v, want a *subject.Error", value, err)
				}
			}
		})
	}
}

// malformed is values that Go code can build and that have no JSON.
var malformed = map[string]struct {
	id     subject.Identifier
	member string
}{
	"aliases nil":        {subject.Aliases(nil), "identifiers"},
	"aliases of nil":     {subject.Aliases{nil}, "identifiers[0]"},
	"aliases in aliases": {subject.Aliases{subject.Aliases{subject.Opaque("1")}}, "identifiers[0]"},
	"complex in aliases": {subject.Aliases{subject.Complex{"user": subject.Opaque("1")}}, "identifiers[0]"},
	"addresses nil":      {subject.IPAddresses(nil), "ip-addresses"},
	"complex nil":        {subject.Complex(nil), ""},
	"complex of nil":     {subject.Complex{"user": nil}, "user"},
	"complex of complex": {subject.Complex{"user": subject.Complex{"user": subject.Opaque("1")}}, "user"},
	"complex format":     {subject.Complex{"format": subject.Opaque("1")}, "format"},
	"complex nameless":   {subject.Complex{"": subject.Opaque("1")}, ""},
	"complex of bad aliases": {
		subject.Complex{"user": subject.Aliases{subject.Aliases{}}}, "user.identifiers[0]",
	},
	"unknown empty":          {subject.Unknown{}, ""},
	"unknown not JSON":       {subject.Unknown{Name: "x", Raw: []byte("x")}, ""},
	"unknown of other name":  {subject.Unknown{Name: "x", Raw: []byte(`{"format":"y"}`)}, "format"},
	"unknown that is known":  {subject.Unknown{Name: "opaque", Raw: []byte(`{"format":"opaque","id":"1"}`)}, "format"},
	"unknown with duplicate": {subject.Unknown{Name: "x", Raw: []byte(`{"format":"x","a":1,"a":2}`)}, "a"},
}

func TestValidateMalformed(t *testing.T) {
	for name, test := range malformed {
		t.Run(name, func(t *testing.T) {
			var e *subject.Error
			if err := test.id.Validate(); !errors.As(err, &e) || e.Member != test.member {
				t.Errorf("Validate() = %v, want an error of member %q", err, test.member)
			}
			if text, err := test.id.MarshalJSON(); err == nil {
				t.Errorf("MarshalJSON() = %s, want an error", text)
			}
			if key := subject.Key(test.id); key == "" {
				t.Error("Key() is empty; every value must have a key")
			}
		})
	}
}

func TestError(t *testing.T) {
	for _, test := range []struct {
		err  subject.Error
		want string
	}{
		{subject.Error{Member: "user.email", Reason: "is missing"}, "subject identifier: user.email is missing"},
		{subject.Error{Reason: "must be valid JSON"}, "subject identifier must be valid JSON"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("Error() = %q, want %q", got, test.want)
		}
	}
	t.Run("does not repeat the value", func(t *testing.T) {
		const secret = "bob.private"
		_, err := subject.ParseStrict([]byte(`{"format":"email","email":"` + secret + `"}`))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("error = %v, want one without %q", err, secret)
		}
	})
}
