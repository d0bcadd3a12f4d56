// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package idp holds the nouns of the identity provider and the contract that
// a database meets: users, sessions, applications, providers, streams, signals
// and deliveries, and the Tx that reads and writes them.
//
// It imports no role and does no I/O. Roles (identity, oidc, transmitter,
// delivery, signing, admin) are written against Tx; a database implements it.
// Both meet only here.
//
// A change and its signals commit together: a verb takes a Tx, writes the
// change and calls [SignalTx.AppendSignal] on the same Tx. Everything later
// (fan-out to streams, signing, delivery) starts from the committed signal.
package idp
