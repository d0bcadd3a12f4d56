// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

const (
	// visibility is how long a SET that was returned is left out of later
	// polls while it waits for its acknowledgement (RFC 8936 §2.4).
	visibility = 30 * time.Second
	// scanPage and scanLimit bound how far one poll looks for SETs whose
	// order key is free.
	scanPage  = 256
	scanLimit = 10_000
)

// choice is the SETs that one poll returns.
type choice struct {
	stream   idp.Stream
	provider idp.SSFProvider
	sets     []chosen
	// more says that another poll would get more, now or after it has
	// acknowledged these.
	more bool
	// due is when something can be returned without anybody waking us; zero
	// when there is no such time.
	due time.Time

	limit    int
	now      time.Time
	position idp.Position
	handouts map[int64]idp.Handout
	// keys is the order keys that must wait: true when it is for a SET of
	// this choice.
	keys map[int64]bool
}

// chosen is one SET; jws is empty until it is signed.
type chosen struct {
	delivery idp.Delivery
	kid, jws string
	// again says that it was returned before, and retry is its exception if
	// it was rejected.
	again bool
	retry *idp.Exception
}

// handOut chooses, signs and records the SETs of an answer. Polls of one
// stream take turns, and signing is outside of transactions.
func (t *Transmitter) handOut(c *call, place *place, limit int) (ssf.PollResponse, time.Time, error) {
	var none ssf.PollResponse
	select {
	case place.turn <- struct{}{}:
		defer func() { <-place.turn }()
	case <-c.ctx.Done():
		return none, time.Time{}, c.ctx.Err()
	}
	var choice *choice
	err := t.cfg.DB.View(c.ctx, func(tx idp.Tx) (err error) {
		s, err := c.pollStream(tx)
		if err != nil {
			return err
		}
		choice, err = choose(tx, s, limit)
		return err
	})
	if err != nil || len(choice.sets) == 0 {
		if choice == nil {
			return none, time.Time{}, err
		}
		return ssf.PollResponse{MoreAvailable: choice.more}, choice.due, err
	}
	if err := t.sign(c.ctx, choice); err != nil {
		return none, time.Time{}, err
	}
	// A crash before this commit leaves the SETs as they were; after it they
	// come again with the same bytes.
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error { return choice.record(tx) })
	if err != nil {
		return none, time.Time{}, err
	}
	answer := ssf.PollResponse{MoreAvailable: choice.more}
	for _, set := range choice.sets {
		answer.Sets = append(answer.Sets, ssf.PolledSET{
			ID: t.cfg.SETs.JTI(set.delivery.Stream, set.delivery.Seq), Token: set.jws})
	}
	return answer, choice.due, nil
}

// choose selects SETs: first those to be tried again after a rejection, then
// control ones, then the rest, each by Seq. There is at most one SET of an
// order key on its way, because the members of "sets" have no order (SSF
// §8.1.2.1).
func choose(tx idp.Tx, s idp.Stream, limit int) (*choice, error) {
	c := &choice{stream: s, limit: limit, now: tx.Now(), handouts: make(map[int64]idp.Handout), keys: make(map[int64]bool)}
	var err error
	if c.provider, err = tx.SSFProvider(s.ProviderID); err != nil {
		return nil, err
	}
	if c.position, err = tx.Position(s.Num); err != nil {
		return nil, err
	}
	handouts, err := tx.Handouts(s.Num)
	if err != nil {
		return nil, err
	}
	for _, h := range handouts {
		c.handouts[h.Seq] = h
	}
	if err := c.addRetries(tx); err != nil {
		return nil, err
	}
	if err := c.addDeliveries(tx, true); err != nil {
		return nil, err
	}
	if s.Status != idp.StreamEnabled {
		return c, nil
	}
	return c, c.addDeliveries(tx, false)
}

func (c *choice) addRetries(tx idp.Tx) error {
	retries, err := tx.Exceptions(c.stream.Num, idp.Retry)
	if err != nil {
		return err
	}
	for _, e := range retries {
		if _, waits := c.keys[e.OrderKey]; waits {
			continue
		}
		c.keys[e.OrderKey] = false
		if e.NextAt.After(c.now) {
			c.dueAt(e.NextAt)
			continue
		}
		d, err := tx.Delivery(e.Stream, e.Seq)
		if err != nil {
			return err
		}
		if !d.Control && c.stream.Status != idp.StreamEnabled {
			continue
		}
		c.take(chosen{delivery: d, kid: e.KID, jws: e.JWS, again: true, retry: &e})
	}
	return nil
}

// addDeliveries looks through what is not settled, either at control
// deliveries or at the others.
func (c *choice) addDeliveries(tx idp.Tx, control bool) error {
	after := c.position.Floor
	for range scanLimit / scanPage {
		page, err := tx.DeliveriesAfter(c.stream.Num, after, scanPage, control)
		if err != nil {
			return err
		}
		for _, d := range page {
			after = d.Seq
			if d.Control == control && !c.position.Settled(d.Seq) {
				c.consider(d)
			}
		}
		if len(page) < scanPage || c.more && len(c.sets) >= c.limit {
			return nil
		}
	}
	return nil
}

func (c *choice) consider(d idp.Delivery) {
	ours, waits := c.keys[d.OrderKey]
	if waits {
		// It can go as soon as the one before it is acknowledged, which the
		// Receiver can do with its next poll if it is one of these.
		c.more = c.more || ours
		return
	}
	c.keys[d.OrderKey] = false
	h, again := c.handouts[d.Seq]
	if until := h.At.Add(visibility); again && until.After(c.now) {
		c.dueAt(until)
		return
	}
	c.take(chosen{delivery: d, kid: h.KID, jws: h.JWS, again: again})
}

func (c *choice) take(set chosen) {
	if len(c.sets) >= c.limit {
		c.more = true
		return
	}
	c.keys[set.delivery.OrderKey] = true
	c.sets = append(c.sets, set)
}

func (c *choice) dueAt(at time.Time) {
	if c.due.IsZero() || at.Before(c.due) {
		c.due = at
	}
}

// sign signs those SETs that have not been, on all processors.
func (t *Transmitter) sign(ctx context.Context, c *choice) error {
	var group sync.WaitGroup
	next := make(chan int)
	errs := make([]error, len(c.sets))
	for range min(runtime.GOMAXPROCS(0), len(c.sets)) {
		group.Go(func() {
			for i := range next {
				set := &c.sets[i]
				set.kid, set.jws, errs[i] = t.cfg.SETs.Sign(ctx, c.provider, c.stream, set.delivery)
			}
		})
	}
	for i := range c.sets {
		if c.sets[i].jws == "" {
			next <- i
		}
	}
	close(next)
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("stream %s: %w", c.stream.ID, err)
		}
	}
	return nil
}

// record notes what is returned, and leaves out what was settled or stopped
// while it was signed. Returning a SET again is a retry, so its expiration
// moves.
func (c *choice) record(tx idp.Tx) error {
	s, err := tx.StreamByNum(c.stream.Num)
	if errors.Is(err, idp.ErrNotFound) {
		return noStream()
	}
	if err != nil {
		return err
	}
	position, err := tx.Position(s.Num)
	if err != nil {
		return err
	}
	var handouts []idp.Handout
	var again []int64
	kept := c.sets[:0]
	for _, set := range c.sets {
		d := set.delivery
		stopped := s.Method != idp.Poll || s.Status != idp.StreamEnabled && !d.Control
		if stopped || set.retry == nil && position.Settled(d.Seq) {
			continue
		}
		if set.again {
			again = append(again, d.Seq)
		}
		if set.retry != nil {
			if err := c.recordRetry(tx, set); err != nil {
				return err
			}
		} else {
			handouts = append(handouts, idp.Handout{Stream: d.Stream, Seq: d.Seq, KID: set.kid, JWS: set.jws, At: tx.Now()})
		}
		kept = append(kept, set)
	}
	c.sets = kept
	if err := tx.ExtendDeliveries(s.Num, again, tx.Now().Add(c.provider.EventRetention)); err != nil {
		return err
	}
	return tx.PutHandouts(handouts)
}

// recordRetry hides an exception for as long as a SET that was returned.
func (c *choice) recordRetry(tx idp.Tx, set chosen) error {
	e := *set.retry
	e.KID, e.JWS, e.NextAt = set.kid, set.jws, tx.Now().Add(visibility)
	return tx.PutException(e)
}
