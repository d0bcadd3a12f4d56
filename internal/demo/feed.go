// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"sync"
	"time"
)

// mostReceived is how many SETs the page shows.
const mostReceived = 200

// Received is a SET that the application received, verified and acted on.
type Received struct {
	ID      string          `json:"jti"`
	Type    string          `json:"type"`
	Txn     string          `json:"txn,omitempty"`
	Subject json.RawMessage `json:"sub_id"`
	Event   json.RawMessage `json:"event"`
	At      time.Time       `json:"at"`
	// AfterMS is the time from the change to the end of the action, in
	// milliseconds; negative when the SET does not tell when the change was.
	AfterMS int64 `json:"after_ms"`
	// About is the subject as the application knows it.
	About About `json:"about"`
	// By and Reason are who caused the change, and why, for administrators
	// (CAEP §2).
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Action is what the application did.
	Action string `json:"action"`
	// Claims is everything that the SET says.
	Claims json.RawMessage `json:"claims"`
}

// feed keeps the newest SETs and tells the open pages of each.
type feed struct {
	// mu guards the members, for the moments of reading and changing them.
	mu       sync.Mutex
	list     []Received
	watchers map[chan struct{}]struct{}
}

func (f *feed) add(r Received) {
	f.mu.Lock()
	f.list = append([]Received{r}, f.list[:min(len(f.list), mostReceived-1)]...)
	f.mu.Unlock()
	f.changed()
}

// changed tells the open pages to look again.
func (f *feed) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.watchers {
		select {
		case w <- struct{}{}:
		default: // It has not looked since the last time.
		}
	}
}

func (f *feed) all() []Received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Received{}, f.list...)
}

// watch returns a channel that receives after each change, until stop.
func (f *feed) watch() (changes <-chan struct{}, stop func()) {
	w := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers == nil {
		f.watchers = make(map[chan struct{}]struct{})
	}
	f.watchers[w] = struct{}{}
	return w, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, w)
	}
}
