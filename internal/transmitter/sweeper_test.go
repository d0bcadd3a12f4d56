// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestRunSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t, withTimeout)
		s := e.createPoll()
		e.revoke("ada")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			e.tx.RunSweeps(ctx)
		}()
		time.Sleep(time.Minute + slack)
		synctest.Wait()
		if got := e.stored(s.ID).Status; got != idp.StreamPaused {
			t.Errorf("status = %s, want paused", got)
		}
		time.Sleep(day)
		synctest.Wait()
		if ds := e.deliveries(s.ID); len(ds) != 0 {
			t.Errorf("deliveries = %v, want none", ds)
		}
		cancel()
		<-done
	})
}
