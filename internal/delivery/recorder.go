// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// record is what became of some deliveries of one stream since the last
// flush.
type record struct {
	// acknowledged are single deliveries; flush merges neighbours.
	acknowledged []idp.Attempt
	// others are attempts that did not end well.
	others []idp.Attempt
	// settled are the sequence numbers to settle in the position.
	settled []int64
	// raised and resolved are exceptions to write and to delete.
	raised   []idp.Exception
	resolved []int64
	// extended are deliveries to keep until extendTo.
	extended []int64
	extendTo time.Time
	health   *idp.StreamHealth
}

func (r *record) merge(later *record) {
	r.acknowledged = append(r.acknowledged, later.acknowledged...)
	r.others = append(r.others, later.others...)
	r.settled = append(r.settled, later.settled...)
	r.raised = append(r.raised, later.raised...)
	r.resolved = append(r.resolved, later.resolved...)
	r.extended = append(r.extended, later.extended...)
	if later.extendTo.After(r.extendTo) {
		r.extendTo = later.extendTo
	}
	if later.health != nil {
		r.health = later.health
	}
}

// recorder writes records in groups: one transaction for all streams.
type recorder struct {
	db     idp.DB
	log    *slog.Logger
	every  time.Duration
	atOnce int

	kick chan struct{}
	full chan struct{}

	// flushing is held by the one flush that runs, over its transaction.
	flushing sync.Mutex

	// mu guards the members below, for the moments of adding and taking.
	mu      sync.Mutex
	pending map[idp.StreamNum]*record
	size    int
	// writing names the streams of the flush that runs.
	writing map[idp.StreamNum]*record
}

func newRecorder(db idp.DB, log *slog.Logger, every time.Duration, atOnce int) *recorder {
	return &recorder{
		db: db, log: log, every: every, atOnce: atOnce,
		kick: make(chan struct{}, 1), full: make(chan struct{}, 1),
		pending: make(map[idp.StreamNum]*record),
	}
}

// add notes what fill puts into the stream's record.
func (r *recorder) add(num idp.StreamNum, fill func(*record)) {
	r.mu.Lock()
	rec := r.pending[num]
	if rec == nil {
		rec = new(record)
		r.pending[num] = rec
	}
	fill(rec)
	r.size++
	full := r.size >= r.atOnce
	r.mu.Unlock()
	signal(r.kick)
	if full {
		signal(r.full)
	}
}

// signal wakes a loop that will look by itself; one waiting token is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// clean reports whether all that is known of the stream is in the database.
func (r *recorder) clean(num idp.StreamNum) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pending[num] == nil && r.writing[num] == nil
}

// run flushes until ctx ends, and once more then.
func (r *recorder) run(ctx context.Context) {
	for {
		select {
		case <-r.kick:
		case <-ctx.Done():
			r.flushAll(context.WithoutCancel(ctx))
			return
		}
		group := time.NewTimer(r.every)
		select {
		case <-group.C:
		case <-r.full:
		case <-ctx.Done():
		}
		group.Stop()
		r.flushAll(ctx)
	}
}

// flushAll flushes and tries again while the database fails. What cannot be
// written stays pending; deliveries go on meanwhile.
func (r *recorder) flushAll(ctx context.Context) {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := r.flush(ctx)
		if err == nil {
			return
		}
		r.log.Error("delivery records not written; trying again", "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// flush writes what is pending in one transaction. A crash before the commit
// repeats these deliveries; a crash after it repeats none of them. When the
// commit's outcome is unknown the records are written again: settling and
// exceptions are idempotent, an attempt may then show twice.
func (r *recorder) flush(ctx context.Context) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	taken := r.pending
	r.pending, r.writing, r.size = make(map[idp.StreamNum]*record), taken, 0
	r.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	// What was acknowledged is written also while the program stops.
	err := r.db.Update(context.WithoutCancel(ctx), func(tx idp.Tx) error { return writeRecords(tx, taken) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing = nil
	if err == nil {
		return nil
	}
	for num, rec := range taken {
		if since := r.pending[num]; since != nil {
			rec.merge(since)
		}
		r.pending[num] = rec
	}
	signal(r.kick)
	return err
}

func writeRecords(tx idp.Tx, records map[idp.StreamNum]*record) error {
	var attempts []idp.Attempt
	for num, rec := range records {
		switch err := rec.write(tx, num); {
		case errors.Is(err, idp.ErrNotFound):
			continue // The stream was deleted meanwhile; so is its history.
		case err != nil:
			return err
		}
		attempts = append(attempts, mergeRuns(rec.acknowledged)...)
		attempts = append(attempts, rec.others...)
	}
	if len(attempts) == 0 {
		return nil
	}
	return tx.AppendAttempts(attempts)
}

// write stores all but the attempts. The position is read again here, because
// disabling the stream may have moved it.
func (r *record) write(tx idp.Tx, num idp.StreamNum) error {
	if _, err := tx.StreamByNum(num); err != nil {
		return err
	}
	if len(r.settled) > 0 {
		p, err := tx.Position(num)
		if err != nil {
			return err
		}
		for _, seq := range r.settled {
			p.Settle(seq)
		}
		if err := tx.SetPosition(num, p); err != nil {
			return err
		}
	}
	if len(r.extended) > 0 {
		if err := tx.ExtendDeliveries(num, r.extended, r.extendTo); err != nil {
			return err
		}
	}
	for _, e := range r.raised {
		if err := tx.PutException(e); err != nil {
			return err
		}
	}
	for _, seq := range r.resolved {
		if err := tx.DeleteException(num, seq); err != nil {
			return err
		}
	}
	if r.health != nil {
		return tx.PutHealth(*r.health)
	}
	return nil
}

// mergeRuns joins attempts with consecutive Seq and the same status to one.
func mergeRuns(attempts []idp.Attempt) []idp.Attempt {
	slices.SortFunc(attempts, func(a, b idp.Attempt) int { return cmp.Compare(a.From, b.From) })
	var runs []idp.Attempt
	for _, a := range attempts {
		last := len(runs) - 1
		if last >= 0 && runs[last].To+1 == a.From && runs[last].Status == a.Status {
			runs[last].To = a.To
			runs[last].Took = max(runs[last].Took, a.Took)
			runs[last].At = later(runs[last].At, a.At)
			continue
		}
		runs = append(runs, a)
	}
	return runs
}
