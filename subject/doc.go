// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package subject holds subject identifiers: the JSON objects that say who or
// what a Security Event Token is about (RFC 9493 §3, SSF §3).
//
// An [Identifier] is a value of one of the types here, one for each format:
//
//	subject.Email("user@example.com")
//	subject.IssSub{Issuer: "https://idp.example.com", Subject: "145234573"}
//	subject.Complex{subject.MemberUser: user, subject.MemberSession: session}
//
// # Shape and meaning
//
// Two questions are kept apart, because the two sides of a stream answer them
// differently.
//
// The shape is whether the JSON is an identifier at all: an object that names
// its format once and has the members of that format, with the right type and
// not empty. [Parse] insists on it and on nothing else. It ignores members
// that a format does not describe (SSF §4.2.3), keeps a format that it does
// not know as an [Unknown], and takes a phone number with blanks in it: a
// Receiver that refused the event for that would leave a revoked session
// open.
//
// The meaning is whether the values are what the format says: an E.164
// number, an addr-spec, an absolute URI. The Validate methods insist on it. A
// Transmitter validates what it sends and what a Receiver asks it to add.
// [ParseStrict] asks both questions and refuses members that the format does
// not describe.
//
// # Comparison
//
// Nothing is normalised: identifiers are the same when their members are the
// same, code point by code point ([Equal], [Key]). Which added subject an
// event concerns is a wider question, answered by [Match] and [Covers].
package subject
