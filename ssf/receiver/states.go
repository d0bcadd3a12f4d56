// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// stateLife is how long a state is expected. Transmitters may send the event
// when they like (SSF §8.1.4.2); a paused one sends it when it goes on.
const stateLife = time.Hour

// states are the verifications that were asked for and not seen yet. States
// have 128 random bits, so that looking one up in a map gives nothing away.
type states struct {
	mu      sync.Mutex // guards pending
	pending map[string]pendingState
}

type pendingState struct {
	streamID string
	asked    time.Time
	arrived  chan struct{} // closed when the event has been accepted
}

// expect returns a new state for a stream and a channel that is closed when
// its event has been accepted.
func (s *states) expect(streamID string) (state string, arrived <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for state, p := range s.pending {
		if now.Sub(p.asked) > stateLife {
			delete(s.pending, state)
		}
	}
	if s.pending == nil {
		s.pending = make(map[string]pendingState)
	}
	state = rand.Text()
	p := pendingState{streamID, now, make(chan struct{})}
	s.pending[state] = p
	return state, p.arrived
}

func (s *states) forget(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, state)
}

// check returns the error for a verification event that nobody asked for, and
// nil for other events. One without a state is always in order: Transmitters
// may send it at any time (SSF §8.1.4).
func (s *states) check(set *secevent.Token) error {
	payload, ok := set.Events[ssf.TypeVerification]
	if !ok {
		return nil
	}
	event, err := ssf.ParseEvent(ssf.TypeVerification, payload)
	if err != nil {
		return err
	}
	state := event.(ssf.Verification).State
	if state == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pending[*state]
	if !ok || time.Since(p.asked) > stateLife {
		return &secevent.Error{Code: secevent.InvalidState, Description: "no verification with this state is under way"}
	}
	if set.Subject != ssf.StreamSubject(p.streamID) {
		return &secevent.Error{Code: secevent.InvalidState, Description: "the state belongs to another stream than the subject"}
	}
	return nil
}

// arrived ends the wait for the state in a set that check has passed and the
// handler has accepted.
func (s *states) arrived(set *secevent.Token) {
	payload, ok := set.Events[ssf.TypeVerification]
	if !ok {
		return
	}
	event, err := ssf.ParseEvent(ssf.TypeVerification, payload)
	if err != nil {
		return
	}
	state := event.(ssf.Verification).State
	if state == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.pending[*state]; ok {
		close(p.arrived)
		delete(s.pending, *state)
	}
}
