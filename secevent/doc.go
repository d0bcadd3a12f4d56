// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package secevent makes and checks Security Event Tokens (RFC 8417) with the
// profile of SSF §4.
//
// A [Token] is the claims of a SET. A [Signer] signs them; [Envelope] and
// [Payload] are the same for a transmitter that signs thousands in a second
// and writes the part they share only once.
//
// On the other side [Parse] reads a SET and proves nothing about it. Only a
// [Verifier] does: it knows the issuer, the audience, the algorithms and the
// keys to expect, and says what is wrong with a SET in the codes of RFC 8935
// §2.4, as an [*Error] that can be sent back as it is.
//
// What an event means is not the business of this package: the payload of an
// event stays JSON, and an event or a subject that nobody here has heard of is
// no reason to refuse a SET (SSF §4.2.3). Packages caep, risc and ssf have the
// types. The package neither fetches keys nor remembers a SET; a receiver has
// to do both.
//
// Encrypted SETs are not supported.
package secevent
