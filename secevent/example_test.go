// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// A Transmitter signs a SET, publishes its key, and a Receiver verifies.
func Example() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	signer, err := secevent.NewSigner(key, "2026-01", secevent.ES256)
	if err != nil {
		panic(err)
	}
	payload, err := secevent.Payload(subject.Email("user@example.com"), login{Count: 3})
	if err != nil {
		panic(err)
	}
	env := secevent.Envelope{
		Issuer:   "https://idp.example.com",
		Audience: secevent.Audience{"https://receiver.example.com"},
		ID:       "01J9ZK7W",
		IssuedAt: time.Now().Unix(),
		Payload:  payload,
	}
	set, err := signer.Sign(env.AppendJSON(nil))
	if err != nil {
		panic(err)
	}
	document, err := secevent.JWKS(signer.Key())
	if err != nil {
		panic(err)
	}

	keys, err := secevent.ParseJWKS(document)
	if err != nil {
		panic(err)
	}
	verifier := secevent.Verifier{
		Issuer:   "https://idp.example.com",
		Audience: secevent.Audience{"https://receiver.example.com"},
		Keys:     keys,
	}
	token, err := verifier.Verify(context.Background(), set)
	if err != nil {
		panic(err)
	}
	typ, claims := token.Event()
	fmt.Println(token.Subject, typ, string(claims))

	verifier.Audience = secevent.Audience{"https://other.example"}
	_, err = verifier.Verify(context.Background(), set)
	var refused *secevent.Error
	fmt.Println(errors.As(err, &refused), refused.Code)
	// Output:
	// user@example.com urn:example:login {"count":3}
	// true invalid_audience
}
