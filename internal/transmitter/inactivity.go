// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// touchEvery is how old the record of the last activity may get before
	// another activity renews it. A stream is paused so much later than its
	// timeout says, and never sooner (SSF §8.1.1).
	touchEvery = 5 * time.Second
	// ReasonInactivity is the reason of a stream that was paused because its
	// Receiver was not heard of.
	ReasonInactivity = "inactivity"
	// sweepBatch is how many rows one transaction of a sweep writes.
	sweepBatch = 200
)

// touch records that the Receiver was active on the streams that a call
// referred to and may see. That the call was refused otherwise does not
// matter: the Receiver is there (SSF §8.1.1).
//
// It is a transaction of its own, and only when the record is old, so that
// reading a stream does not cost a write each time. When it fails the call
// does not: the next one tries again.
func (t *Transmitter) touch(c *call) {
	now := time.Now()
	stale := make([]idp.StreamNum, 0, len(c.seen))
	for _, s := range c.seen {
		if now.Sub(s.ActiveAt) >= touchEvery {
			stale = append(stale, s.Num)
		}
	}
	if len(stale) == 0 {
		return
	}
	// The Receiver may have hung up; it was active all the same.
	ctx := context.WithoutCancel(c.ctx)
	err := t.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		for _, num := range stale {
			if err := tx.TouchStream(num, time.Time{}); err != nil && !errors.Is(err, idp.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.log.LogAttrs(ctx, slog.LevelWarn, "activity not recorded", slog.Any("err", err))
	}
}

// SweepInactive pauses enabled streams whose Receiver was not heard of for the
// provider's inactivity timeout, and tells them so (SSF §8.1.1). It returns how
// many it paused. Call it every few seconds.
func (t *Transmitter) SweepInactive(ctx context.Context) (int, error) {
	var paused []idp.Stream
	err := t.cfg.DB.View(ctx, func(tx idp.Tx) error {
		due, err := inactiveStreams(tx)
		paused = due
		return err
	})
	if err != nil || len(paused) == 0 {
		return 0, err
	}
	err = t.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		due, err := inactiveStreams(tx)
		if err != nil {
			return err
		}
		paused = paused[:0]
		for _, s := range due {
			if s, _, err = SetStatus(ctx, tx, idp.System(), s, idp.StreamPaused, ReasonInactivity); err != nil {
				return err
			}
			paused = append(paused, s)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, s := range paused {
		t.log.LogAttrs(ctx, slog.LevelInfo, "stream paused", slog.Any("stream", s), slog.Time("active_at", s.ActiveAt))
		t.Wake(s.Num)
	}
	return len(paused), nil
}

// inactiveStreams returns the streams to pause now. The database says whose
// record is too old; the record may be behind the truth by touchEvery.
func inactiveStreams(tx idp.Tx) ([]idp.Stream, error) {
	streams, err := tx.InactiveStreams(sweepBatch)
	if err != nil {
		return nil, err
	}
	due := streams[:0]
	for _, s := range streams {
		provider, err := tx.SSFProvider(s.ProviderID)
		if err != nil {
			return nil, err
		}
		if tx.Now().Sub(s.ActiveAt) >= provider.InactivityTimeout+touchEvery {
			due = append(due, s)
		}
	}
	return due, nil
}
