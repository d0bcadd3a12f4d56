// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// verify requests verification with a state and fans out.
func (e *env) verify(s ssf.Stream, state any) answer {
	e.t.Helper()
	body := object{"stream_id": s.ID}
	if state != nil {
		body["state"] = state
	}
	a := e.do("POST", "verify", manage, body)
	e.fanOut()
	return a
}

// verification is the event of a verification SET.
func verification(t *testing.T, set *secevent.Token) ssf.Verification {
	t.Helper()
	typ, payload := set.Event()
	event, err := ssf.ParseEvent(typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := event.(ssf.Verification)
	if !ok {
		t.Fatalf("event = %T, want a verification", event)
	}
	return v
}

func TestVerification(t *testing.T) {
	e := newEnv(t)

	// SSF §8.1.4.2 #2, §8.1.4.1 #1, #2.
	t.Run("answers 204 and sends a SET about the stream", func(t *testing.T) {
		s := e.createPoll()
		if a := e.verify(s, "VGhpcyBpcyBhIHN0YXRl").want(http.StatusNoContent); a.body != "" {
			t.Errorf("body = %q", a.body)
		}
		sets := e.poll(s, nil)
		if len(sets) != 1 || sets[0].Type() != ssf.TypeVerification || !cmp.Equal(sets[0].Subject, ssf.StreamSubject(s.ID)) {
			t.Fatalf("SETs = %v", sets)
		}
		if len(sets[0].Events) != 1 || sets[0].Txn == "" || sets[0].IssuedAt.After(time.Now()) {
			t.Errorf("SET = %+v", sets[0])
		}
	})
	// SSF §8.1.4.2 #3.
	t.Run("echoes the state byte for byte", func(t *testing.T) {
		s := e.createPoll()
		for _, state := range []string{"", "é\u2028\U0001f511<&>\"\\/", " \t\r\n\x00\x7f", "\ufffd"} {
			e.verify(s, state).want(http.StatusNoContent)
			sets := e.poll(s, nil)
			if len(sets) != 1 {
				t.Fatalf("%d SETs for the state %q", len(sets), state)
			}
			if got := verification(t, sets[0]).State; got == nil || *got != state {
				t.Errorf("state = %v, want %q", got, state)
			}
			e.poll(s, object{"ack": ids(sets)})
		}
	})
	t.Run("without a state there is none", func(t *testing.T) {
		s := e.createPoll()
		e.verify(s, nil).want(http.StatusNoContent)
		if v := verification(t, e.poll(s, nil)[0]); v.State != nil {
			t.Errorf("state = %q", *v.State)
		}
	})
	t.Run("refuses what cannot be echoed", func(t *testing.T) {
		s := e.createPoll()
		for _, body := range []string{`{"stream_id":"` + s.ID + `","state":"\ud800"}`, `{"stream_id":"` + s.ID + `","state":5}`,
			`{"stream_id":"` + s.ID + `","state":null}`, "{\"stream_id\":\"" + s.ID + "\",\"state\":\"\xff\"}"} {
			e.do("POST", "verify", manage, body).wantError(http.StatusBadRequest)
		}
		e.do("POST", "verify", manage, object{"state": "x"}).wantError(http.StatusBadRequest, "stream_id")
		e.do("POST", "verify", manage, object{"stream_id": "unknown"}).wantError(http.StatusNotFound)
	})
	// SSF §8.1.4 #3.
	t.Run("does not need to be requested as an event type", func(t *testing.T) {
		s := e.create(object{"events_requested": []string{}})
		e.verify(s, "x").want(http.StatusNoContent)
		if sets := e.poll(s, nil); len(sets) != 1 {
			t.Errorf("%d SETs, want 1", len(sets))
		}
	})
	// SSF §8.1.4.2 #4: nothing that waits is in front of it.
	t.Run("goes ahead of other SETs and of another verification", func(t *testing.T) {
		s := e.createPoll()
		e.revoke("ada")
		e.verify(s, "a").want(http.StatusNoContent)
		e.verify(s, "b").want(http.StatusNoContent)
		sets := e.poll(s, object{"maxEvents": 2})
		if len(sets) != 2 || *verification(t, sets[0]).State != "a" || *verification(t, sets[1]).State != "b" {
			t.Errorf("SETs = %v", sets)
		}
	})
	// SSF §8.1.2 #5.
	t.Run("is refused on a stream that is not enabled", func(t *testing.T) {
		s := e.createPoll()
		for _, status := range []string{"paused", "disabled"} {
			e.set(s, status, "").want(http.StatusOK)
			e.verify(s, "x").wantError(http.StatusBadRequest, status)
		}
		if ds := e.deliveries(s.ID); len(ds) != 0 {
			t.Errorf("deliveries = %v", ds)
		}
	})
	// SSF §8.1.4 #1, §8.1.4.2 #8.
	t.Run("unasked it has no state", func(t *testing.T) {
		s := e.createPoll()
		stored, state := e.stored(s.ID), "x"
		err := e.db.Update(t.Context(), func(tx idp.Tx) error {
			_, err := transmitter.RequestVerification(t.Context(), tx, admin, e.provider, stored, &state)
			return err
		})
		var invalid *idp.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "state" {
			t.Errorf("RequestVerification with a state = %v", err)
		}
		e.update(func(tx idp.Tx) error {
			_, err := transmitter.RequestVerification(t.Context(), tx, admin, e.provider, stored, nil)
			return err
		})
		e.fanOut()
		if v := verification(t, e.poll(s, nil)[0]); v.State != nil {
			t.Errorf("state = %q", *v.State)
		}
	})
}

// TestVerificationInterval is SSF §8.1.1 #8, §8.1.4.2 #6 and #7.
func TestVerificationInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t, withIntervals)
		s, other := e.createPoll(), e.createPoll()
		e.verify(s, "1").want(http.StatusNoContent)
		time.Sleep(time.Minute - time.Millisecond)
		a := e.verify(s, "2")
		a.wantError(http.StatusTooManyRequests, "min_verification_interval")
		if got := a.header.Get("Retry-After"); got != "1" {
			t.Errorf("Retry-After = %q, want 1", got)
		}
		e.verify(other, "1").want(http.StatusNoContent)
		// Exactly the interval is allowed, and a refused request does not
		// begin it anew.
		time.Sleep(time.Millisecond)
		e.verify(s, "3").want(http.StatusNoContent)
		e.verify(s, "4").wantError(http.StatusTooManyRequests)
		if sets := e.poll(s, nil); len(sets) != 2 {
			t.Errorf("%d SETs, want 2", len(sets))
		}
		// The interval counts before the status: 429 and not 400.
		e.set(s, "paused", "").want(http.StatusOK)
		e.verify(s, "5").wantError(http.StatusTooManyRequests)
	})
}
