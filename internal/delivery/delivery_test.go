// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestPush checks the request (RFC 8935 §2.1, SSF §6.1.1) and that what is
// acknowledged is recorded.
func TestPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)

		wantOnceInOrder(t, w.receiver.taken(), 1)
		req := w.receiver.requests[0]
		for header, want := range map[string]string{
			"Content-Type": "application/secevent+jwt", "Accept": "application/json", "Authorization": "Bearer  x y",
		} {
			if got := req.Header.Get(header); got != want {
				t.Errorf("%s = %q, want %q", header, got, want)
			}
		}
		if req.Method != http.MethodPost || req.URL.String() != w.stream.EndpointURL {
			t.Errorf("request = %s %s, want POST %s", req.Method, req.URL, w.stream.EndpointURL)
		}
		w.wantSettled(1)
		w.view(func(tx idp.Tx) error {
			attempts, err := tx.Attempts(w.stream.Num, 10)
			if len(attempts) != 1 || attempts[0].Outcome != idp.Acknowledged || attempts[0].Status != 202 {
				t.Errorf("attempts = %+v, want one acknowledged with 202", attempts)
			}
			return err
		})
	})
}

func TestPushWithoutAuthorization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.update(func(tx idp.Tx) error {
			w.stream.Authorization = idp.Secret{}
			return tx.UpdateStream(w.stream)
		})
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)
		if _, has := w.receiver.requests[0].Header["Authorization"]; has {
			t.Error("an Authorization header was sent though none is configured (SSF §6.1.1)")
		}
	})
}

func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const n = 1500
		users := make([]int64, n)
		for i := range users {
			users[i] = int64(i % 7)
		}
		w.emit(w.stream, users...)
		w.run()
		w.settle(5 * time.Second)
		wantOnceInOrder(t, w.receiver.taken(), n)
		w.wantSettled(n)
	})
}

// TestOutage is a Receiver that is away for two minutes: it gets everything
// afterwards, in order, once, and what was tried is kept for longer.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.receiver.set(down)
		w.emit(w.stream, 1, 2, 1, 2, 3)
		w.settle(time.Minute)
		w.emit(w.stream, 1, 2, 3)
		w.settle(time.Minute)
		if probes := len(w.receiver.requests); probes > 60 {
			t.Errorf("%d requests to an endpoint that is down for two minutes, want few", probes)
		}
		w.view(func(tx idp.Tx) error {
			first, err := tx.Delivery(w.stream.Num, 1)
			if moved := first.ExpiresAt.Sub(first.At.Add(retention)); moved < 30*time.Second {
				t.Errorf("expiration moved by %v, want with the last attempt", moved)
			}
			h, _ := tx.Health(w.stream.Num)
			if h.Failures == 0 || h.Err != "connection" || h.NextAt.IsZero() {
				t.Errorf("health = %+v, want failures with a next attempt", h)
			}
			return err
		})

		w.receiver.set(nil)
		w.settle(time.Minute)
		wantOnceInOrder(t, w.receiver.taken(), 8)
		w.wantSettled(8)
		w.view(func(tx idp.Tx) error {
			h, err := tx.Health(w.stream.Num)
			if h.Failures != 0 || h.LastOKAt.IsZero() {
				t.Errorf("health = %+v, want none failing", h)
			}
			return err
		})
	})
}

// TestLostAnswers loses the answers, not the requests: the Receiver
// gets the SET again, the same one.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var got []string
		w.receiver.set(func(set string, _ *http.Request) (*http.Response, error) {
			got = append(got, set)
			if len(got) <= 2 {
				return nil, errDown
			}
			return reply(202, ""), nil
		})
		w.run()
		w.emit(w.stream, 1, 1)
		w.settle(time.Minute)
		if len(got) != 4 || got[0] != got[1] || got[1] != got[2] || !strings.Contains(got[3], "/2/") {
			t.Errorf("requests = %q, want the first SET three times and then the second", got)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(func(string, *http.Request) (*http.Response, error) {
			resp := reply(429, "")
			resp.Header.Set("Retry-After", "90")
			return resp, nil
		})
		w.run()
		w.emit(w.stream, 1)
		w.settle(89 * time.Second)
		if n := len(w.receiver.requests); n != 1 {
			t.Errorf("%d requests within Retry-After, want 1", n)
		}
		w.receiver.set(nil)
		w.settle(5 * time.Second)
		wantOnceInOrder(t, w.receiver.taken(), 1)
	})
}

// TestRejected is a Receiver that finds one SET bad: it is tried again on its
// own, later SETs about the same user wait, others do not, and in the end it
// is a dead letter and the user's SETs flow again.
func TestRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		rejections := 0
		w.receiver.set(func(set string, _ *http.Request) (*http.Response, error) {
			if strings.Contains(set, "/1/") {
				rejections++
				return reply(400, `{"err":"invalid_request","description":"no such event"}`), nil
			}
			return reply(202, ""), nil
		})
		w.run()
		w.emit(w.stream, 1, 1, 2)
		w.settle(30 * time.Second)
		if got := w.receiver.taken(); len(got) != 1 || !strings.Contains(got[0], "/3/") {
			t.Errorf("arrived %q, want only the other user's", got)
		}
		w.settle(70 * time.Minute)
		if rejections != 6 {
			t.Errorf("the bad SET was tried %d times, want 6", rejections)
		}
		if got := w.receiver.taken(); len(got) != 2 {
			t.Errorf("arrived %q, want the user's later SET after the dead letter", got)
		}
		w.wantSettled(3)
		w.view(func(tx idp.Tx) error {
			dead, err := tx.Exceptions(w.stream.Num, idp.DeadLetter)
			if len(dead) != 1 || dead[0].Seq != 1 || dead[0].Detail != "no such event" || dead[0].Tries != 6 {
				t.Errorf("dead letters = %+v, want delivery 1 with the Receiver's words", dead)
			}
			return err
		})
	})
}

// TestRejectedThenTaken is the same with a Receiver that is mended meanwhile.
func TestRejectedThenTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(func(string, *http.Request) (*http.Response, error) {
			return reply(400, `{"err":"invalid_request","description":""}`), nil
		})
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)
		w.emit(w.stream, 1)
		w.stop() // The exception outlives the process.
		w.receiver.set(nil)
		w.run()
		w.settle(2 * time.Minute)
		wantOnceInOrder(t, w.receiver.taken(), 2)
		w.view(func(tx idp.Tx) error {
			left, err := tx.Exceptions(w.stream.Num, idp.Retry)
			if len(left) != 0 {
				t.Errorf("exceptions = %+v, want none", left)
			}
			return err
		})
	})
}

func TestInvalidStateIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(func(string, *http.Request) (*http.Response, error) {
			return reply(400, `{"err":"invalid_state","description":"another state"}`), nil
		})
		w.run()
		w.deliver(w.stream, true, 1)
		w.settle(10 * time.Minute)
		if n := len(w.receiver.requests); n != 1 {
			t.Errorf("%d requests, want 1: the same SET cannot become right", n)
		}
	})
}

func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(func(string, *http.Request) (*http.Response, error) { return reply(410, ""), nil })
		w.run()
		w.emit(w.stream, 1)
		w.settle(10 * time.Minute)
		if len(w.paused) != 1 || len(w.receiver.requests) != 1 {
			t.Errorf("paused %q after %d requests, want once after one", w.paused, len(w.receiver.requests))
		}
		w.receiver.set(nil)
		w.setStatus(idp.StreamEnabled)
		w.settle(5 * time.Second)
		wantOnceInOrder(t, w.receiver.taken(), 1)
	})
}

// TestPaused holds ordinary deliveries, in memory or not, lets control ones
// pass, and sends what was held in order (SSF §8.1.2.1).
func TestPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)
		w.setStatus(idp.StreamPaused)
		w.emit(w.stream, 1, 2, 1)
		w.deliver(w.stream, true, 99)
		w.settle(time.Minute)
		if got := w.receiver.taken(); len(got) != 2 || !strings.HasSuffix(got[1], "/5/99") {
			t.Errorf("arrived %q, want the first and the control delivery", got)
		}
		w.setStatus(idp.StreamEnabled)
		w.settle(5 * time.Second)
		wantOnceInOrder(t, w.receiver.taken(), 5)
		w.wantSettled(5)
	})
}

// TestEndpointMended ends the pause of a failing stream when its Receiver
// changes the endpoint.
func TestEndpointMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(func(_ string, req *http.Request) (*http.Response, error) {
			if req.URL.Host == "one.example.com" {
				return reply(503, ""), nil
			}
			return reply(202, ""), nil
		})
		w.run()
		w.emit(w.stream, 1, 2)
		w.settle(20 * time.Minute)
		w.update(func(tx idp.Tx) error {
			w.stream.EndpointURL = "https://two.example.com/events"
			return tx.UpdateStream(w.stream)
		})
		w.settle(2 * time.Second)
		wantOnceInOrder(t, w.receiver.taken(), 2)
	})
}

// TestHangingStream leaves other streams alone.
func TestHangingStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := w.newStream("https://two.example.com/events")
		release := make(chan struct{})
		w.receiver.set(func(_ string, req *http.Request) (*http.Response, error) {
			if req.URL.Host == "one.example.com" {
				<-release
			}
			return reply(202, ""), nil
		})
		w.run()
		users := make([]int64, 100)
		for i := range users {
			users[i] = int64(i)
		}
		w.emit(w.stream, users...)
		w.emit(other, users...)
		w.settle(time.Second)
		if got := len(w.receiver.taken()); got != 100 {
			t.Errorf("%d SETs of the healthy stream arrived, want 100", got)
		}
		close(release)
		w.settle(5 * time.Second)
		if got := len(w.receiver.taken()); got != 200 {
			t.Errorf("%d SETs arrived, want 200", got)
		}
	})
}

func TestDeletedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.receiver.set(down)
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)
		w.update(func(tx idp.Tx) error { return tx.DeleteStream(w.stream.Num) })
		w.receiver.set(nil)
		w.settle(10 * time.Minute)
		if got := w.receiver.taken(); len(got) != 0 {
			t.Errorf("arrived %q after the stream was deleted, want none", got)
		}
	})
}
