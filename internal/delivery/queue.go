// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// queue holds deliveries of one stream that were read and have not started,
// and the order keys that must wait.
type queue struct {
	// waiting is ordered: control deliveries first, then by Seq.
	waiting []idp.Delivery
	// busy counts, per order key, deliveries under way or in an exception.
	busy map[int64]int
}

func newQueue() *queue { return &queue{busy: make(map[int64]int)} }

func precedes(a, b idp.Delivery) int {
	switch {
	case a.Control != b.Control && a.Control:
		return -1
	case a.Control != b.Control:
		return 1
	case a.Seq < b.Seq:
		return -1
	case a.Seq > b.Seq:
		return 1
	}
	return 0
}

// add puts deliveries in their places; one that is waiting already is left
// out.
func (q *queue) add(ds ...idp.Delivery) {
	for _, d := range ds {
		if n := len(q.waiting); n == 0 || precedes(q.waiting[n-1], d) < 0 {
			q.waiting = append(q.waiting, d)
			continue
		}
		if at, found := slices.BinarySearchFunc(q.waiting, d, precedes); !found {
			q.waiting = slices.Insert(q.waiting, at, d)
		}
	}
}

// next removes the first delivery whose order key is free and marks the key.
func (q *queue) next() (idp.Delivery, bool) {
	for i, d := range q.waiting {
		if q.busy[d.OrderKey] > 0 {
			continue
		}
		if i == 0 {
			q.waiting = q.waiting[1:]
		} else {
			q.waiting = slices.Delete(q.waiting, i, i+1)
		}
		q.hold(d.OrderKey)
		return d, true
	}
	return idp.Delivery{}, false
}

// hold keeps later deliveries with the key from starting, until release.
func (q *queue) hold(key int64) { q.busy[key]++ }

func (q *queue) release(key int64) {
	if q.busy[key]--; q.busy[key] <= 0 {
		delete(q.busy, key)
	}
}
