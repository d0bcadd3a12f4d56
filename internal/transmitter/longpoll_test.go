// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// longPoll begins a long poll; the channel has its answer when it ends.
func (e *env) longPoll(ctx context.Context, s ssf.Stream) <-chan answer {
	done := make(chan answer, 1)
	go func() { done <- e.doContext(ctx, "POST", pollPath(s), read, object{}) }()
	synctest.Wait()
	return done
}

// TestLongPoll is RFC 8936 §2.5 #1. The wait is one minute here.
func TestLongPoll(t *testing.T) {
	waits := func(t *testing.T, done <-chan answer) {
		t.Helper()
		select {
		case a := <-done:
			t.Fatalf("the poll ended with %d %s", a.status, a.body)
		default:
		}
	}
	// ended returns the answer of a poll that must have ended by now.
	ended := func(t *testing.T, done <-chan answer) answer {
		t.Helper()
		synctest.Wait()
		select {
		case a := <-done:
			return a
		default:
			t.Fatal("the poll still waits")
			return answer{}
		}
	}
	t.Run("waits for the timeout and answers empty", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			done := e.longPoll(t.Context(), s)
			time.Sleep(time.Minute - time.Millisecond)
			synctest.Wait()
			waits(t, done)
			time.Sleep(time.Millisecond)
			if a := ended(t, done).want(http.StatusOK); a.body != `{"sets":{}}` {
				t.Errorf("answer = %s", a.body)
			}
		})
	})
	// RFC 8936 §2.2 #3.
	t.Run("returnImmediately does not wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			begin := time.Now()
			e.poll(s, nil)
			if took := time.Since(begin); took != 0 {
				t.Errorf("took %v", took)
			}
		})
	})
	t.Run("answers at once when there is a SET", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			if sets, _ := e.sets(ended(t, e.longPoll(t.Context(), s))); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	t.Run("ends with the first SET", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			done := e.longPoll(t.Context(), s)
			time.Sleep(time.Second)
			e.revoke("ada")
			if sets, _ := e.sets(ended(t, done)); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	t.Run("wakes all that wait and gives the SET to one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			a, b := e.longPoll(t.Context(), s), e.longPoll(t.Context(), s)
			e.revoke("ada")
			synctest.Wait()
			if len(a)+len(b) != 1 {
				t.Fatalf("%d polls ended, want 1", len(a)+len(b))
			}
			e.revoke("bob")
			ended(t, a)
			ended(t, b)
		})
	})
	t.Run("ends with verification while the stream is enabled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			done := e.longPoll(t.Context(), s)
			e.verify(s, "x").want(http.StatusNoContent)
			if sets, _ := e.sets(ended(t, done)); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	t.Run("waits while the stream is paused and ends when it is enabled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.set(s, "paused", "").want(http.StatusOK)
			done := e.longPoll(t.Context(), s)
			e.revoke("ada")
			synctest.Wait()
			waits(t, done)
			e.set(s, "enabled", "").want(http.StatusOK)
			if sets, _ := e.sets(ended(t, done)); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	t.Run("ends with a SET that comes again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.poll(s, nil)
			done := e.longPoll(t.Context(), s)
			time.Sleep(30 * time.Second)
			if sets, _ := e.sets(ended(t, done)); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	t.Run("ends with what another poll's acknowledgement set free", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			e.revoke("ada")
			e.revoke("ada")
			first := e.poll(s, nil)
			done := e.longPoll(t.Context(), s)
			waits(t, done)
			e.poll(s, object{"maxEvents": 0, "ack": ids(first)})
			if sets, _ := e.sets(ended(t, done)); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
	// SSF §8.1.1.5 #3.
	t.Run("ends with 404 when the stream is deleted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			done := e.longPoll(t.Context(), s)
			e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent)
			ended(t, done).wantError(http.StatusNotFound)
		})
	})
	t.Run("ends within a second when an admin deletes the stream", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go e.fan.Run(ctx)
			done := e.longPoll(t.Context(), s)
			e.update(func(tx idp.Tx) error { return tx.DeleteStream(e.stored(s.ID).Num) })
			time.Sleep(time.Second)
			ended(t, done).wantError(http.StatusNotFound)
		})
	})
	t.Run("ends when the program shuts down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			done := e.longPoll(t.Context(), s)
			e.tx.Close()
			ended(t, done).want(http.StatusOK)
		})
	})
	t.Run("ends when the Receiver hangs up, and loses nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.createPoll()
			ctx, cancel := context.WithCancel(t.Context())
			done := e.longPoll(ctx, s)
			cancel()
			ended(t, done)
			e.revoke("ada")
			if sets := e.poll(s, nil); len(sets) != 1 {
				t.Errorf("%d SETs, want 1", len(sets))
			}
		})
	})
}

// TestMaxPolls: one Receiver cannot hold any number of connections.
func TestMaxPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t)
		s, other := e.createPoll(), e.createPoll()
		for range transmitter.MaxPolls {
			e.longPoll(t.Context(), s)
		}
		a := e.do("POST", pollPath(s), read, object{})
		a.wantError(http.StatusTooManyRequests, "too many polls")
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		e.poll(other, nil)
		e.tx.Close()
		synctest.Wait()
		e.poll(s, nil)
	})
}

// TestLongPollDeadlines: the deadlines that a server has for ordinary requests
// do not cut a long poll short.
func TestLongPollDeadlines(t *testing.T) {
	e := newEnvInside(t, func(c *transmitter.Config, _ *idp.SSFProvider) { c.LongPoll = 900 * time.Millisecond })
	s := e.createPoll() // before there are deadlines, which a slow disk may miss
	e.server = httptest.NewUnstartedServer(e.handler)
	e.server.Config.ReadTimeout, e.server.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	e.server.Start()
	t.Cleanup(e.server.Close)
	for range 2 {
		if a := e.do("POST", pollPath(s), read, object{}).want(http.StatusOK); a.body != `{"sets":{}}` {
			t.Errorf("answer = %s", a.body)
		}
	}
}
