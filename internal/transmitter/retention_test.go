// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

func (e *env) sweep() transmitter.Swept {
	e.t.Helper()
	swept, err := e.tx.SweepExpired(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	return swept
}

// day is the retention of the tests' provider.
const day = 24 * time.Hour

func TestRetention(t *testing.T) {
	t.Run("what was acknowledged is kept until it expires", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.poll(s, object{"ack": ids(e.poll(s, nil))})
			time.Sleep(day - time.Second)
			if got := e.sweep(); got != (transmitter.Swept{}) || len(e.deliveries(s.ID)) != 1 {
				t.Fatalf("sweep before the time = %+v", got)
			}
			time.Sleep(time.Second)
			if got := e.sweep(); got != (transmitter.Swept{Erased: 1}) || len(e.deliveries(s.ID)) != 0 {
				t.Errorf("sweep = %+v, want 1 erased", got)
			}
		})
	})
	t.Run("what nobody fetched expires, with a record", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.revoke("bob")
			time.Sleep(day)
			if got := e.sweep(); got != (transmitter.Swept{Expired: 2}) {
				t.Errorf("sweep = %+v, want 2 expired", got)
			}
			e.revoke("cyd")
			if sets := e.poll(s, nil); len(sets) != 1 {
				t.Errorf("%d SETs afterwards, want 1", len(sets))
			}
			e.view(func(tx idp.Tx) error {
				attempts, err := tx.Attempts(e.stored(s.ID).Num, 10)
				if len(attempts) != 1 || attempts[0].Outcome != idp.Expired || attempts[0].From != 1 || attempts[0].To != 2 {
					t.Errorf("attempts = %+v", attempts)
				}
				return err
			})
		})
	})
	t.Run("returning a SET again moves its expiration", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.poll(s, nil)
			time.Sleep(day - time.Hour)
			e.poll(s, nil)
			time.Sleep(day - time.Hour)
			if got := e.sweep(); got != (transmitter.Swept{}) {
				t.Fatalf("sweep = %+v", got)
			}
			time.Sleep(time.Hour)
			if got := e.sweep(); got != (transmitter.Swept{Expired: 1}) {
				t.Errorf("sweep = %+v, want 1 expired", got)
			}
			e.view(func(tx idp.Tx) error {
				out, err := tx.Handouts(e.stored(s.ID).Num)
				if len(out) != 0 {
					t.Errorf("handouts = %v", out)
				}
				return err
			})
		})
	})
	t.Run("what a failing endpoint has not taken is kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPush()
			num := e.stored(s.ID).Num
			for range 300 {
				e.signal(caep.TypeSessionRevoked, ada)
			}
			e.fanOut()
			e.update(func(tx idp.Tx) error {
				return errors.Join(tx.SetPosition(num, idp.Position{Floor: 250}),
					tx.PutHealth(idp.StreamHealth{Stream: num, Failures: 3, FailedAt: tx.Now().Add(23 * time.Hour)}))
			})
			time.Sleep(day)
			if got := e.sweep(); got != (transmitter.Swept{Erased: 250}) || len(e.deliveries(s.ID)) != 50 {
				t.Fatalf("sweep = %+v and %d deliveries, want 250 erased and 50", got, len(e.deliveries(s.ID)))
			}
			time.Sleep(23 * time.Hour)
			if got := e.sweep(); got != (transmitter.Swept{Expired: 50}) {
				t.Errorf("sweep a retention after the last failure = %+v, want 50 expired", got)
			}
		})
	})
	t.Run("what is tried again after a rejection is kept, a dead letter is not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			for i, code := range []string{"invalid_request", "invalid_key"} {
				e.revoke("user" + code)
				time.Sleep(time.Duration(i) * time.Hour)
				e.poll(s, object{"setErrs": object{e.poll(s, nil)[0].ID: object{"err": code}}})
			}
			time.Sleep(day - time.Minute)
			if got := e.sweep(); got != (transmitter.Swept{Erased: 1}) {
				t.Errorf("sweep = %+v, want the dead letter erased", got)
			}
			time.Sleep(time.Hour)
			if got := e.sweep(); got != (transmitter.Swept{Expired: 1}) {
				t.Errorf("sweep = %+v, want the other expired", got)
			}
			e.view(func(tx idp.Tx) error {
				num := e.stored(s.ID).Num
				dead, err := tx.Exceptions(num, idp.DeadLetter)
				retries, err2 := tx.Exceptions(num, idp.Retry)
				if len(dead)+len(retries) > 0 {
					t.Errorf("exceptions = %v, %v", dead, retries)
				}
				return errors.Join(err, err2)
			})
		})
	})
	t.Run("signals go after everything that refers to them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.poll(s, object{"ack": ids(e.poll(s, nil))})
			time.Sleep(day)
			e.sweep()
			time.Sleep(28 * day)
			if got := e.sweep(); got != (transmitter.Swept{}) {
				t.Errorf("sweep before KeepSignals = %+v", got)
			}
			time.Sleep(2 * day)
			if got := e.sweep(); got.Signals == 0 {
				t.Errorf("sweep = %+v, want signals erased", got)
			}
			e.view(func(tx idp.Tx) error {
				signals, err := tx.SignalsAfter(0, 10)
				if len(signals) != 0 {
					t.Errorf("signals = %v", signals)
				}
				return err
			})
		})
	})
	t.Run("held SETs expire too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.set(s, "paused", "")
			e.revoke("ada")
			time.Sleep(day)
			if got := e.sweep(); got.Expired != 1 {
				t.Errorf("sweep = %+v", got)
			}
			if st := decode[ssf.Status](e.do("GET", "status?stream_id="+s.ID, read, nil)); st.Status != ssf.StreamPaused {
				t.Errorf("status = %+v", st)
			}
		})
	})
}
