// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// InboxConfig configures an Inbox.
type InboxConfig struct {
	// Verifier decides which SETs to believe. Required; see NewVerifier.
	Verifier *secevent.Verifier

	// Handler takes the SETs, the events about the stream itself among them.
	// Required.
	Handler Handler

	// Store remembers answers; nil is a new MemoryStore.
	Store Store

	// CriticalSubjectMembers is that of the Transmitter's metadata. An event
	// whose complex subject has a critical member that the handler does not
	// understand is acknowledged and discarded (SSF §3.6).
	CriticalSubjectMembers []string

	// SubjectMembers names the members of complex subjects that the handler
	// understands. It matters only for critical members.
	SubjectMembers []string
}

// Inbox takes in the SETs of one Transmitter, however they are delivered:
// verifies them, answers repeated ones as before, and calls the handler for
// new ones. It is safe for concurrent use; SETs with the same jti wait for one
// another.
type Inbox struct {
	cfg    InboxConfig
	states states

	mu   sync.Mutex // guards busy
	busy map[Key]chan struct{}
}

// NewInbox returns an inbox.
func NewInbox(cfg InboxConfig) (*Inbox, error) {
	if err := require("inbox", map[string]bool{"Verifier": cfg.Verifier == nil, "Handler": cfg.Handler == nil}); err != nil {
		return nil, err
	}
	if cfg.Store == nil {
		cfg.Store = new(MemoryStore)
	}
	return &Inbox{cfg: cfg, busy: make(map[Key]chan struct{})}, nil
}

// Accept takes in a SET in compact form. Nil means that it is to be
// acknowledged, a *secevent.Error that it is to be rejected with this answer,
// and any other error that it could not be processed now and should be
// delivered again.
func (in *Inbox) Accept(ctx context.Context, compact string) error {
	return in.accept(ctx, compact, "")
}

// accept is Accept for a SET that was announced with a jti, or with "" for
// none.
func (in *Inbox) accept(ctx context.Context, compact, id string) error {
	set, err := in.cfg.Verifier.Verify(ctx, compact)
	if err != nil {
		return err
	}
	if id != "" && set.ID != id {
		return &secevent.Error{
			Code:        secevent.InvalidRequest,
			Description: fmt.Sprintf("the SET has the jti %.100q, which is not the name it was sent under", set.ID),
		}
	}
	key := Key{Issuer: set.Issuer, ID: set.ID}
	release, err := in.claim(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	rejected, known, err := in.cfg.Store.Answer(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("SET %s: store: %w", set.ID, err)
	case rejected != nil:
		return rejected
	case known:
		return nil
	}
	return in.process(ctx, key, set)
}

// claim waits until nobody else processes the same SET.
func (in *Inbox) claim(ctx context.Context, key Key) (release func(), err error) {
	for {
		in.mu.Lock()
		other, busy := in.busy[key]
		if !busy {
			done := make(chan struct{})
			in.busy[key] = done
			in.mu.Unlock()
			return func() {
				in.mu.Lock()
				delete(in.busy, key)
				in.mu.Unlock()
				close(done)
			}, nil
		}
		in.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// process handles a new SET and records the answer. A crash after the handler
// and before Record makes the handler see the SET again.
func (in *Inbox) process(ctx context.Context, key Key, set *secevent.Token) error {
	err := in.handle(ctx, set)
	var rejected *secevent.Error
	if err != nil && !errors.As(err, &rejected) {
		return fmt.Errorf("SET %s: %w", set.ID, err)
	}
	if err := in.cfg.Store.Record(ctx, key, rejected); err != nil {
		return fmt.Errorf("SET %s: store: %w", set.ID, err)
	}
	if rejected != nil {
		return rejected
	}
	in.states.arrived(set)
	return nil
}

func (in *Inbox) handle(ctx context.Context, set *secevent.Token) error {
	if in.discards(set.Subject) {
		return nil
	}
	if err := in.states.check(set); err != nil {
		return err
	}
	return in.cfg.Handler(ctx, set)
}

// discards reports whether a subject has a critical member that the handler
// does not understand.
func (in *Inbox) discards(id subject.Identifier) bool {
	members, ok := id.(subject.Complex)
	if !ok {
		return false
	}
	for name := range members {
		critical := slices.Contains(in.cfg.CriticalSubjectMembers, string(name))
		if critical && !slices.Contains(in.cfg.SubjectMembers, string(name)) {
			return true
		}
	}
	return false
}

// Verify shows that the stream works from end to end: it asks for a
// verification event with a random state and waits until the inbox has
// accepted the event (SSF §8.1.4). The inbox must be taking SETs in, by a Push
// handler or a Poller, and ctx should have a deadline.
func (in *Inbox) Verify(ctx context.Context, client *Client, streamID string) error {
	state, arrived := in.states.expect(streamID)
	err := client.RequestVerification(ctx, ssf.VerificationRequest{StreamID: streamID, State: &state})
	if err != nil {
		in.states.forget(state)
		return fmt.Errorf("verification of stream %s: %w", streamID, err)
	}
	select {
	case <-arrived:
		return nil
	case <-ctx.Done():
		// The state stays expected: the event may be late, and is not wrong
		// for that.
		return fmt.Errorf("verification of stream %s: the Transmitter took the request, but its event has not arrived: %w",
			streamID, context.Cause(ctx))
	}
}
