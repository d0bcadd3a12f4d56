// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tocsin-id/tocsin/subject"
)

// genText draws from few values, so that two draws are often the same, and
// from many, so that quoting is tried.
func genText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"a", "b", "A", "a b", `"`, `\`, "<", "\u2028", "ü"}),
		rapid.StringN(1, 400, -1).Filter(func(s string) bool { return subject.Opaque(s).Validate() == nil }),
	)
}

func genSimple() *rapid.Generator[subject.Identifier] {
	return rapid.Custom(func(t *rapid.T) subject.Identifier {
		s, s2 := genText().Draw(t, "text"), genText().Draw(t, "second")
		switch rapid.IntRange(0, 10).Draw(t, "format") {
		case 0:
			return subject.Account(s)
		case 1:
			return subject.Email(s)
		case 2:
			return subject.IssSub{Issuer: s, Subject: s2}
		case 3:
			return subject.PhoneNumber(s)
		case 4:
			return subject.DID(s)
		case 5:
			return subject.URI(s)
		case 6:
			return subject.JWTID{Issuer: s, ID: s2}
		case 7:
			return subject.SAMLAssertionID{Issuer: s, AssertionID: s2}
		case 8:
			return subject.IPAddresses(rapid.SliceOfN(genText(), 1, 3).Draw(t, "addresses"))
		case 9:
			text, _ := json.Marshal(s)
			return subject.Unknown{Name: "x", Raw: []byte(`{"format":"x","v":` + string(text) + `}`)}
		}
		return subject.Opaque(s)
	})
}

func genIdentifier() *rapid.Generator[subject.Identifier] {
	return rapid.Custom(func(t *rapid.T) subject.Identifier {
		aliases := rapid.Custom(func(t *rapid.T) subject.Identifier {
			return subject.Aliases(rapid.SliceOfN(genSimple(), 1, 3).Draw(t, "aliases"))
		})
		member := rapid.OneOf(genSimple(), genSimple(), aliases)
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return aliases.Draw(t, "aliases")
		case 1, 2:
			names := rapid.SampledFrom([]string{"user", "device", "tenant", "x"})
			return subject.Complex(rapid.MapOfN(names, member, 1, 4).Draw(t, "members"))
		}
		return genSimple().Draw(t, "simple")
	})
}

// TestProperties checks what must hold for all identifiers.
func TestProperties(t *testing.T) {
	t.Run("Parse reads what MarshalJSON writes", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			id := genIdentifier().Draw(t, "id")
			text, err := json.Marshal(id)
			if err != nil {
				t.Fatal(err)
			}
			got, err := subject.Parse(text)
			if err != nil || !subject.Equal(id, got) {
				t.Fatalf("Parse(%s) = %v, %v, want %v", text, got, err, id)
			}
		})
	})
	t.Run("Equal is the same as equal keys", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			a, b := genIdentifier().Draw(t, "a"), genIdentifier().Draw(t, "b")
			equal, keys := subject.Equal(a, b), subject.Key(a) == subject.Key(b)
			if equal != keys {
				t.Fatalf("Equal(%v, %v) = %t, but equal keys = %t", a, b, equal, keys)
			}
			if n := len(subject.Key(a)); n > subject.MaxKeyLength {
				t.Fatalf("Key(%v) has %d bytes, want at most %d", a, n, subject.MaxKeyLength)
			}
		})
	})
	t.Run("Match and Covers agree", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			a, b := genIdentifier().Draw(t, "a"), genIdentifier().Draw(t, "b")
			match := subject.Match(a, b)
			if !subject.Match(a, a) || !subject.Covers(a, a) {
				t.Fatalf("%v does not match or cover itself", a)
			}
			if match != subject.Match(b, a) {
				t.Fatalf("Match(%v, %v) = %t, but not the other way", a, b, match)
			}
			if subject.Covers(a, b) && !match {
				t.Fatalf("Covers(%v, %v), but they do not match", a, b)
			}
			keys := subject.MatchKeys(b)
			if match && !slices.ContainsFunc(subject.MatchKeys(a), func(k string) bool { return slices.Contains(keys, k) }) {
				t.Fatalf("%v matches %v, but they share no key", a, b)
			}
		})
	})
}
