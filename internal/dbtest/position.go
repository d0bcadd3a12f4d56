// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var positionChecks = []check{
	{"begins before everything", func(e *env) {
		s := e.stream("s", idp.Push)
		same(e, "Position", read(e, idp.Tx.Position, s.Num), idp.Position{})
		same(e, "LastSeq", read(e, idp.Tx.LastSeq, s.Num), int64(0))
	}},
	{"comes back as it was set", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 500)
		for _, want := range []idp.Position{
			{Floor: 3, Above: []int64{5, 6, 200, 500}},
			{Floor: 300},
			{Floor: 499},
			{},
			{Above: []int64{2}},
		} {
			e.update(func(tx idp.Tx) error { return tx.SetPosition(s.Num, want) })
			same(e, "Position", read(e, idp.Tx.Position, s.Num), want)
		}
	}},
	{"does not go beyond the last delivery", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 3)
		for _, p := range []idp.Position{{Floor: 4}, {Floor: 1, Above: []int64{3, 4}}} {
			e.refused(idp.ErrConflict, func(tx idp.Tx) error { return tx.SetPosition(s.Num, p) })
		}
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.SetPosition(s.Num+1, idp.Position{}) })
	}},
	{"is apart for each stream", func(e *env) {
		a, b := e.stream("a", idp.Push), e.stream("b", idp.Push)
		e.deliver(a.Num, 3)
		e.deliver(b.Num, 3)
		e.settle(a.Num, 1, 3)
		same(e, "Position", read(e, idp.Tx.Position, a.Num), idp.Position{Floor: 1, Above: []int64{3}})
		same(e, "Position of the other", read(e, idp.Tx.Position, b.Num), idp.Position{})
	}},
	{"tells which streams have a backlog", func(e *env) {
		a, b := e.stream("a", idp.Push), e.stream("b", idp.Push)
		poll := e.stream("poll", idp.Poll)
		e.stream("empty", idp.Push)
		logout := e.logoutStream("logout")
		for _, s := range []idp.Stream{a, b, poll, logout} {
			e.deliver(s.Num, 2)
		}
		backlogged := func(m idp.DeliveryMethod) []idp.StreamNum { return read(e, idp.Tx.Backlogged, m) }
		same(e, "Backlogged push", backlogged(idp.Push), []idp.StreamNum{a.Num, b.Num})
		same(e, "Backlogged poll", backlogged(idp.Poll), []idp.StreamNum{poll.Num})
		same(e, "Backlogged logout", backlogged(idp.Logout), []idp.StreamNum{logout.Num})
		e.settle(a.Num, 1, 2)
		e.settle(b.Num, 2)
		same(e, "Backlogged when one is settled", backlogged(idp.Push), []idp.StreamNum{b.Num})
		e.settle(b.Num, 1)
		same(e, "Backlogged when both are", backlogged(idp.Push), []idp.StreamNum(nil))
	}},
}

func (e *env) attempts(num idp.StreamNum) []idp.Attempt {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.Attempt, error) { return tx.Attempts(num, 1000) })
}

var attemptChecks = []check{
	{"comes back as it was appended, newest first", func(e *env) {
		s, other := e.stream("s", idp.Push), e.stream("other", idp.Push)
		e.deliver(s.Num, 400)
		e.deliver(other.Num, 1)
		want := make([]idp.Attempt, 300)
		for i := range want {
			want[i] = idp.Attempt{
				Stream: s.Num, From: int64(i + 1), To: int64(i + 2), At: s.CreatedAt.Add(time.Duration(i) * time.Second),
				Took: 1234 * time.Microsecond, Outcome: idp.Rejected, Status: 400, Err: "invalid_key", Detail: "no such key",
			}
		}
		write(e, idp.Tx.AppendAttempts, want)
		write(e, idp.Tx.AppendAttempts, []idp.Attempt{{Stream: other.Num, From: 1, To: 1, Outcome: idp.Dropped}})
		got := e.attempts(s.Num)
		if len(got) != len(want) {
			e.Fatalf("%d attempts, want %d", len(got), len(want))
		}
		for i, a := range got {
			same(e, "attempt", a, want[len(want)-1-i])
		}
		few := get(e, func(tx idp.Tx) ([]idp.Attempt, error) { return tx.Attempts(s.Num, 2) })
		same(e, "attempts, at most 2", few, got[:2])
	}},
	{"is about a stream that exists", func(e *env) {
		s := e.stream("s", idp.Push)
		refuse(e, idp.ErrNotFound, idp.Tx.AppendAttempts,
			[]idp.Attempt{{Stream: s.Num + 1, From: 1, To: 1, Outcome: idp.Failed}})
		write(e, idp.Tx.AppendAttempts, []idp.Attempt(nil))
	}},
}

var handoutChecks = []check{
	{"comes back as it was put, by number", func(e *env) {
		s, other := e.stream("s", idp.Poll), e.stream("other", idp.Poll)
		e.deliver(s.Num, 10)
		e.deliver(other.Num, 1)
		want := []idp.Handout{
			{Stream: s.Num, Seq: 2, KID: "k", JWS: "a.b.c", At: s.CreatedAt},
			{Stream: s.Num, Seq: 7, KID: "k", JWS: "d.e.f", At: s.CreatedAt},
		}
		write(e, idp.Tx.PutHandouts, []idp.Handout{want[1], want[0], {Stream: other.Num, Seq: 1}})
		same(e, "Handouts", read(e, idp.Tx.Handouts, s.Num), want)
	}},
	{"is replaced", func(e *env) {
		s := e.stream("s", idp.Poll)
		e.deliver(s.Num, 2)
		want := []idp.Handout{{Stream: s.Num, Seq: 1, KID: "k1", JWS: "a", At: s.CreatedAt}}
		write(e, idp.Tx.PutHandouts, want)
		want[0] = idp.Handout{Stream: s.Num, Seq: 1, KID: "k2", JWS: "b", At: s.CreatedAt.Add(time.Hour)}
		write(e, idp.Tx.PutHandouts, want)
		same(e, "Handouts", read(e, idp.Tx.Handouts, s.Num), want)
	}},
	{"is forgotten", func(e *env) {
		s := e.stream("s", idp.Poll)
		e.deliver(s.Num, 3)
		var hs []idp.Handout
		for seq := range int64(3) {
			hs = append(hs, idp.Handout{Stream: s.Num, Seq: seq + 1, KID: "k", JWS: "jws", At: s.CreatedAt})
		}
		write(e, idp.Tx.PutHandouts, hs)
		for range 2 { // the second time they are gone
			e.update(func(tx idp.Tx) error { return tx.DeleteHandouts(s.Num, []int64{1, 3}) })
		}
		same(e, "Handouts", read(e, idp.Tx.Handouts, s.Num), hs[1:2])
	}},
	{"is about a delivery that exists", func(e *env) {
		s := e.stream("s", idp.Poll)
		refuse(e, idp.ErrNotFound, idp.Tx.PutHandouts, []idp.Handout{{Stream: s.Num, Seq: 1}})
	}},
}
