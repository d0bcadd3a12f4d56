// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package identity holds the verbs that change who somebody is and what they
// are signed in to: users, credentials, devices, sessions and memberships, and
// the way back in for those who lost theirs.
//
// A verb takes the transaction of its caller, writes the change and records
// the signals that tell of it in that transaction: either the change and its
// signals exist, or neither. A table in verbs_test.go says for each verb which
// signals it records, and a verb without a row fails the tests.
//
// Hashing a password takes long and needs no database. So it happens before
// the transaction: [Passwords] makes hashes, and turns a password that was
// typed into a [Proof] that a verb checks against the row as it is then. Codes
// and passkeys add steps to a proof, and what it holds in the end is the level
// of the session.
//
// Each change is also entered in the audit log, unless the caller says in the
// [Cause] that it has done so: package admin does, together with its
// authorization.
//
// The package decides neither who may call a verb nor who learns of a signal.
package identity
