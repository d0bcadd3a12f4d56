// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package receiver is a Shared Signals Receiver (SSF 1.0): it finds a
// Transmitter, manages a stream there, and takes the SETs in by push or poll.
//
//	metadata, err := receiver.Discover(ctx, nil, issuer)
//	client, err := receiver.NewClient(receiver.ClientConfig{
//		Metadata: metadata, Tokens: tokens,
//	})
//	verifier, err := receiver.NewVerifier(metadata, audience, nil)
//
//	mux := new(receiver.Mux)
//	receiver.On(mux, caep.Parse, endSessions) // for caep.SessionRevoked
//	inbox, err := receiver.NewInbox(receiver.InboxConfig{
//		Verifier: verifier, Handler: mux.Handle,
//	})
//
// From here the two deliveries differ. For push, a [Push] handler has to be
// served before [Client.EnsureStream] creates the stream, as a Transmitter may
// verify a new stream at once. For poll, the stream comes first and a [Poller]
// runs on it. Either way [Inbox.Verify] shows that SETs arrive.
//
// # What is guaranteed
//
// A SET is acknowledged after the handler has returned nil and not before, so
// a handler should store what it has to do and return. A SET that arrives
// again gets the answer that it got the first time without another call of the
// handler, as long as the [Store] remembers it. A crash between handler and
// Store can make the handler see a SET twice: handlers should be idempotent.
//
// A handler refuses a SET by returning a *secevent.Error, which the
// Transmitter gets to see; with any other error the SET is left for a later
// delivery.
//
// # What is not here
//
// Sessions, users and what to do about an event are the application's. The
// package keeps nothing on disk; a Store that does is the application's too.
package receiver
