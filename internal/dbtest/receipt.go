// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// receiptAt is the instant of the first attempt in the checks below; those
// after it follow by seconds.
var receiptAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// tried is an attempt at some deliveries, so many seconds after the first. One
// that failed has an Err and a Detail.
func tried(num idp.StreamNum, from, to int64, second int, outcome idp.Outcome, err string) idp.Attempt {
	a := idp.Attempt{Stream: num, From: from, To: to, Outcome: outcome, Err: err,
		At: receiptAt.Add(time.Duration(second) * time.Second)}
	if err != "" {
		a.Detail = "about " + err
	}
	return a
}

// receipt is what Receipts should say of a delivery.
func receipt(d idp.Delivery, app idp.ApplicationID, settled bool, second int, outcome idp.Outcome, err string) idp.Receipt {
	a := tried(d.Stream, d.Seq, d.Seq, second, outcome, err)
	return idp.Receipt{SignalID: d.SignalID, Stream: d.Stream, Seq: d.Seq, ApplicationID: app,
		Settled: settled, Outcome: outcome, At: a.At, Err: a.Err, Detail: a.Detail}
}

// waiting is the receipt of a delivery that nobody tried.
func waiting(d idp.Delivery, app idp.ApplicationID) idp.Receipt {
	return idp.Receipt{SignalID: d.SignalID, Stream: d.Stream, Seq: d.Seq, ApplicationID: app}
}

func (e *env) receipts(signalID int64) []idp.Receipt {
	e.Helper()
	return read(e, idp.Tx.Receipts, signalID)
}

var receiptChecks = []check{
	{"is none before fan-out", func(e *env) {
		same(e, "Receipts", e.receipts(e.signal("ada").ID), []idp.Receipt(nil))
		same(e, "Receipts of no signal", e.receipts(4711), []idp.Receipt(nil))
	}},
	{"waits until something was tried", func(e *env) {
		s := e.stream("s", idp.Push)
		d := e.deliver(s.Num, 1)[0]
		same(e, "Receipts", e.receipts(d.SignalID), []idp.Receipt{waiting(d, s.ApplicationID)})
	}},
	{"tells how the last attempt ended", receiptsOfAttempts},
	{"tells of exceptions", receiptsOfExceptions},
	{"keeps to its own deliveries", func(e *env) {
		a, b := e.stream("a", idp.Push), e.stream("b", idp.Push)
		e.deliver(a.Num, 2)
		write(e, idp.Tx.AppendAttempts, []idp.Attempt{
			tried(a.Num, 1, 1, 0, idp.Failed, "timeout"), tried(a.Num, 1, 2, 1, idp.Acknowledged, "")})
		e.settle(a.Num, 1, 2)
		of := e.deliver(a.Num, 1)[0]
		e.deliver(b.Num, 3)
		write(e, idp.Tx.AppendAttempts, []idp.Attempt{tried(b.Num, 1, 3, 2, idp.Acknowledged, "")})
		e.settle(b.Num, 1, 2, 3)
		same(e, "Receipts", e.receipts(of.SignalID), []idp.Receipt{waiting(of, a.ApplicationID)})
		write(e, idp.Tx.AppendAttempts, []idp.Attempt{tried(a.Num, 3, 3, 3, idp.Acknowledged, "")})
		e.settle(a.Num, 3)
		same(e, "Receipts when it is acknowledged", e.receipts(of.SignalID),
			[]idp.Receipt{receipt(of, a.ApplicationID, true, 3, idp.Acknowledged, "")})
	}},
	{"is by application and stream, whenever they got it", receiptsInOrder},
	{"outlives its attempts", func(e *env) {
		s := e.stream("s", idp.Push)
		d := e.deliver(s.Num, 1)[0]
		write(e, idp.Tx.AppendAttempts, []idp.Attempt{tried(s.Num, 1, 1, 0, idp.Acknowledged, "")})
		e.settle(s.Num, 1)
		e.sweeps(receiptAt.Add(time.Second), 10, 1)
		want := waiting(d, s.ApplicationID)
		want.Settled = true
		same(e, "Receipts", e.receipts(d.SignalID), []idp.Receipt{want})
	}},
	{"goes with its delivery", func(e *env) {
		s := e.stream("s", idp.Push)
		d := e.deliver(s.Num, 1)[0]
		e.settle(s.Num, 1)
		e.update(func(tx idp.Tx) error { return tx.DeleteDeliveries(s.Num, []int64{1}) })
		same(e, "Receipts", e.receipts(d.SignalID), []idp.Receipt(nil))
	}},
}

func receiptsOfAttempts(e *env) {
	s := e.stream("s", idp.Push)
	ds := e.deliver(s.Num, 7)
	write(e, idp.Tx.AppendAttempts, []idp.Attempt{
		tried(s.Num, 1, 6, 0, idp.Failed, "timeout"),
		tried(s.Num, 2, 5, 1, idp.Failed, "refused"),
		tried(s.Num, 3, 4, 2, idp.Acknowledged, ""),
		tried(s.Num, 1, 1, 3, idp.Acknowledged, ""),
		tried(s.Num, 5, 5, 4, idp.Dropped, "stream_disabled"),
		tried(s.Num, 7, 7, 5, idp.Acknowledged, ""),
	})
	e.settle(s.Num, 1, 3, 4, 5, 7)
	failedBefore := func(d idp.Delivery, second int, outcome idp.Outcome, err string) idp.Receipt {
		r := receipt(d, s.ApplicationID, true, second, outcome, "")
		r.Err, r.Detail = err, "about "+err
		return r
	}
	same(e, "Receipts", e.receipts(ds[0].SignalID), []idp.Receipt{
		failedBefore(ds[0], 3, idp.Acknowledged, "timeout"),
		receipt(ds[1], s.ApplicationID, false, 1, idp.Failed, "refused"),
		failedBefore(ds[2], 2, idp.Acknowledged, "refused"),
		failedBefore(ds[3], 2, idp.Acknowledged, "refused"),
		failedBefore(ds[4], 4, idp.Dropped, "refused"),
		receipt(ds[5], s.ApplicationID, false, 0, idp.Failed, "timeout"),
		receipt(ds[6], s.ApplicationID, true, 5, idp.Acknowledged, ""),
	})
}

func receiptsOfExceptions(e *env) {
	s := e.stream("s", idp.Push)
	ds := e.deliver(s.Num, 5)
	e.settle(s.Num, 1, 2, 3, 4, 5)
	e.update(func(tx idp.Tx) error {
		for seq := int64(1); seq <= 5; seq++ {
			a := tried(s.Num, seq, seq, int(seq), idp.Rejected, "invalid_key")
			x := idp.Exception{Stream: s.Num, Seq: seq, OrderKey: 7, Kind: idp.Retry, Tries: 1,
				NextAt: a.At, Err: a.Err, Detail: a.Detail, At: a.At}
			if seq == 4 {
				x.Kind, x.NextAt = idp.DeadLetter, time.Time{}
			}
			if err := tx.PutException(x); err != nil {
				return err
			}
			if seq < 5 { // the attempt at the last one was swept
				if err := tx.AppendAttempts([]idp.Attempt{a}); err != nil {
					return err
				}
			}
		}
		if err := tx.AppendAttempts([]idp.Attempt{
			tried(s.Num, 2, 2, 8, idp.Acknowledged, ""),
			tried(s.Num, 3, 3, 9, idp.Failed, "timeout"),
		}); err != nil {
			return err
		}
		return tx.DeleteException(s.Num, 2)
	})
	again := receipt(ds[1], s.ApplicationID, true, 8, idp.Acknowledged, "")
	again.Err, again.Detail = "invalid_key", "about invalid_key"
	same(e, "Receipts", e.receipts(ds[0].SignalID), []idp.Receipt{
		receipt(ds[0], s.ApplicationID, false, 1, idp.Rejected, "invalid_key"),
		again,
		receipt(ds[2], s.ApplicationID, false, 9, idp.Failed, "timeout"),
		receipt(ds[3], s.ApplicationID, true, 4, idp.Rejected, "invalid_key"),
		receipt(ds[4], s.ApplicationID, false, 5, idp.Rejected, "invalid_key"),
	})
}

// receiptsInOrder delivers one payload to three streams, to the last ones when
// the first has acknowledged it.
func receiptsInOrder(e *env) {
	late := e.ssfProvider("p1", e.application("z").ID)
	early := e.ssfProvider("p2", e.application("a").ID)
	z := e.streamOf("1", late, idp.Push)
	a1, a2 := e.streamOf("2", early, idp.Poll), e.streamOf("3", early, idp.Push)
	signal := e.signal("ada")
	give := func(num idp.StreamNum) idp.Delivery {
		write(e, idp.Tx.AppendDeliveries, []idp.Delivery{
			{Stream: num, SignalID: signal.ID, Payload: []byte(`{}`), ExpiresAt: receiptAt}})
		return e.deliveriesFrom(num, 1)[0]
	}
	first := give(z.Num)
	write(e, idp.Tx.AppendAttempts, []idp.Attempt{tried(z.Num, 1, 1, 0, idp.Acknowledged, "")})
	e.settle(z.Num, 1)
	second, third := give(a2.Num), give(a1.Num)
	write(e, idp.Tx.AppendAttempts, []idp.Attempt{tried(a2.Num, 1, 1, 1, idp.Acknowledged, "")})
	e.settle(a2.Num, 1)
	same(e, "Receipts", e.receipts(signal.ID), []idp.Receipt{
		waiting(third, "a"),
		receipt(second, "a", true, 1, idp.Acknowledged, ""),
		receipt(first, "z", true, 0, idp.Acknowledged, ""),
	})
}
