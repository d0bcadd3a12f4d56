// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (e *env) exceptions(num idp.StreamNum, kind idp.ExceptionKind) []idp.Exception {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.Exception, error) { return tx.Exceptions(num, kind) })
}

var exceptionChecks = []check{
	{"comes back as it was put", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 3)
		e.settle(s.Num, 1, 2, 3)
		at := s.CreatedAt
		retry := idp.Exception{
			Stream: s.Num, Seq: 2, OrderKey: 7, Kind: idp.Retry, Tries: 2, NextAt: at.Add(time.Hour),
			KID: "k", JWS: "a.b.c", Status: 400, Err: "invalid_key", Detail: "no such key", At: at,
		}
		other := idp.Exception{Stream: s.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry, At: at}
		dead := idp.Exception{Stream: s.Num, Seq: 3, OrderKey: 7, Kind: idp.DeadLetter, At: at}
		for _, x := range []idp.Exception{retry, other, dead} {
			write(e, idp.Tx.PutException, x)
		}
		same(e, "Exceptions to retry", e.exceptions(s.Num, idp.Retry), []idp.Exception{other, retry})
		same(e, "dead letters", e.exceptions(s.Num, idp.DeadLetter), []idp.Exception{dead})
	}},
	{"is replaced", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 1)
		e.settle(s.Num, 1)
		x := idp.Exception{Stream: s.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry, Tries: 1, NextAt: s.CreatedAt,
			KID: "k", JWS: "jws", At: s.CreatedAt}
		write(e, idp.Tx.PutException, x)
		x.Kind, x.Tries, x.NextAt, x.At = idp.DeadLetter, 5, time.Time{}, s.CreatedAt.Add(time.Hour)
		x.KID, x.JWS, x.Status, x.Err, x.Detail = "", "", 400, "err", "detail"
		write(e, idp.Tx.PutException, x)
		same(e, "Exceptions to retry", e.exceptions(s.Num, idp.Retry), []idp.Exception(nil))
		same(e, "dead letters", e.exceptions(s.Num, idp.DeadLetter), []idp.Exception{x})
	}},
	{"is forgotten", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 1)
		e.settle(s.Num, 1)
		write(e, idp.Tx.PutException, idp.Exception{Stream: s.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry})
		for range 2 { // the second time there is none
			e.update(func(tx idp.Tx) error { return tx.DeleteException(s.Num, 1) })
		}
		same(e, "Exceptions", e.exceptions(s.Num, idp.Retry), []idp.Exception(nil))
	}},
	{"is about a delivery that exists", func(e *env) {
		s := e.stream("s", idp.Push)
		refuse(e, idp.ErrNotFound, idp.Tx.PutException, idp.Exception{Stream: s.Num, Seq: 1, Kind: idp.Retry})
	}},
	{"comes due", func(e *env) {
		push, poll := e.stream("push", idp.Push), e.stream("poll", idp.Poll)
		e.deliver(push.Num, 4)
		e.deliver(poll.Num, 1)
		e.settle(push.Num, 1, 2, 3, 4)
		e.settle(poll.Num, 1)
		now := push.CreatedAt // which has passed
		late := idp.Exception{Stream: push.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry, NextAt: now.Add(-time.Minute), At: now}
		later := idp.Exception{Stream: push.Num, Seq: 2, OrderKey: 7, Kind: idp.Retry, NextAt: now.Add(-time.Hour), At: now}
		for _, x := range []idp.Exception{late, later,
			{Stream: push.Num, Seq: 3, OrderKey: 7, Kind: idp.Retry, NextAt: now.Add(time.Hour)},
			{Stream: push.Num, Seq: 4, OrderKey: 7, Kind: idp.DeadLetter, NextAt: now.Add(-time.Hour)},
			{Stream: poll.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry, NextAt: now.Add(-time.Hour)},
		} {
			write(e, idp.Tx.PutException, x)
		}
		due := func(limit int) []idp.Exception {
			return get(e, func(tx idp.Tx) ([]idp.Exception, error) { return tx.DueExceptions(idp.Push, limit) })
		}
		same(e, "DueExceptions", due(10), []idp.Exception{later, late})
		same(e, "DueExceptions, at most 1", due(1), []idp.Exception{later})
	}},
	{"leaves the health of a stream apart", func(e *env) {
		s := e.stream("s", idp.Push)
		same(e, "Health of a new stream", read(e, idp.Tx.Health, s.Num), idp.StreamHealth{})
		at := s.CreatedAt
		want := idp.StreamHealth{Stream: s.Num, Failures: 3, NextAt: at, LastOKAt: at.Add(time.Second),
			FailedAt: at.Add(time.Minute), FailingSince: at.Add(time.Hour), Err: "timeout", Detail: "no answer in 10s"}
		write(e, idp.Tx.PutHealth, want)
		same(e, "Health", read(e, idp.Tx.Health, s.Num), want)
		want = idp.StreamHealth{Stream: s.Num, LastOKAt: at}
		write(e, idp.Tx.PutHealth, want)
		same(e, "Health after it works again", read(e, idp.Tx.Health, s.Num), want)
		refuse(e, idp.ErrNotFound, idp.Tx.PutHealth, idp.StreamHealth{Stream: s.Num + 1})
	}},
}
