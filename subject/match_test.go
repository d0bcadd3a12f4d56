// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/subject"
)

const (
	alice = subject.Email("alice@example.com")
	bob   = subject.Email("bob@example.com")
	phone = subject.PhoneNumber("+12065550100")
	acme  = subject.Opaque("acme")
	mac   = subject.Opaque("mac")
)

// pairs is the decision table of Match and Covers: what an event about the
// second subject means where the first was added, and where it was removed.
var pairs = []struct {
	name          string
	first, event  subject.Identifier
	match, covers bool
}{
	{"the same", alice, subject.Email("alice@example.com"), true, true},
	{"another value", alice, bob, false, false},
	{"another case", alice, subject.Email("Alice@example.com"), false, false},
	{"another format", subject.Opaque("x"), subject.URI("x"), false, false},
	{
		"a trailing slash", subject.IssSub{Issuer: "https://a", Subject: "1"},
		subject.IssSub{Issuer: "https://a/", Subject: "1"}, false, false,
	},
	{"no subject", nil, nil, false, false},
	{"no subject in the event", alice, nil, false, false},

	{
		"complex, the same", subject.Complex{"user": alice, "tenant": acme},
		subject.Complex{"tenant": acme, "user": alice}, true, true,
	},
	{
		"added is broader", subject.Complex{"tenant": acme},
		subject.Complex{"tenant": acme, "user": alice}, true, true,
	},
	{
		"event is broader", subject.Complex{"user": alice, "device": mac},
		subject.Complex{"user": alice}, true, false,
	},
	{
		"one member differs", subject.Complex{"user": alice, "group": acme},
		subject.Complex{"user": alice, "group": mac}, false, false,
	},
	{
		"overlap", subject.Complex{"user": alice, "device": mac},
		subject.Complex{"user": alice, "tenant": acme}, true, false,
	},
	{
		"no common member", subject.Complex{"user": alice},
		subject.Complex{"device": mac}, false, false,
	},
	{
		"same value under another name", subject.Complex{"user": alice},
		subject.Complex{"group": alice}, false, false,
	},
	{
		"custom member", subject.Complex{"x": acme, "user": alice},
		subject.Complex{"x": mac, "user": alice}, false, false,
	},
	{"empty complex", subject.Complex{}, subject.Complex{"user": alice}, false, false},
	{"complex of nothing", subject.Complex{"user": nil}, subject.Complex{"user": nil}, false, false},
	{"simple to complex", alice, subject.Complex{"user": alice}, false, false},
	{"complex to simple", subject.Complex{"user": alice}, alice, false, false},

	{"aliases hold it", subject.Aliases{bob, alice}, alice, true, true},
	{"aliases of the event hold it", alice, subject.Aliases{phone, alice}, true, true},
	{"aliases share one", subject.Aliases{alice, bob}, subject.Aliases{phone, alice}, true, true},
	{"aliases share none", subject.Aliases{alice}, subject.Aliases{bob, phone}, false, false},
	{"no aliases", subject.Aliases{}, subject.Aliases{}, false, false},
	{
		"aliases in a member", subject.Complex{"user": subject.Aliases{alice, phone}},
		subject.Complex{"user": phone, "device": mac}, true, true,
	},
	{
		"addresses in another order", subject.IPAddresses{"10.0.0.1", "::1"},
		subject.IPAddresses{"::1", "10.0.0.1", "::1"}, true, true,
	},
	{
		"part of the addresses", subject.IPAddresses{"10.0.0.1", "::1"},
		subject.IPAddresses{"10.0.0.1"}, false, false,
	},
	{
		"unknown format, members in another order",
		subject.Unknown{Name: "x", Raw: []byte(`{"format":"x","a":1,"b":{"c":"\u0041","d":[]}}`)},
		subject.Unknown{Name: "x", Raw: []byte(`{ "b":{"d":[],"c":"A"}, "a":1, "format":"x" }`)}, true, true,
	},
	{
		"unknown format, another number",
		subject.Unknown{Name: "x", Raw: []byte(`{"format":"x","a":9007199254740993}`)},
		subject.Unknown{Name: "x", Raw: []byte(`{"format":"x","a":9007199254740992}`)}, false, false,
	},
}

func TestMatch(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			if got := subject.Match(pair.first, pair.event); got != pair.match {
				t.Errorf("Match(%v, %v) = %t, want %t", pair.first, pair.event, got, pair.match)
			}
			if got := subject.Match(pair.event, pair.first); got != pair.match {
				t.Errorf("Match is not symmetric: the other way it is %t", got)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			if got := subject.Covers(pair.first, pair.event); got != pair.covers {
				t.Errorf("Covers(%v, %v) = %t, want %t", pair.first, pair.event, got, pair.covers)
			}
		})
	}
}

func TestMatchKeys(t *testing.T) {
	for _, pair := range pairs {
		if !pair.match {
			continue
		}
		t.Run(pair.name, func(t *testing.T) {
			a, b := subject.MatchKeys(pair.first), subject.MatchKeys(pair.event)
			if !slices.ContainsFunc(a, func(key string) bool { return slices.Contains(b, key) }) {
				t.Errorf("MatchKeys(%v) = %q and MatchKeys(%v) = %q share nothing", pair.first, a, pair.event, b)
			}
		})
	}
	t.Run("are few", func(t *testing.T) {
		id := subject.Complex{"user": subject.Aliases{alice, phone}, "tenant": acme, "device": nil}
		if got := subject.MatchKeys(id); len(got) != 3 {
			t.Errorf("MatchKeys = %q, want one for the tenant and two for the user", got)
		}
		if got := subject.MatchKeys(nil); got != nil {
			t.Errorf("MatchKeys(nil) = %q, want none", got)
		}
	})
}

func TestKey(t *testing.T) {
	t.Run("can be read", func(t *testing.T) {
		if got, want := subject.Key(alice), `{"format":"email","email":"alice@example.com"}`; got != want {
			t.Errorf("Key(%q) = %s, want %s", alice, got, want)
		}
	})
	t.Run("is bounded", func(t *testing.T) {
		long := subject.Opaque(strings.Repeat("x", 100_000))
		key := subject.Key(long)
		if len(key) > subject.MaxKeyLength || !strings.HasPrefix(key, "sha256:") {
			t.Errorf("Key(100000 bytes) = %q, want a hash of at most %d bytes", key, subject.MaxKeyLength)
		}
		if key == subject.Key(long+"x") {
			t.Error("Key is the same for two long identifiers")
		}
	})
	t.Run("keeps order in arrays", func(t *testing.T) {
		a, b := subject.IPAddresses{"10.0.0.1", "::1"}, subject.IPAddresses{"::1", "10.0.0.1"}
		if subject.Equal(a, b) || subject.Key(a) == subject.Key(b) {
			t.Errorf("%v and %v are equal, want different", a, b)
		}
	})
	t.Run("no quoting trick makes two identifiers one", func(t *testing.T) {
		a := subject.IssSub{Issuer: `a","sub":"b`, Subject: "c"}
		b := subject.IssSub{Issuer: "a", Subject: `b","sub":"c`}
		if subject.Equal(a, b) || subject.Key(a) == subject.Key(b) {
			t.Errorf("%v and %v are equal, want different", a, b)
		}
	})
}
