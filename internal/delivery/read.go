// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// refresh reads the stream anew when a configuration changed somewhere. The
// check costs nothing, so it stands before every launch: a paused stream gets
// no further SET, a new authorization header counts at once (SSF §6.1.1,
// §8.1.2.1).
func (d *dispatcher) refresh(ctx context.Context) error {
	generation := d.e.cfg.DB.ConfigGeneration()
	if d.queue != nil && generation == d.generation {
		return nil
	}
	var (
		stream   idp.Stream
		provider idp.SSFProvider
	)
	err := d.e.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		if stream, err = tx.StreamByNum(d.num); err != nil {
			return err
		}
		provider, err = settings(tx, stream)
		return err
	})
	if err != nil {
		return err
	}
	if !stream.Method.Pushed() {
		return idp.ErrNotFound
	}
	if d.queue == nil || differs(d.stream, stream) {
		if err := d.reload(ctx, stream); err != nil {
			return err
		}
	}
	d.stream, d.provider, d.generation = stream, provider, generation
	return nil
}

// settings returns the provider of a stream. That of logout tokens is no SSF
// provider and has nothing to set: they are kept for a fixed time, and
// certificates are verified.
func settings(tx idp.Tx, stream idp.Stream) (idp.SSFProvider, error) {
	if stream.Method == idp.Logout {
		return idp.SSFProvider{EventRetention: idp.LogoutRetention, VerifyTLS: true}, nil
	}
	return tx.SSFProvider(stream.ProviderID)
}

// differs reports whether a change of the stream concerns delivery.
func differs(a, b idp.Stream) bool {
	return a.Status != b.Status || a.FromSignal != b.FromSignal || a.EndpointURL != b.EndpointURL ||
		!a.Authorization.Equal(b.Authorization) || !a.UpdatedAt.Equal(b.UpdatedAt)
}

// reload begins again from the database's position. What this dispatcher
// settled is written first, or it would be sent twice.
func (d *dispatcher) reload(ctx context.Context, stream idp.Stream) error {
	if !d.e.recorder.clean(d.num) {
		if err := d.e.recorder.flush(ctx); err != nil {
			return err
		}
	}
	var (
		position   idp.Position
		health     idp.StreamHealth
		exceptions []idp.Exception
	)
	err := d.e.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		if position, err = tx.Position(d.num); err != nil {
			return err
		}
		if exceptions, err = tx.Exceptions(d.num, idp.Retry); err != nil {
			return err
		}
		health, err = tx.Health(d.num)
		return err
	})
	if err != nil {
		return err
	}
	d.adoptHealth(stream, health)
	d.position, d.cursor, d.behind = position, position.Floor, true
	d.queue = newQueue()
	d.exceptions = make(map[int64]idp.Exception, len(exceptions))
	for _, x := range exceptions {
		d.exceptions[x.Seq] = x
		d.queue.hold(x.OrderKey)
	}
	for _, sent := range d.underWay {
		if _, isException := d.exceptions[sent.Seq]; !isException {
			d.queue.hold(sent.OrderKey)
		}
	}
	return nil
}

// adoptHealth continues a pause that a restart interrupted. A change of the
// stream ends the pause: whoever changed it may have mended it.
func (d *dispatcher) adoptHealth(stream idp.Stream, health idp.StreamHealth) {
	first := d.queue == nil
	d.health = health
	d.health.Stream = d.num
	if !first {
		d.breaker.nextAt = time.Time{}
		return
	}
	if health.Failures > 0 && stream.UpdatedAt.Before(health.FailedAt) {
		d.breaker.failures, d.breaker.since, d.breaker.nextAt = health.Failures, health.FailingSince, health.NextAt
		d.breaker.window = 1
	}
}

// read fills the queue from the log while it is short. A stream that is not
// enabled reads control deliveries only; the others are held.
func (d *dispatcher) read(ctx context.Context) error {
	if !d.behind || len(d.queue.waiting) > readAhead/2 {
		return nil
	}
	enabled := d.stream.Status == idp.StreamEnabled
	var control, ordinary []idp.Delivery
	err := d.e.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		// Control deliveries may be far back in the log of a stream with a
		// backlog, and go first all the same.
		if control, err = tx.DeliveriesAfter(d.num, d.position.Floor, readAhead, true); err != nil || !enabled {
			return err
		}
		ordinary, err = tx.DeliveriesAfter(d.num, d.cursor, readAhead, false)
		return err
	})
	if err != nil {
		return err
	}
	d.enqueue(control)
	if !enabled {
		d.behind = false
		return nil
	}
	d.enqueue(ordinary)
	if n := len(ordinary); n > 0 {
		d.cursor = max(d.cursor, ordinary[n-1].Seq)
	}
	d.behind = len(ordinary) == readAhead
	return nil
}

// enqueue adds what is neither settled nor under way.
func (d *dispatcher) enqueue(ds []idp.Delivery) {
	for _, delivery := range ds {
		if _, sent := d.underWay[delivery.Seq]; sent || d.position.Settled(delivery.Seq) {
			continue
		}
		d.queue.add(delivery)
	}
}
