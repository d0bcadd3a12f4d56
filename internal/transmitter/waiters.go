// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"sync"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// waiters tells polls that wait on a stream that something may have changed.
type waiters struct {
	// mu guards streams and the places in it.
	mu      sync.Mutex
	streams map[idp.StreamNum]*place
}

// place is where the polls of one stream meet. It is forgotten when the last
// one leaves.
type place struct {
	polls int
	// changed is closed to wake them, and replaced.
	changed chan struct{}
	// turn holds one token: whoever takes it may choose and hand out SETs, so
	// that two polls at once do not get the same.
	turn chan struct{}
}

func newWaiters() *waiters { return &waiters{streams: make(map[idp.StreamNum]*place)} }

// enter returns the place of a stream, or false when it is full.
func (w *waiters) enter(num idp.StreamNum) (*place, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.streams[num]
	if p == nil {
		p = &place{changed: make(chan struct{}), turn: make(chan struct{}, 1)}
		w.streams[num] = p
	}
	if p.polls >= MaxPolls {
		return nil, false
	}
	p.polls++
	return p, true
}

func (w *waiters) leave(num idp.StreamNum, p *place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.polls--; p.polls == 0 {
		delete(w.streams, num)
	}
}

// changes returns a channel that is closed at the next wake. Take it before
// looking, so that nothing is missed in between.
func (w *waiters) changes(p *place) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return p.changed
}

func (w *waiters) wake(nums ...idp.StreamNum) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, num := range nums {
		if p := w.streams[num]; p != nil {
			p.wake()
		}
	}
}

func (w *waiters) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.streams {
		p.wake()
	}
}

func (p *place) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}
