// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// CheckInvariants fails the test for each thing in the database that may not
// be, whatever happened before:
//
//   - fan-out has not gone beyond the last signal;
//   - a stream's position is not beyond its last delivery and lists what is
//     settled above its floor in order, without what the floor covers;
//   - every delivery that is not settled is there, with its payload, and its
//     number was given;
//   - an exception is about a settled delivery, a handout about one that is
//     not;
//   - an attempt is about deliveries whose numbers were given.
func CheckInvariants(t testing.TB, db idp.DB) {
	t.Helper()
	err := db.View(context.Background(), func(tx idp.Tx) error {
		last, err := tx.LastSignal()
		if err != nil {
			return err
		}
		fanned, err := tx.FanOutPosition()
		if err != nil {
			return err
		}
		if fanned > last {
			t.Errorf("fan-out position is %d, want at most the last signal, %d", fanned, last)
		}
		streams, err := tx.Streams(idp.StreamFilter{})
		if err != nil {
			return err
		}
		for _, s := range streams {
			c := streamChecker{TB: t, tx: tx, stream: s, lastSignal: last}
			if err := c.check(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("CheckInvariants: %v", err)
	}
}

// streamChecker looks at one stream.
type streamChecker struct {
	testing.TB
	tx         idp.Tx
	stream     idp.Stream
	lastSignal int64
	position   idp.Position
	lastSeq    int64
}

func (c *streamChecker) check() error {
	var err error
	if c.position, err = c.tx.Position(c.stream.Num); err != nil {
		return err
	}
	if c.lastSeq, err = c.tx.LastSeq(c.stream.Num); err != nil {
		return err
	}
	c.checkPosition()
	return errors.Join(c.checkDeliveries(), c.checkExceptions(), c.checkHandouts(), c.checkAttempts())
}

func (c *streamChecker) errorf(format string, args ...any) {
	c.Helper()
	c.Errorf("stream %s: "+format, append([]any{c.stream.ID}, args...)...)
}

func (c *streamChecker) checkPosition() {
	p := c.position
	if !slices.IsSorted(p.Above) || len(slices.Compact(slices.Clone(p.Above))) != len(p.Above) {
		c.errorf("settled %v above %d, want them ascending", p.Above, p.Floor)
	}
	if len(p.Above) > 0 && p.Above[0] <= p.Floor+1 {
		c.errorf("settled %d above %d, want the floor to cover it", p.Above[0], p.Floor)
	}
	if highest := slices.Max(append([]int64{p.Floor}, p.Above...)); highest > c.lastSeq {
		c.errorf("settled %d, want at most the last delivery, %d", highest, c.lastSeq)
	}
}

// checkDeliveries reads page by page, because tests with load fill a stream
// with more than fits one.
func (c *streamChecker) checkDeliveries() error {
	const page = 1000
	next := c.position.Floor + 1
	for after := int64(0); ; {
		ds, err := c.tx.DeliveriesAfter(c.stream.Num, after, page, false)
		if err != nil {
			return err
		}
		for _, d := range ds {
			c.checkDelivery(d)
			c.checkGap(next, d.Seq)
			next = max(next, d.Seq+1)
			after = d.Seq
		}
		if len(ds) < page {
			break
		}
	}
	c.checkGap(next, c.lastSeq+1)
	return nil
}

func (c *streamChecker) checkDelivery(d idp.Delivery) {
	if len(d.Payload) == 0 {
		c.errorf("delivery %d has no payload", d.Seq)
	}
	if d.Seq > c.lastSeq {
		c.errorf("delivery %d is beyond the last one, %d", d.Seq, c.lastSeq)
	}
	if d.SignalID <= 0 || d.SignalID > c.lastSignal {
		c.errorf("delivery %d is of signal %d, want 1 to %d", d.Seq, d.SignalID, c.lastSignal)
	}
}

// checkGap reports deliveries that are neither there nor settled.
func (c *streamChecker) checkGap(from, until int64) {
	for seq := from; seq < until; seq++ {
		if !c.position.Settled(seq) {
			c.errorf("delivery %d is gone and was not settled", seq)
		}
	}
}

func (c *streamChecker) checkExceptions() error {
	for _, kind := range []idp.ExceptionKind{idp.Retry, idp.DeadLetter} {
		exceptions, err := c.tx.Exceptions(c.stream.Num, kind)
		if err != nil {
			return err
		}
		for _, x := range exceptions {
			if !c.position.Settled(x.Seq) {
				c.errorf("delivery %d has an exception (%s) and is not settled", x.Seq, x.Kind)
			}
			d, err := c.tx.Delivery(x.Stream, x.Seq)
			if err != nil {
				return err
			}
			if d.OrderKey != x.OrderKey {
				c.errorf("exception of delivery %d has order key %d, want %d", x.Seq, x.OrderKey, d.OrderKey)
			}
		}
	}
	return nil
}

func (c *streamChecker) checkHandouts() error {
	handouts, err := c.tx.Handouts(c.stream.Num)
	if err != nil {
		return err
	}
	for _, h := range handouts {
		if c.position.Settled(h.Seq) {
			c.errorf("delivery %d is settled and still handed out", h.Seq)
		}
		if _, err := c.tx.Delivery(h.Stream, h.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (c *streamChecker) checkAttempts() error {
	attempts, err := c.tx.Attempts(c.stream.Num, 1000000)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.From < 1 || a.To < a.From || a.To > c.lastSeq {
			c.errorf("attempt at %d to %d, want deliveries of 1 to %d", a.From, a.To, c.lastSeq)
		}
	}
	return nil
}
