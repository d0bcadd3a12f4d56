// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package transmitter is the SSF Transmitter (SSF §7, §8): the API by which
// Receivers manage their streams, the poll endpoint (RFC 8936), and the fan-out
// of signals into deliveries.
//
// # A signal's way
//
//	verb appends a Signal            identity, or a verb of this package
//	  -> FanOut makes a Delivery     for each stream that it concerns
//	    -> push                      package delivery
//	    -> poll                      here: handed out, then acknowledged
//	      -> SweepExpired            erases it when its retention has ended
//
// Verification and stream-updated take the same way: they are signals that
// name their stream, and are delivered in any status of it.
//
// So does OIDC Back-Channel Logout. An OIDC provider with an address for logout
// tokens has a stream that SyncLogoutStream makes and no Receiver sees; the end
// of a session through which its application got tokens becomes a delivery
// there, with the claims of a logout token instead of those of a SET (OIDC BCL
// §2.4).
//
// What a SET says of a signal depends on the provider: its format names the
// user, its rules hold back what it does not want, and the user's consent
// bounds what is told of them.
//
// # Verbs
//
// CreateStream, UpdateStream, SetStatus, RequestVerification, AddSubject,
// RemoveSubject and DeleteStream are what can be done to a stream, by its
// Receiver through the API or by an admin. Each works in the transaction of the
// caller, and writes the audit entry unless an admin acts: that entry is written
// by package admin. A handler parses, calls one verb and writes. Receipts reads
// who has confirmed a change.
//
// # Rights
//
// What a token may do, and the answer when it may not:
//
//	none, or not as a bearer token in the header      401
//	more than one                                     400
//	unknown, expired or revoked                       401
//	of an end user, whatever its scopes               403
//	without ssf.read or ssf.manage (reading, poll)    403
//	without ssf.manage (everything else)              403
//	any good one, issuer unknown or not assigned      404
//	of another application: create, list              403
//	of another application: anything with a stream    404
//	of the application, stream of another Receiver    404
//
// The checks come in this order: method (405), token, scope, issuer, size of
// the body (413), syntax (400), existence of the stream (404), rate (429),
// meaning (400), policy (403, 409).
//
// The package does not push, does not authenticate users and does not decide
// which changes are signals.
package transmitter
