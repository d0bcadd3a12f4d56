// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

var signalChecks = []check{
	{"comes back as it was appended", func(e *env) {
		want := []idp.Signal{
			{
				Txn: "txn", Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{"reason_admin": {"en": "ü"}}`),
				Cause: idp.CauseCredential,
				Principal: idp.Principal{UserID: "u", Email: "u@example.com", SessionID: "sid",
					Groups: []idp.GroupID{"staff", "ops"}},
				ApplicationID: "crm",
			},
			{Type: "verification", Event: json.RawMessage(`{}`), Stream: 7},
		}
		e.update(func(tx idp.Tx) error {
			for i := range want {
				if err := tx.AppendSignal(&want[i]); err != nil {
					return err
				}
				if want[i].ID == 0 || want[i].At != tx.Now() {
					e.Errorf("AppendSignal set ID %d and At %v, want an ID and %v", want[i].ID, want[i].At, tx.Now())
				}
			}
			return nil
		})
		same(e, "SignalsAfter", e.signalsAfter(0, 10), want)
	}},
	{"is ordered", func(e *env) {
		if got := get(e, idp.Tx.LastSignal); got != 0 {
			e.Errorf("LastSignal of an empty database = %d, want 0", got)
		}
		var ids []int64
		for range 3 {
			ids = append(ids, e.signal("ada").ID)
		}
		if ids[0] <= 0 || ids[1] <= ids[0] || ids[2] <= ids[1] {
			e.Errorf("ids = %v, want them positive and ascending", ids)
		}
		if got := get(e, idp.Tx.LastSignal); got != ids[2] {
			e.Errorf("LastSignal = %d, want %d", got, ids[2])
		}
		got := e.signalsAfter(ids[0], 1)
		if len(got) != 1 || got[0].ID != ids[1] {
			e.Errorf("SignalsAfter(%d, 1) = %v, want the signal %d", ids[0], got, ids[1])
		}
		same(e, "SignalsAfter the last", e.signalsAfter(ids[2], 10), []idp.Signal(nil))
	}},
	{"is found by its user, newest first", func(e *env) {
		first := e.signal("ada")
		e.signal("bob")
		last := e.signal("ada")
		about := func(user idp.UserID, limit int) []idp.Signal {
			return get(e, func(tx idp.Tx) ([]idp.Signal, error) { return tx.SignalsAbout(user, limit) })
		}
		same(e, "SignalsAbout", about("ada", 10), []idp.Signal{last, first})
		same(e, "SignalsAbout, at most 1", about("ada", 1), []idp.Signal{last})
		same(e, "SignalsAbout nobody", about("", 10), []idp.Signal(nil))
	}},
	{"is found by its change, in order", func(e *env) {
		of := func(txn string) []idp.Signal { return read(e, idp.Tx.SignalsOf, txn) }
		first := e.signal("ada")
		e.signal("bob")
		last := e.signal("ada")
		same(e, "SignalsOf", of(first.Txn), []idp.Signal{first, last})
		same(e, "SignalsOf none", of("none"), []idp.Signal(nil))
	}},
	{"wakes after its commit", signalled},
	{"is fanned out once", func(e *env) {
		if got := get(e, idp.Tx.FanOutPosition); got != 0 {
			e.Errorf("FanOutPosition = %d, want 0", got)
		}
		s := e.signal("ada")
		write(e, idp.Tx.SetFanOutPosition, s.ID)
		if got := get(e, idp.Tx.FanOutPosition); got != s.ID {
			e.Errorf("FanOutPosition = %d, want %d", got, s.ID)
		}
		refuse(e, idp.ErrConflict, idp.Tx.SetFanOutPosition, s.ID+1)
	}},
	{"is swept when nothing needs it", sweepSignals},
	{"is swept together with old attempts", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 3)
		var before time.Time
		e.update(func(tx idp.Tx) error {
			before = tx.Now().Add(-time.Hour)
			return tx.AppendAttempts([]idp.Attempt{
				{Stream: s.Num, From: 1, To: 1, At: before.Add(-time.Minute), Outcome: idp.Failed},
				{Stream: s.Num, From: 1, To: 1, At: before.Add(-time.Minute), Outcome: idp.Failed},
				{Stream: s.Num, From: 1, To: 1, At: before, Outcome: idp.Acknowledged},
			})
		})
		for _, want := range []int{1, 1, 0} {
			e.sweeps(before, 1, want)
		}
		if got := e.attempts(s.Num); len(got) != 1 || got[0].Outcome != idp.Acknowledged {
			e.Errorf("attempts after the sweep = %v, want the new one", got)
		}
	}},
}

func (e *env) signalsAfter(id int64, limit int) []idp.Signal {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.Signal, error) { return tx.SignalsAfter(id, limit) })
}

func (e *env) sweeps(before time.Time, limit, want int) {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		n, err := tx.SweepSignals(before, limit)
		if n != want {
			e.Errorf("SweepSignals(%v, %d) = %d, want %d", before, limit, n, want)
		}
		return err
	})
}

func signalled(e *env) {
	woken := func() bool {
		select {
		case <-e.db.Signalled():
			return true
		default:
			return false
		}
	}
	e.user("ada")
	if woken() {
		e.Error("Signalled received after a commit without signals")
	}
	e.update(func(tx idp.Tx) error {
		err := tx.AppendSignal(&idp.Signal{Type: "t", Event: json.RawMessage(`{}`)})
		if woken() {
			e.Error("Signalled received before the commit")
		}
		return err
	})
	if !woken() {
		e.Error("Signalled did not receive after a commit with a signal")
	}
	undo := errors.New("undo")
	e.refused(undo, func(tx idp.Tx) error {
		return errors.Join(tx.AppendSignal(&idp.Signal{Type: "t", Event: json.RawMessage(`{}`)}), undo)
	})
	if woken() {
		e.Error("Signalled received after a rollback")
	}
	for range 3 { // nobody receives meanwhile, and nobody waits for that
		e.signal("ada")
	}
	if !woken() {
		e.Error("Signalled did not receive after several commits")
	}
}

func sweepSignals(e *env) {
	s := e.stream("s", idp.Push)
	free := e.signal("ada")
	needed := e.deliver(s.Num, 2)
	e.signal("ada")
	now := get(e, func(tx idp.Tx) (time.Time, error) { return tx.Now(), nil }).Add(time.Second)

	e.sweeps(now, 10, 0) // nothing was fanned out
	write(e, idp.Tx.SetFanOutPosition, needed[0].SignalID)
	e.sweeps(free.At, 10, 0) // nothing is old enough
	e.sweeps(now, 10, 1)
	if got := e.signalsAfter(0, 10); len(got) != 2 || got[0].ID != needed[0].SignalID {
		e.Errorf("signals after the sweep = %v, want the one with deliveries and the one not fanned out", got)
	}

	e.settle(s.Num, 1, 2)
	for _, d := range needed {
		e.sweeps(now, 10, 0) // a delivery is left
		e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{d.Seq}) })
	}
	e.sweeps(now, 10, 1)

	early := e.deliver(s.Num, 1)[0]
	e.settle(s.Num, early.Seq)
	e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{early.Seq}) })
	e.sweeps(now.Add(time.Minute), 10, 0) // it was not fanned out as a whole

	last := e.signal("ada")
	write(e, idp.Tx.SetFanOutPosition, last.ID)
	write(e, idp.Tx.AppendDeliveries, []idp.Delivery{ // it is needed after all
		{Stream: s.Num, SignalID: last.ID, Payload: []byte(`{}`), ExpiresAt: now}})
	now = now.Add(time.Minute)
	for _, want := range []int{1, 1, 0} {
		e.sweeps(now, 1, want)
	}
	e.settle(s.Num, 4)
	e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{4}) })
	e.sweeps(now, 10, 1)
	if got := get(e, idp.Tx.LastSignal); got != last.ID {
		e.Errorf("LastSignal after all were swept = %d, want %d", got, last.ID)
	}
	if next := e.signal("ada"); next.ID <= last.ID {
		e.Errorf("ID after all were swept = %d, want more than %d", next.ID, last.ID)
	}
}
