// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Swept says what a sweep did.
type Swept struct {
	// Erased is deliveries that were settled and whose retention ended.
	Erased int
	// Expired is deliveries whose retention ended before they were delivered.
	Expired int
	// Signals is signals and attempts that nothing refers to any more.
	Signals int
}

// SweepExpired erases deliveries whose retention ended, and signals and
// attempts that are older than any retention. A delivery that was not settled
// is recorded as expired, except when its endpoint fails and is tried again:
// then its expiration moves to a retention after the last failure.
//
// No transaction writes more than a few hundred rows. Call it every minute.
func (t *Transmitter) SweepExpired(ctx context.Context) (Swept, error) {
	var swept Swept
	var streams []idp.Stream
	var providers []idp.SSFProvider
	err := t.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		if streams, err = tx.Streams(idp.StreamFilter{}); err != nil {
			return err
		}
		providers, err = tx.SSFProviders()
		return err
	})
	if err != nil {
		return swept, err
	}
	retention := make(map[idp.ProviderID]time.Duration)
	keep := max(t.cfg.KeepSignals, idp.LogoutRetention)
	for _, p := range providers {
		retention[p.ID] = p.EventRetention
		keep = max(keep, p.EventRetention)
	}
	for _, s := range streams {
		keepFor := retention[s.ProviderID]
		if s.Method == idp.Logout {
			keepFor = idp.LogoutRetention
		}
		if err := t.sweepStream(ctx, s, keepFor, &swept); err != nil {
			return swept, fmt.Errorf("stream %s: %w", s.ID, err)
		}
	}
	return swept, t.sweepSignals(ctx, keep, &swept)
}

// sweepStream sweeps one stream, a batch per transaction.
func (t *Transmitter) sweepStream(ctx context.Context, s idp.Stream, retention time.Duration, swept *Swept) error {
	for {
		var due []int64
		err := t.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
			due, err = tx.ExpiredDeliveries(s.Num, 1)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		var batch sweep
		err = t.cfg.DB.Update(ctx, func(tx idp.Tx) error {
			batch = sweep{}
			return batch.run(tx, s, retention)
		})
		if err != nil {
			return err
		}
		swept.Erased += len(batch.erased)
		swept.Expired += len(batch.expired)
		if len(batch.expired) > 0 {
			t.log.LogAttrs(ctx, slog.LevelWarn, "deliveries expired", slog.Any("stream", s),
				slog.Int("count", len(batch.expired)))
		}
	}
}

// sweep sorts the expired deliveries of one stream.
type sweep struct {
	erased, expired, kept []int64
}

func (b *sweep) run(tx idp.Tx, s idp.Stream, retention time.Duration) error {
	due, err := tx.ExpiredDeliveries(s.Num, sweepBatch)
	if err != nil {
		return err
	}
	position, err := tx.Position(s.Num)
	if err != nil {
		return err
	}
	retries, err := tx.Exceptions(s.Num, idp.Retry)
	if err != nil {
		return err
	}
	retryAt := make(map[int64]time.Time)
	for _, e := range retries {
		retryAt[e.Seq] = e.At
	}
	health, err := tx.Health(s.Num)
	if err != nil {
		return err
	}
	keepUntil := tx.Now()
	for _, seq := range due {
		rejectedAt, isRetry := retryAt[seq]
		triedAt := rejectedAt
		if !isRetry && s.Method.Pushed() && health.Failures > 0 {
			triedAt = health.FailedAt
		}
		open := isRetry || !position.Settled(seq)
		switch {
		case open && !triedAt.IsZero() && triedAt.Add(retention).After(tx.Now()):
			b.kept = append(b.kept, seq)
			keepUntil = later(keepUntil, triedAt.Add(retention))
		case open:
			b.expired = append(b.expired, seq)
		default:
			b.erased = append(b.erased, seq)
		}
	}
	if err := tx.ExtendDeliveries(s.Num, b.kept, keepUntil); err != nil {
		return err
	}
	return b.erase(tx, s.Num, &position)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// erase settles what expired, with a record, and deletes it with the rest. A
// crash before the commit repeats it all; after it there is nothing to repeat.
func (b *sweep) erase(tx idp.Tx, num idp.StreamNum, position *idp.Position) error {
	if len(b.expired) > 0 {
		for _, seq := range b.expired {
			position.Settle(seq)
		}
		if err := tx.SetPosition(num, *position); err != nil {
			return err
		}
		if err := tx.DeleteHandouts(num, b.expired); err != nil {
			return err
		}
		if err := tx.AppendAttempts(attemptRuns(b.expired, idp.Attempt{Stream: num, At: tx.Now(), Outcome: idp.Expired})); err != nil {
			return err
		}
	}
	all := append(b.erased, b.expired...)
	for _, seq := range all {
		if err := tx.DeleteException(num, seq); err != nil {
			return err
		}
	}
	b.erased = all[:len(b.erased)]
	return tx.DeleteDeliveries(num, all)
}

// attemptRuns makes one attempt of each run of consecutive numbers; seqs is
// ascending.
func attemptRuns(seqs []int64, like idp.Attempt) []idp.Attempt {
	var runs []idp.Attempt
	for _, seq := range seqs {
		if n := len(runs); n > 0 && runs[n-1].To == seq-1 {
			runs[n-1].To = seq
			continue
		}
		like.From, like.To = seq, seq
		runs = append(runs, like)
	}
	return runs
}

func (t *Transmitter) sweepSignals(ctx context.Context, keep time.Duration, swept *Swept) error {
	for {
		var n int
		err := t.cfg.DB.Update(ctx, func(tx idp.Tx) (err error) {
			n, err = tx.SweepSignals(tx.Now().Add(-keep), sweepBatch)
			return err
		})
		swept.Signals += n
		if err != nil || n < sweepBatch {
			return err
		}
	}
}
