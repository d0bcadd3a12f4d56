// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"log/slog"
	"time"
)

const (
	inactiveEvery = 5 * time.Second
	expiredEvery  = time.Minute
)

// RunSweeps calls SweepInactive and SweepExpired at their times until ctx
// ends. An error is logged; the next time makes it good.
func (t *Transmitter) RunSweeps(ctx context.Context) {
	inactive, expired := time.NewTicker(inactiveEvery), time.NewTicker(expiredEvery)
	defer inactive.Stop()
	defer expired.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-inactive.C:
			_, err = t.SweepInactive(ctx)
		case <-expired.C:
			_, err = t.SweepExpired(ctx)
		}
		if err != nil && ctx.Err() == nil {
			t.log.LogAttrs(ctx, slog.LevelError, "sweep failed", slog.Any("err", err))
		}
	}
}
