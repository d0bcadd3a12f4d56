// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package caep has the event types of the OpenID Continuous Access
// Evaluation Profile 1.0 as Go types.
//
// A Transmitter fills a struct, calls Validate and hands it to a signer; a
// Receiver calls [Parse] with the type and payload it found in a Security
// Event Token and switches over the result:
//
//	event, err := caep.Parse(eventType, payload)
//	switch e := event.(type) {
//	case caep.SessionRevoked:
//	case caep.CredentialChange:
//		log.Print(e.CredentialType, e.ChangeType, e.ReasonAdmin.Pick("en"))
//	}
//
// Output is strict and input is tolerant where the profile allows it: members
// that a type does not define are ignored (SSF §4.2.3), a reason given as a
// plain string is read as English, and a timestamp in milliseconds is read as
// what it means. Missing required members and wrong JSON types are errors.
//
// The package does not sign, verify or route: see secevent and ssf.
package caep
