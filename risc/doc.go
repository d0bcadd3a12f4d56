// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package risc has the event types of the OpenID RISC Profile 1.0 (Risk
// Incident Sharing and Coordination) as Go types.
//
// It works as package caep does: structs with Validate for a Transmitter,
// [Parse] for a Receiver, output strict and input tolerant of unknown members.
// Most RISC events have no members at all: the event type and the subject of
// the SET say everything.
//
// Two things that RISC adds have code here: [State] is the opt-out state
// machine of RISC §2.8, and CheckSubject on IdentifierChanged and
// IdentifierRecycled is the rule that their subject is an email address or a
// phone number.
package risc
