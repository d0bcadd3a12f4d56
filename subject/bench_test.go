// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"testing"

	"github.com/tocsin-id/tocsin/subject"
)

func BenchmarkParse(b *testing.B) {
	text := []byte(`{"format":"complex","user":{"format":"iss_sub","iss":"https://idp.example.com","sub":"42"},` +
		`"session":{"format":"opaque","id":"dMTlD|1600802906337.16|16008.16"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := subject.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	added := subject.Complex{subject.MemberUser: alice}
	event := subject.Complex{subject.MemberUser: alice, subject.MemberSession: mac}
	b.ReportAllocs()
	for b.Loop() {
		if !subject.Match(added, event) {
			b.Fatal("no match")
		}
	}
}
