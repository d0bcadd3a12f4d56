// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var deliveryChecks = []check{
	{"comes back as it was appended, with what its signal says", func(e *env) {
		s := e.stream("s", idp.Push)
		signal := e.signal("ada")
		want := idp.Delivery{
			Stream: s.Num, SignalID: signal.ID, OrderKey: -9223372036854775808, IssuedAt: 1767323045,
			Payload: json.RawMessage(`{"sub_id": {"format": "email"}, "events": {}}`),
			Control: true, ExpiresAt: s.CreatedAt.Add(time.Hour),
		}
		ds := []idp.Delivery{want}
		write(e, idp.Tx.AppendDeliveries, ds)
		if ds[0].Seq != 1 {
			e.Errorf("AppendDeliveries set Seq %d, want 1", ds[0].Seq)
		}
		want.Seq, want.Type, want.Txn, want.At = 1, signal.Type, signal.Txn, signal.At
		same(e, "Delivery", e.delivery(s.Num, 1), want)
		same(e, "DeliveriesAfter", e.deliveriesFrom(s.Num, 1), []idp.Delivery{want})
	}},
	{"is numbered by stream, in order", func(e *env) {
		a, b := e.stream("a", idp.Push), e.stream("b", idp.Poll)
		signal := e.signal("ada")
		// More than one statement takes, to streams that alternate.
		const n = 700
		for batch := range 2 {
			ds := make([]idp.Delivery, n)
			for i := range ds {
				ds[i] = idp.Delivery{Stream: a.Num, SignalID: signal.ID, ExpiresAt: a.CreatedAt,
					Payload: fmt.Appendf(nil, `{"batch":%d,"n":%d}`, batch, i/2)}
				if i%2 == 1 {
					ds[i].Stream = b.Num
				}
			}
			write(e, idp.Tx.AppendDeliveries, ds)
			for i, d := range ds {
				if want := int64(batch*n/2 + i/2 + 1); d.Seq != want {
					e.Fatalf("Seq of delivery %d in batch %d = %d, want %d", i, batch, d.Seq, want)
				}
			}
		}
		for i, d := range e.deliveriesFrom(a.Num, 1) {
			want := fmt.Sprintf(`{"batch":%d,"n":%d}`, i/(n/2), i%(n/2))
			if d.Seq != int64(i+1) || string(d.Payload) != want {
				e.Fatalf("delivery %d = %d with %s, want %s", i+1, d.Seq, d.Payload, want)
			}
		}
		same(e, "LastSeq", read(e, idp.Tx.LastSeq, a.Num), int64(n))
	}},
	{"has no holes when many append", manyAppend},
	{"has no hole after a rollback", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 2)
		signal := e.signal("ada")
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error {
			ds := []idp.Delivery{{Stream: s.Num, SignalID: signal.ID, Payload: []byte("{}"), ExpiresAt: tx.Now()}}
			if err := tx.AppendDeliveries(ds); err != nil {
				return err
			}
			_, err := tx.User("nobody")
			return err
		})
		if ds := e.deliver(s.Num, 1); ds[0].Seq != 3 {
			e.Errorf("Seq after a rollback = %d, want 3", ds[0].Seq)
		}
	}},
	{"names a signal and a stream that exist", func(e *env) {
		s := e.stream("s", idp.Push)
		signal := e.signal("ada")
		for _, d := range []idp.Delivery{
			{Stream: s.Num + 1, SignalID: signal.ID},
			{Stream: s.Num, SignalID: signal.ID + 1},
		} {
			d.Payload, d.ExpiresAt = []byte("{}"), s.CreatedAt
			refuse(e, idp.ErrNotFound, idp.Tx.AppendDeliveries, []idp.Delivery{d})
		}
		write(e, idp.Tx.AppendDeliveries, []idp.Delivery(nil))
		same(e, "LastSeq", read(e, idp.Tx.LastSeq, s.Num), int64(0))
	}},
	{"shares its payload within a signal", sharedPayloads},
	{"is not found when it does not exist", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 1)
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error {
			_, err := tx.Delivery(s.Num, 2)
			return err
		})
	}},
	{"is read from a number on", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 10)
		after := func(seq int64, limit int) []int64 {
			return seqs(get(e, func(tx idp.Tx) ([]idp.Delivery, error) {
				return tx.DeliveriesAfter(s.Num, seq, limit, false)
			}))
		}
		same(e, "DeliveriesAfter(0, 3)", after(0, 3), []int64{1, 2, 3})
		same(e, "DeliveriesAfter(7, 5)", after(7, 5), []int64{8, 9, 10})
		same(e, "DeliveriesAfter(10, 5)", after(10, 5), []int64(nil))
	}},
	{"may be a control delivery", func(e *env) {
		s := e.stream("s", idp.Push)
		signal := e.signal("ada")
		var ds []idp.Delivery
		for i := range 10 {
			ds = append(ds, idp.Delivery{Stream: s.Num, SignalID: signal.ID, Control: i%3 == 2,
				Payload: []byte(`{}`), ExpiresAt: s.CreatedAt})
		}
		write(e, idp.Tx.AppendDeliveries, ds)
		control := func(seq int64, limit int) []int64 {
			return seqs(get(e, func(tx idp.Tx) ([]idp.Delivery, error) {
				return tx.DeliveriesAfter(s.Num, seq, limit, true)
			}))
		}
		same(e, "control deliveries", control(0, 10), []int64{3, 6, 9})
		same(e, "control deliveries after 3, at most 1", control(3, 1), []int64{6})
	}},
	{"expires, and later when it could not be sent", expireDeliveries},
	{"is erased with its exception and handout", func(e *env) {
		s := e.stream("s", idp.Poll)
		e.deliver(s.Num, 3)
		e.settle(s.Num, 1)
		e.update(func(tx idp.Tx) error {
			if err := tx.PutException(idp.Exception{Stream: s.Num, Seq: 1, OrderKey: 7, Kind: idp.DeadLetter}); err != nil {
				return err
			}
			return tx.PutHandouts([]idp.Handout{{Stream: s.Num, Seq: 2, KID: "k", JWS: "jws"}})
		})
		e.settle(s.Num, 2)
		for range 2 { // the second time they are gone
			e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{1, 2}) })
		}
		same(e, "deliveries", seqs(e.deliveriesFrom(s.Num, 1)), []int64{3})
		same(e, "exceptions", e.exceptions(s.Num, idp.DeadLetter), []idp.Exception(nil))
		same(e, "handouts", read(e, idp.Tx.Handouts, s.Num), []idp.Handout(nil))
	}},
	{"gives its number to no other", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 2)
		e.settle(s.Num, 1, 2)
		e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{1, 2}) })
		same(e, "LastSeq", read(e, idp.Tx.LastSeq, s.Num), int64(2))
		same(e, "next", seqs(e.deliver(s.Num, 1)), []int64{3})
	}},
}

func seqs(ds []idp.Delivery) []int64 {
	var all []int64
	for _, d := range ds {
		all = append(all, d.Seq)
	}
	return all
}

func (e *env) delivery(num idp.StreamNum, seq int64) idp.Delivery {
	e.Helper()
	return get(e, func(tx idp.Tx) (idp.Delivery, error) { return tx.Delivery(num, seq) })
}

// manyAppend fills a stream from several goroutines; CheckInvariants looks for
// holes afterwards.
func manyAppend(e *env) {
	const writers, batches, size = 6, 5, 3
	s := e.stream("s", idp.Push)
	signal := e.signal("ada")
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for b := range batches {
				ds := make([]idp.Delivery, size)
				for i := range ds {
					ds[i] = idp.Delivery{Stream: s.Num, SignalID: signal.ID, ExpiresAt: s.CreatedAt,
						Payload: fmt.Appendf(nil, `{"writer":%d,"n":%d}`, w, b*size+i)}
				}
				err := e.db.Update(e.Context(), func(tx idp.Tx) error { return tx.AppendDeliveries(ds) })
				if err != nil {
					e.Errorf("AppendDeliveries beside others = %v, want nil", err)
				}
				if ds[size-1].Seq != ds[0].Seq+size-1 {
					e.Errorf("a batch got numbers %d to %d, want %d in a row", ds[0].Seq, ds[size-1].Seq, size)
				}
			}
		})
	}
	wg.Wait()
	if got := len(e.deliveriesFrom(s.Num, 1)); got != writers*batches*size {
		e.Errorf("%d deliveries, want %d", got, writers*batches*size)
	}
}

// sharedPayloads cannot see what is stored once; it sees that sharing does not
// mix up payloads, and that erasing one delivery keeps the other's.
func sharedPayloads(e *env) {
	a, b := e.stream("a", idp.Push), e.stream("b", idp.Push)
	first, second := e.signal("ada"), e.signal("bob")
	payload := func(s idp.Stream, signal idp.Signal, text string) idp.Delivery {
		return idp.Delivery{Stream: s.Num, SignalID: signal.ID, Payload: []byte(text), ExpiresAt: s.CreatedAt}
	}
	write(e, idp.Tx.AppendDeliveries, []idp.Delivery{
		payload(a, first, `{"v":1}`), payload(b, first, `{"v":1}`), payload(b, first, `{"v":2}`),
	})
	write(e, idp.Tx.AppendDeliveries, []idp.Delivery{
		payload(a, first, `{"v":1}`), payload(a, second, `{"v":1}`), payload(b, first, `{"v":2}`),
	})
	e.settle(a.Num, 1)
	e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(a.Num, []int64{1}) })
	for _, c := range []struct {
		stream idp.Stream
		want   string
	}{
		{a, fmt.Sprintf(`2:%d{"v":1} 3:%d{"v":1} `, first.ID, second.ID)},
		{b, fmt.Sprintf(`1:%[1]d{"v":1} 2:%[1]d{"v":2} 3:%[1]d{"v":2} `, first.ID)},
	} {
		var got string
		for _, d := range e.deliveriesFrom(c.stream.Num, 1) {
			got += fmt.Sprintf("%d:%d%s ", d.Seq, d.SignalID, d.Payload)
		}
		same(e, "deliveries of "+string(c.stream.ID), got, c.want)
	}
}

func expireDeliveries(e *env) {
	s := e.stream("s", idp.Push)
	signal := e.signal("ada")
	now := s.CreatedAt // which has passed
	times := []time.Time{now.Add(-time.Minute), now.Add(time.Hour), now, now.Add(-time.Hour)}
	var ds []idp.Delivery
	for _, at := range times {
		ds = append(ds, idp.Delivery{Stream: s.Num, SignalID: signal.ID, Payload: []byte(`{}`), ExpiresAt: at})
	}
	write(e, idp.Tx.AppendDeliveries, ds)
	expired := func(limit int) []int64 {
		e.Helper()
		return get(e, func(tx idp.Tx) ([]int64, error) { return tx.ExpiredDeliveries(s.Num, limit) })
	}
	same(e, "ExpiredDeliveries", expired(10), []int64{1, 3, 4})
	same(e, "ExpiredDeliveries, at most 2", expired(2), []int64{1, 4})
	e.settle(s.Num, 4)
	same(e, "ExpiredDeliveries with a settled one", expired(1), []int64{4})

	until := now.Add(30 * time.Minute)
	e.update(func(tx idp.Tx) error { return tx.ExtendDeliveries(s.Num, []int64{2, 3, 99}, until) })
	same(e, "ExpiredDeliveries after an extension", expired(10), []int64{1, 4})
	same(e, "expiration that was later already", e.delivery(s.Num, 2).ExpiresAt, times[1])
	same(e, "expiration that moved", e.delivery(s.Num, 3).ExpiresAt, until)

	e.update(func(tx idp.Tx) error {
		now := idp.Delivery{Stream: s.Num, SignalID: signal.ID, Payload: []byte(`{}`), ExpiresAt: tx.Now()}
		if err := tx.AppendDeliveries([]idp.Delivery{now}); err != nil {
			return err
		}
		got, err := tx.ExpiredDeliveries(s.Num, 10)
		same(e, "ExpiredDeliveries with one at this instant", got, []int64{1, 4, 5})
		return err
	})
}
