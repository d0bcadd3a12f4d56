// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/tocsin-id/tocsin/secevent"
)

// Handler takes a SET that was verified and that it has not acknowledged
// before. Returning nil acknowledges the SET, so what it demands has to be
// stored by then, and should not take long. Returning a *secevent.Error
// rejects it; the description goes to the Transmitter. Any other error leaves
// the SET for a later delivery.
//
// SETs about unknown users or of unneeded types are acknowledged: they are no
// errors (SSF §9.3).
type Handler func(ctx context.Context, set *secevent.Token) error

// Mux is a Handler by event type. SETs of other types are acknowledged and
// ignored. The zero value is ready to use; handlers are added with On before
// the first SET arrives.
type Mux struct {
	handlers map[secevent.EventType]payloadHandler
}

type payloadHandler func(ctx context.Context, set *secevent.Token, payload json.RawMessage) error

// On registers a function for the events of one type, which is that of E. The
// payload is read by parse, which is [caep.Parse], [risc.Parse] or
// [ssf.ParseEvent]; a payload that it refuses rejects the SET. If parse
// returns an event beside its error, as caep.Parse does when only the value of
// an enumeration is unknown, the event is handled all the same.
//
// A second registration for a type replaces the first.
//
// [caep.Parse]: https://pkg.go.dev/github.com/tocsin-id/tocsin/caep#Parse
// [risc.Parse]: https://pkg.go.dev/github.com/tocsin-id/tocsin/risc#Parse
func On[E secevent.Event](
	m *Mux,
	parse func(secevent.EventType, json.RawMessage) (secevent.Event, error),
	handle func(ctx context.Context, set *secevent.Token, event E) error,
) {
	var zero E
	typ := zero.EventType()
	if m.handlers == nil {
		m.handlers = make(map[secevent.EventType]payloadHandler)
	}
	m.handlers[typ] = func(ctx context.Context, set *secevent.Token, payload json.RawMessage) error {
		parsed, err := parse(typ, payload)
		event, ok := parsed.(E)
		if !ok {
			return err
		}
		return handle(ctx, set, event)
	}
}

// Handle is the Handler. If a SET has several event types, which are then
// names of one event, the first in alphabetical order that has a handler
// decides (SSF §4.2.1).
func (m *Mux) Handle(ctx context.Context, set *secevent.Token) error {
	for _, typ := range slices.Sorted(maps.Keys(set.Events)) {
		if handle, ok := m.handlers[typ]; ok {
			return handle(ctx, set, set.Events[typ])
		}
	}
	return nil
}
