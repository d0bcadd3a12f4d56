// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package tocsin is the root of the module and holds no code of its own.
//
// Tocsin is an OpenID Connect identity provider that is also a Transmitter of
// the OpenID Shared Signals Framework: when an identity changes, every
// application that asked for it receives a signed event about the change.
//
// A program that sends or receives such events imports the public packages:
// secevent for the tokens, subject for who they are about, caep and risc for
// what happened, ssf for the wire types of a stream, and ssf/receiver for a
// Receiver. The server itself is cmd/tocsin.
//
// The tests in this folder keep the rules of the whole module: which package
// may import which (layers_test.go), and how the code is written.
package tocsin
