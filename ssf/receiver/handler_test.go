// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// level is an event with an enumeration whose parser returns what it has read
// beside an error, as those of package caep do.
type level struct{ Level string }

func (level) EventType() secevent.EventType { return typeA }
func (level) Validate() error               { return nil }

var errUnknownLevel = errors.New("unknown level")

func parseLevel(_ secevent.EventType, payload json.RawMessage) (secevent.Event, error) {
	var e level
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, &secevent.Error{Code: secevent.InvalidRequest}
	}
	if e.Level != "high" {
		return e, errUnknownLevel
	}
	return e, nil
}

func TestMux(t *testing.T) {
	var got []string
	mux := new(receiver.Mux)
	receiver.On(mux, parseLevel, func(_ context.Context, set *secevent.Token, e level) error {
		got = append(got, set.ID+" "+e.Level)
		return nil
	})
	receiver.On(mux, ssf.ParseEvent, func(_ context.Context, set *secevent.Token, e ssf.StreamUpdated) error {
		got = append(got, set.ID+" "+string(e.Status))
		return nil
	})
	tests := []struct {
		name   string
		events map[secevent.EventType]json.RawMessage
		want   string // the code
	}{
		{"known", map[secevent.EventType]json.RawMessage{typeA: json.RawMessage(`{"Level":"high"}`)}, ""},
		{"unknown value", map[secevent.EventType]json.RawMessage{typeA: json.RawMessage(`{"Level":"odd"}`)}, ""},
		{"broken", map[secevent.EventType]json.RawMessage{typeA: json.RawMessage(`{"Level":5}`)}, "invalid_request"},
		{"unknown type", map[secevent.EventType]json.RawMessage{"urn:x": json.RawMessage(`{}`)}, ""},
		{"stream updated", map[secevent.EventType]json.RawMessage{ssf.TypeStreamUpdated: json.RawMessage(`{"status":"paused"}`)}, ""},
		{"two names", map[secevent.EventType]json.RawMessage{ // SSF §4.2.1: one event by several names
			"a:unknown": json.RawMessage(`{}`), typeA: json.RawMessage(`{"Level":"high"}`),
			ssf.TypeStreamUpdated: json.RawMessage(`{"status":"paused"}`),
		}, ""},
	}
	for _, test := range tests {
		if got := code(mux.Handle(t.Context(), &secevent.Token{ID: test.name, Events: test.events})); got != test.want {
			t.Errorf("%s: Handle = %q, want %q", test.name, got, test.want)
		}
	}
	want := []string{"known high", "unknown value odd", "stream updated paused", "two names high"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handled events differ (-want +got):\n%s", diff)
	}
}

// The errors of a handler reach the inbox as they are.
func TestMuxErrors(t *testing.T) {
	mux := new(receiver.Mux)
	down := errors.New("database is down")
	receiver.On(mux, parseLevel, func(context.Context, *secevent.Token, level) error { return fmt.Errorf("level: %w", down) })
	set := &secevent.Token{Events: map[secevent.EventType]json.RawMessage{typeA: json.RawMessage(`{"Level":"high"}`)}}
	if err := mux.Handle(t.Context(), set); !errors.Is(err, down) {
		t.Errorf("Handle = %v, want %v", err, down)
	}
}
