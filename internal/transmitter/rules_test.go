// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
)

// causesTold are the causes of which a stream of the provider learns.
func causesTold(t *testing.T, rules option) []idp.SignalCause {
	t.Helper()
	e := newEnv(t, rules)
	s := e.createPoll()
	causes := append(idp.SignalCauses(), "")
	e.update(func(tx idp.Tx) error {
		for _, cause := range causes {
			err := tx.AppendSignal(&idp.Signal{Txn: "of " + string(cause), Type: caep.TypeSessionRevoked,
				Event: json.RawMessage(`{}`), Cause: cause, Principal: ada})
			if err != nil {
				return err
			}
		}
		return nil
	})
	e.fanOut()
	var told []idp.SignalCause
	for _, d := range e.deliveries(s.ID) {
		told = append(told, idp.SignalCause(d.Txn[len("of "):]))
	}
	return told
}

// TestRules: a provider's rules hold signals back by their cause, each alone.
func TestRules(t *testing.T) {
	usual := slices.DeleteFunc(append(idp.SignalCauses(), ""), func(c idp.SignalCause) bool { return c == idp.CauseTimeout })
	t.Run("nothing is held back but timeouts", func(t *testing.T) {
		told := causesTold(t, func(*transmitter.Config, *idp.SSFProvider) {})
		if !slices.Equal(told, usual) {
			t.Errorf("told of %q, want %q", told, usual)
		}
	})
	t.Run("timeouts are told to who wants them", func(t *testing.T) {
		told := causesTold(t, func(_ *transmitter.Config, p *idp.SSFProvider) { p.TellTimeouts = true })
		if want := append(idp.SignalCauses(), ""); !slices.Equal(told, want) {
			t.Errorf("told of %q, want %q", told, want)
		}
	})
	for _, cause := range idp.SignalCauses() {
		t.Run("holds back "+string(cause), func(t *testing.T) {
			told := causesTold(t, func(_ *transmitter.Config, p *idp.SSFProvider) {
				p.HoldBack, p.TellTimeouts = []idp.SignalCause{cause}, true
			})
			want := slices.DeleteFunc(append(idp.SignalCauses(), ""), func(c idp.SignalCause) bool { return c == cause })
			if !slices.Equal(told, want) {
				t.Errorf("told of %q, want %q", told, want)
			}
		})
	}
	t.Run("a rule is for ordinary signals", func(t *testing.T) {
		e := newEnv(t, func(_ *transmitter.Config, p *idp.SSFProvider) { p.HoldBack = idp.SignalCauses() })
		s := e.createPoll()
		e.verify(s, "1")
		e.fanOut()
		if ds := e.deliveries(s.ID); len(ds) != 1 || !ds[0].Control {
			t.Errorf("deliveries = %v, want the verification", ds)
		}
	})
}

// TestAskedFor: what comes with each sign-in, and what is a judgement, is told
// to the streams that ask for it, and to no other.
func TestAskedFor(t *testing.T) {
	types := []secevent.EventType{caep.TypeSessionEstablished, caep.TypeSessionPresented, caep.TypeRiskLevelChange}
	e := newEnv(t, func(_ *transmitter.Config, p *idp.SSFProvider) { p.EventTypes = append(types, caep.TypeSessionRevoked) })
	silent := e.createPoll()
	asking := make(map[secevent.EventType]string)
	for _, typ := range types {
		asking[typ] = e.create(object{"events_requested": []secevent.EventType{typ}}).ID
		e.signal(typ, ada)
	}
	e.fanOut()
	if ds := e.deliveries(silent.ID); len(ds) != 0 {
		t.Errorf("a stream that did not ask got %v", ds)
	}
	for typ, id := range asking {
		if ds := e.deliveries(id); len(ds) != 1 || ds[0].Type != typ {
			t.Errorf("the stream that asked for %s got %v", typ, ds)
		}
	}
}
