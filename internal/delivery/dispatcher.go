// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// readAhead is how many deliveries one read takes from the log, and how
	// many a dispatcher keeps waiting at most before it reads no more.
	readAhead = 256
	// linger is how long a dispatcher without work stays.
	linger = 10 * time.Second
)

// dispatcher pushes the deliveries of one stream. All members but the inbox
// belong to its goroutine.
type dispatcher struct {
	e      *Engine
	num    idp.StreamNum
	log    *slog.Logger
	notify chan struct{}
	// inbox holds deliveries handed over by Wake; e.mu guards it.
	inbox   []idp.Delivery
	results chan result

	stream     idp.Stream
	provider   idp.SSFProvider
	generation uint64
	position   idp.Position
	queue      *queue
	breaker    *breaker
	// underWay holds the deliveries that were sent and not answered.
	underWay map[int64]idp.Delivery
	// exceptions of kind Retry: waiting for their time, or under way.
	exceptions map[int64]idp.Exception
	health     idp.StreamHealth
	// cursor is the greatest Seq that was read; behind says that the log may
	// hold more.
	cursor int64
	behind bool
}

func newDispatcher(e *Engine, num idp.StreamNum) *dispatcher {
	return &dispatcher{
		e: e, num: num, log: e.cfg.Log,
		notify:   make(chan struct{}, 1),
		results:  make(chan result),
		breaker:  newBreaker(e.cfg.Window),
		underWay: make(map[int64]idp.Delivery),
	}
}

// hand takes deliveries that follow each other. The engine holds its mu.
func (d *dispatcher) hand(ds []idp.Delivery) {
	d.inbox = append(d.inbox, ds...)
	signal(d.notify)
}

// run pushes until stopped ends, the stream is gone, or there is nothing left
// to do. sending is the context of its requests.
func (d *dispatcher) run(stopped, sending context.Context) {
	defer d.e.remove(d)
	// Whatever ends the loop, answers that are still to come are recorded.
	defer d.drain()
	for stopped.Err() == nil {
		switch err := d.refresh(stopped); {
		case errors.Is(err, idp.ErrNotFound):
			return
		case err != nil:
			d.rest(stopped, err)
			continue
		}
		d.empty()
		if err := d.read(stopped); err != nil {
			d.rest(stopped, err)
			continue
		}
		d.launch(sending)
		if !d.wait(stopped) {
			return
		}
	}
}

// rest waits a moment after the database failed.
func (d *dispatcher) rest(stopped context.Context, err error) {
	if stopped.Err() != nil {
		return
	}
	d.log.Error("stream not readable; trying again", "stream", d.num, "error", err)
	select {
	case <-time.After(time.Second):
	case r := <-d.results:
		d.settle(r)
	case <-stopped.Done():
	}
}

// empty moves the inbox into the queue as far as it continues what was read.
func (d *dispatcher) empty() {
	d.e.mu.Lock()
	handed := d.inbox
	d.inbox = nil
	d.e.mu.Unlock()
	for _, delivery := range handed {
		switch {
		case delivery.Seq <= d.cursor:
			// It was read from the log before it was handed over.
		case d.behind, delivery.Seq != d.cursor+1, len(d.queue.waiting) >= readAhead, !d.flows(delivery):
			d.behind = true
		default:
			d.cursor = delivery.Seq
			d.queue.add(delivery)
		}
	}
}

// flows reports whether the stream's status lets the delivery go.
func (d *dispatcher) flows(delivery idp.Delivery) bool {
	return delivery.Control || d.stream.Status == idp.StreamEnabled
}

// launch starts as many deliveries as the breaker has room for: first those
// whose exception is due, then the queue.
func (d *dispatcher) launch(sending context.Context) {
	for now := time.Now(); d.breaker.room(len(d.underWay), now); {
		if x, ok := d.dueException(now); ok {
			d.start(sending, idp.Delivery{Stream: x.Stream, Seq: x.Seq, OrderKey: x.OrderKey}, x.JWS)
			continue
		}
		next, ok := d.queue.next()
		if !ok {
			return
		}
		d.start(sending, next, "")
	}
}

func (d *dispatcher) dueException(now time.Time) (idp.Exception, bool) {
	if d.stream.Status != idp.StreamEnabled {
		return idp.Exception{}, false
	}
	for seq, x := range d.exceptions {
		if _, sent := d.underWay[seq]; !sent && !x.NextAt.After(now) {
			return x, true
		}
	}
	return idp.Exception{}, false
}

// wait returns when something may have changed. It reports false when the
// dispatcher has retired.
func (d *dispatcher) wait(stopped context.Context) bool {
	timer := time.NewTimer(d.patience())
	defer timer.Stop()
	select {
	case r := <-d.results:
		d.settle(r)
		return true
	case <-d.notify:
		return true
	case <-timer.C:
		return !d.idle() || !d.e.retire(d)
	case <-stopped.Done():
		return true
	}
}

// idle reports whether only new deliveries can give the dispatcher work.
func (d *dispatcher) idle() bool {
	held := d.stream.Status != idp.StreamEnabled
	return len(d.underWay) == 0 && len(d.queue.waiting) == 0 &&
		(held || !d.behind && len(d.exceptions) == 0)
}

// patience is the time until something is due by the clock. What is due now
// and did not start waits for a result, not for the clock.
func (d *dispatcher) patience() time.Duration {
	now := time.Now()
	until := now.Add(linger)
	if next := d.breaker.nextAt; next.After(now) && next.Before(until) {
		until = next
	}
	for _, x := range d.exceptions {
		if x.NextAt.After(now) && x.NextAt.Before(until) {
			until = x.NextAt
		}
	}
	return until.Sub(now)
}

// drain records the answers of requests that are still under way.
func (d *dispatcher) drain() {
	for len(d.underWay) > 0 {
		d.settle(<-d.results)
	}
}
