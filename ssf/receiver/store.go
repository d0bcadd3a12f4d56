// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"sync"

	"github.com/tocsin-id/tocsin/secevent"
)

// Key identifies a SET: a jti is unique for its issuer (RFC 8417 §2.2).
type Key struct {
	Issuer string // iss
	ID     string // jti
}

// Store remembers how SETs were answered, so that a SET which arrives again
// gets the same answer (RFC 8935 §2). A Store that survives a restart keeps
// the handler from seeing SETs twice then, too. It is used concurrently.
type Store interface {
	// Answer returns how a SET was answered: known is false if it has not
	// been, and rejected is nil if it was acknowledged.
	Answer(ctx context.Context, key Key) (rejected *secevent.Error, known bool, err error)

	// Record remembers an answer. If it fails, the SET is left for a later
	// delivery and the handler sees it again.
	Record(ctx context.Context, key Key, rejected *secevent.Error) error
}

// defaultEntries is what a MemoryStore holds unless told otherwise.
const defaultEntries = 65536

// MemoryStore is a Store that forgets the oldest answers when it is full, and
// all of them when the process ends. The zero value is ready to use.
type MemoryStore struct {
	// MaxEntries is the most answers to remember; 0 is 65536. It must not
	// change after the first use.
	MaxEntries int

	mu      sync.Mutex // guards the fields below
	answers map[Key]*secevent.Error
	ring    []Key // in the order of recording
	next    int   // index in ring that is overwritten next, once it is full
}

// Answer returns how a SET was answered. It never fails.
func (s *MemoryStore) Answer(_ context.Context, key Key) (rejected *secevent.Error, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rejected, known = s.answers[key]
	return rejected, known, nil
}

// Record remembers an answer. It never fails.
func (s *MemoryStore) Record(_ context.Context, key Key, rejected *secevent.Error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers == nil {
		s.answers = make(map[Key]*secevent.Error)
	}
	_, known := s.answers[key]
	s.answers[key] = rejected
	if known {
		return nil
	}
	if len(s.ring) < orElse(s.MaxEntries, defaultEntries) {
		s.ring = append(s.ring, key)
		return nil
	}
	delete(s.answers, s.ring[s.next])
	s.ring[s.next] = key
	s.next = (s.next + 1) % len(s.ring)
	return nil
}
