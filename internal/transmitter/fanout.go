// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

const (
	// fanOutBatch is how many signals one transaction takes.
	fanOutBatch = 512
	// fanOutBackstop is how often FanOut looks without being told, and how
	// long it waits after an error.
	fanOutBackstop = time.Second
)

// FanOut makes deliveries from signals: one for each stream that a signal
// concerns, with all that the SET will say but its signature. There must be at
// most one at a time.
type FanOut struct {
	db     idp.DB
	issuer string
	log    *slog.Logger
	// push is handed the deliveries of streams that are pushed, poll is told
	// which of the others have new ones.
	push func([]idp.Delivery)
	poll func(...idp.StreamNum)
	// changed is called when streams may have changed without a delivery.
	changed func()
	// table is the streams as of its version; nil before the first signal.
	table *routeTable
	// generation is the last ConfigGeneration that changed was called for.
	generation uint64
}

// FanOut returns the loop that serves this transmitter's streams. It wakes the
// polls and calls Config.Wake.
func (t *Transmitter) FanOut() *FanOut {
	return &FanOut{db: t.cfg.DB, issuer: t.cfg.BaseURL, log: t.log, changed: t.waiters.wakeAll,
		generation: t.cfg.DB.ConfigGeneration(),
		push:       t.cfg.Wake, poll: t.waiters.wake}
}

// Run fans out until ctx ends, as soon as there is a signal. An error is
// logged and tried again; it never ends the loop.
func (f *FanOut) Run(ctx context.Context) {
	backstop := time.NewTicker(fanOutBackstop)
	defer backstop.Stop()
	for {
		n, err := f.Once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.log.LogAttrs(ctx, slog.LevelError, "fan-out failed", slog.Any("err", err))
		case n > 0:
			continue
		}
		signalled := f.db.Signalled()
		if err != nil {
			signalled = nil // wait for the ticker
		}
		select {
		case <-ctx.Done():
			return
		case <-signalled:
		case <-backstop.C:
			f.noticeChange()
		}
	}
}

// noticeChange ends the wait of polls whose stream an admin changed or
// deleted.
func (f *FanOut) noticeChange() {
	if g := f.db.ConfigGeneration(); g != f.generation {
		f.generation = g
		f.changed()
	}
}

// Once fans out one batch of signals and returns how many there were.
//
// Deliveries and position are one commit: a crash before it changes nothing,
// after it every stream has its deliveries, and only the wake is missing, for
// which delivery has a backstop of its own.
func (f *FanOut) Once(ctx context.Context) (int, error) {
	var pending bool
	err := f.db.View(ctx, func(tx idp.Tx) error {
		position, err := tx.FanOutPosition()
		if err != nil {
			return err
		}
		last, err := tx.LastSignal()
		pending = last > position
		return err
	})
	if err != nil || !pending {
		return 0, err
	}
	var signals []idp.Signal
	var made []idp.Delivery
	err = f.db.Update(ctx, func(tx idp.Tx) error {
		position, err := tx.FanOutPosition()
		if err != nil {
			return err
		}
		if signals, err = tx.SignalsAfter(position, fanOutBatch); err != nil || len(signals) == 0 {
			return err
		}
		if made, err = f.deliveries(ctx, tx, signals); err != nil {
			return err
		}
		if err := tx.AppendDeliveries(made); err != nil {
			return err
		}
		return tx.SetFanOutPosition(signals[len(signals)-1].ID)
	})
	if err != nil {
		return 0, err
	}
	if len(made) > 0 {
		f.tell(made)
	}
	return len(signals), nil
}

// tell wakes whoever delivers.
func (f *FanOut) tell(made []idp.Delivery) {
	var pushed []idp.Delivery
	var polled []idp.StreamNum
	for _, d := range made {
		if f.table.byNum[d.Stream].stream.Method.Pushed() {
			pushed = append(pushed, d)
		} else {
			polled = append(polled, d.Stream)
		}
	}
	f.poll(polled...)
	if len(pushed) > 0 {
		f.push(pushed)
	}
}

// deliveries makes the deliveries of a batch, in the order of the signals.
func (f *FanOut) deliveries(ctx context.Context, tx idp.Tx, signals []idp.Signal) ([]idp.Delivery, error) {
	version, err := tx.ConfigVersion()
	if err != nil {
		return nil, err
	}
	if f.table == nil || f.table.version != version {
		if f.table, err = loadRoutes(tx, version); err != nil {
			f.table = nil
			return nil, err
		}
	}
	made := []idp.Delivery{}
	for _, sig := range signals {
		ds, err := f.fanOut(tx, sig)
		var unsayable *unsayableError
		if errors.As(err, &unsayable) {
			// One signal that no SET can tell must not stop those after it.
			f.log.LogAttrs(ctx, slog.LevelError, "signal left out", slog.Any("signal", sig), slog.Any("err", err))
			continue
		}
		if err != nil {
			return nil, err
		}
		made = append(made, ds...)
	}
	return made, nil
}

// fanOut makes the deliveries of one signal.
func (f *FanOut) fanOut(tx idp.Tx, sig idp.Signal) ([]idp.Delivery, error) {
	var stream idp.StreamID
	if r, ok := f.table.byNum[sig.Stream]; ok {
		stream = r.stream.ID
	}
	p, err := principalOf(sig, f.issuer, stream)
	if err != nil {
		return nil, &unsayableError{err}
	}
	routes, err := f.table.streamsFor(tx, sig, p)
	if err != nil || len(routes) == 0 {
		return nil, err
	}
	said := newSaying(tx, sig, p)
	made := make([]idp.Delivery, 0, len(routes))
	for _, r := range routes {
		payload, ok, err := said.to(r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		made = append(made, idp.Delivery{
			Stream:   r.stream.Num,
			SignalID: sig.ID,
			Type:     sig.Type,
			At:       sig.At,
			OrderKey: orderKey(sig),
			// Receivers refuse an iat in their future, so it is never
			// rounded up.
			IssuedAt:  tx.Now().Unix(),
			Txn:       sig.Txn,
			Payload:   payload,
			Control:   sig.Stream != 0,
			ExpiresAt: tx.Now().Add(r.retention()),
		})
	}
	return made, nil
}

// orderKey is the same for signals whose SETs have to arrive in order: those
// about one user, and the stream-updated ones of a stream. A verification
// stands alone, so that one which is rejected holds nothing up (SSF §8.1.4.2).
func orderKey(sig idp.Signal) int64 {
	h := fnv.New64a()
	switch {
	case sig.Stream == 0:
		h.Write([]byte("user " + sig.Principal.UserID))
	case sig.Type == ssf.TypeVerification:
		h.Write([]byte("signal " + strconv.FormatInt(sig.ID, 10)))
	default:
		h.Write([]byte("stream " + strconv.FormatInt(int64(sig.Stream), 10)))
	}
	return int64(h.Sum64())
}
