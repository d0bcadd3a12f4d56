// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package delivery pushes SETs to the endpoints of push streams (RFC 8935), and
// logout tokens to applications (OIDC BCL §2.5). To the latter all of this
// applies as well; only the request, the answers and the signing differ.
//
// A stream is a log of deliveries with a position, not a queue of jobs. One
// dispatcher per stream reads the log, signs and posts up to a window of SETs
// at once, and settles what the Receiver acknowledged. A delivery does not
// start while an earlier one about the same user is under way or rejected, so
// the events of one user arrive in order; different users do not wait for each
// other.
//
// What can go wrong has two classes. The endpoint failed (no answer, 5xx, 401,
// "invalid_key" and so on): nothing is wrong with the SET, so the whole stream
// waits, one probe at a time, with growing pauses; the log keeps everything and
// no row is written per waiting SET. The SET was rejected ("invalid_request",
// 413): it becomes an exception that is tried a few more times on its own and
// ends as a dead letter, while the stream goes on.
//
// Settled deliveries are recorded in groups, every 20 ms, in one transaction.
// A crash before that transaction repeats at most the SETs of one window and
// one group, with the same jti; nothing is lost, for the position is behind
// the truth and never ahead of it.
//
// The package does not decide who gets what (transmitter does), nor does it
// know how a SET is signed.
package delivery
