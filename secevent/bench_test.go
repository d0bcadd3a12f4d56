// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

func envelope(b *testing.B) *secevent.Envelope {
	b.Helper()
	payload, err := secevent.Payload(subject.Complex{
		subject.MemberUser:    subject.IssSub{Issuer: issuer, Subject: "7f3c1a"},
		subject.MemberSession: subject.Opaque("dMTlD|1600802906337.16|16008.16"),
	}, login{Count: 1})
	if err != nil {
		b.Fatal(err)
	}
	return &secevent.Envelope{
		Issuer: issuer, Audience: secevent.Audience{audience}, ID: "01J9ZK7W", IssuedAt: 1700000000,
		Txn: "txn-1", Payload: payload,
	}
}

// BenchmarkSign is what a transmitter does for each SET.
func BenchmarkSign(b *testing.B) {
	for _, alg := range secevent.Algorithms() {
		b.Run(string(alg), func(b *testing.B) {
			s, env := signer(b, alg), envelope(b)
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = env.AppendJSON(buf[:0])
				if _, err := s.Sign(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify is what a receiver does for each SET.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range secevent.Algorithms() {
		b.Run(string(alg), func(b *testing.B) {
			set, err := signer(b, alg).Sign(envelope(b).AppendJSON(nil))
			if err != nil {
				b.Fatal(err)
			}
			v := verifier(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), set); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	env := envelope(b)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = env.AppendJSON(buf[:0])
	}
}
