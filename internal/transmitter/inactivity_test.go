// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

func withTimeout(_ *transmitter.Config, p *idp.SSFProvider) { p.InactivityTimeout = time.Minute }

// slack is how much later than its timeout a stream may be paused.
const slack = 10 * time.Second

func (e *env) sweepInactive() int {
	e.t.Helper()
	n, err := e.tx.SweepInactive(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	e.fanOut()
	return n
}

func TestInactivity(t *testing.T) {
	// SSF §8.1.1 #16, #19.
	t.Run("pauses and tells the Receiver", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t, withTimeout)
			s := e.createPoll()
			time.Sleep(time.Minute)
			if n := e.sweepInactive(); n != 0 || e.stored(s.ID).Status != idp.StreamEnabled {
				t.Fatalf("%d streams were paused too soon", n)
			}
			time.Sleep(slack)
			if n := e.sweepInactive(); n != 1 {
				t.Fatalf("SweepInactive = %d, want 1", n)
			}
			got := decode[ssf.Status](e.do("GET", "status?stream_id="+s.ID, read, nil))
			if got.Status != ssf.StreamPaused || got.Reason != "inactivity" {
				t.Errorf("status = %+v", got)
			}
			sets := e.poll(s, nil)
			if len(sets) != 1 || updated(t, sets[0]) != (ssf.StreamUpdated{Status: ssf.StreamPaused, Reason: "inactivity"}) {
				t.Errorf("SETs = %v", sets)
			}
			if n := e.sweepInactive(); n != 0 {
				t.Errorf("a paused stream was paused again")
			}
			// The Receiver is back.
			e.set(s, "enabled", "").want(http.StatusOK)
			time.Sleep(time.Minute)
			if n := e.sweepInactive(); n != 0 {
				t.Error("enabling did not count as activity")
			}
		})
	})
	t.Run("never without a timeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			e.createPoll()
			time.Sleep(1000 * time.Hour)
			if n := e.sweepInactive(); n != 0 {
				t.Errorf("SweepInactive = %d", n)
			}
		})
	})
	// SSF §8.1.1 #17, #20.
	for name, act := range map[string]func(*env, ssf.Stream) answer{
		"read":     func(e *env, s ssf.Stream) answer { return e.do("GET", "streams?stream_id="+s.ID, read, nil) },
		"list":     func(e *env, _ ssf.Stream) answer { return e.do("GET", "streams", read, nil) },
		"update":   func(e *env, s ssf.Stream) answer { return e.patch(s, object{}) },
		"replace":  func(e *env, s ssf.Stream) answer { return e.do("PUT", "streams", manage, s) },
		"status":   func(e *env, s ssf.Stream) answer { return e.do("GET", "status?stream_id="+s.ID, read, nil) },
		"set":      func(e *env, s ssf.Stream) answer { return e.set(s, "enabled", "") },
		"add":      func(e *env, s ssf.Stream) answer { return e.add(s, opaque("x")) },
		"remove":   func(e *env, s ssf.Stream) answer { return e.remove(s, opaque("x")) },
		"verify":   func(e *env, s ssf.Stream) answer { return e.verify(s, "x") },
		"poll":     func(e *env, s ssf.Stream) answer { return e.do("POST", pollPath(s), read, object{"maxEvents": 0}) },
		"mismatch": func(e *env, s ssf.Stream) answer { return e.patch(s, object{"iss": "wrong"}) },
	} {
		t.Run(name+" restarts the timeout", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnvInside(t, withTimeout)
				s := e.createPoll()
				for range 3 {
					time.Sleep(time.Minute - time.Second)
					act(e, s)
					if n := e.sweepInactive(); n != 0 {
						t.Fatalf("the stream was paused")
					}
				}
				time.Sleep(time.Minute + slack)
				if n := e.sweepInactive(); n != 1 {
					t.Errorf("SweepInactive = %d, want 1", n)
				}
			})
		})
	}
	for name, act := range map[string]func(*env, ssf.Stream) answer{
		"an unauthorized call":  func(e *env, s ssf.Stream) answer { return e.do("GET", "streams?stream_id="+s.ID, "bad", nil) },
		"another's call":        func(e *env, s ssf.Stream) answer { return e.do("GET", "streams?stream_id="+s.ID, otherManage, nil) },
		"a call without stream": func(e *env, _ ssf.Stream) answer { return e.do("POST", "status", manage, object{}) },
		"another stream":        func(e *env, _ ssf.Stream) answer { return e.do("POST", "streams", manage, object{}) },
		"a push stream's delivery": func(e *env, _ ssf.Stream) answer {
			e.revoke("ada")
			return answer{}
		},
	} {
		t.Run(name+" does not count", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnvInside(t, withTimeout)
				s := e.createPush()
				time.Sleep(time.Minute)
				act(e, s)
				time.Sleep(slack)
				e.sweepInactive()
				if got := e.stored(s.ID).Status; got != idp.StreamPaused {
					t.Errorf("status = %s, want paused", got)
				}
			})
		})
	}
	// Calls shortly after one another write once, and are not forgotten.
	t.Run("a call in the slack still counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t, withTimeout)
			s := e.createPoll()
			time.Sleep(4 * time.Second)
			e.read(s)
			if at := e.stored(s.ID).ActiveAt; time.Since(at) != 4*time.Second {
				t.Errorf("a call after 4 s was written: %v", at)
			}
			time.Sleep(time.Minute)
			if n := e.sweepInactive(); n != 0 {
				t.Error("paused a minute after the last call")
			}
		})
	})
}
