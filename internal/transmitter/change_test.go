// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

func (e *env) patch(s ssf.Stream, members object) answer {
	e.t.Helper()
	members["stream_id"] = s.ID
	return e.do("PATCH", "streams", manage, members)
}

func (e *env) read(s ssf.Stream) ssf.Stream {
	e.t.Helper()
	return decode[ssf.Stream](e.do("GET", "streams?stream_id="+s.ID, read, nil).want(http.StatusOK))
}

func TestUpdateStream(t *testing.T) {
	e := newEnv(t, withIntervals)

	// SSF §8.1.1.3 #2, #3, #8: what is there changes, what is not stays, and
	// the answer is everything.
	t.Run("changes what is present and leaves the rest", func(t *testing.T) {
		s := e.create(object{"description": "before", "events_requested": []string{string(caep.TypeSessionRevoked)}})
		want := s
		want.Description = "after"
		got := decode[ssf.Stream](e.patch(s, object{"description": "after"}).want(http.StatusOK))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
		want.EventsRequested = []secevent.EventType{caep.TypeCredentialChange}
		want.EventsDelivered = want.EventsRequested
		got = decode[ssf.Stream](e.patch(s, object{"events_requested": want.EventsRequested}).want(http.StatusOK))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, e.read(s)); diff != "" {
			t.Errorf("stream read later (-want +got):\n%s", diff)
		}
	})
	// SSF §8.1.1.3 #4.
	t.Run("no events requested are no events delivered", func(t *testing.T) {
		s := e.createPoll()
		got := decode[ssf.Stream](e.patch(s, object{"events_requested": []string{}}).want(http.StatusOK))
		if got.EventsRequested == nil || len(got.EventsRequested)+len(got.EventsDelivered) > 0 {
			t.Errorf("stream = %+v", got)
		}
	})
	// SSF §8.1.1.3 #5: otherwise nothing changes at all.
	t.Run("a value of ours that does not match changes nothing", func(t *testing.T) {
		s := e.createPoll()
		for member, value := range map[string]any{"iss": "https://evil.example", "aud": "urn:evil",
			"events_supported": []string{"urn:x"}, "events_delivered": []string{},
			"min_verification_interval": 1, "inactivity_timeout": 1} {
			e.patch(s, object{member: value, "description": "changed"}).wantError(http.StatusBadRequest, member)
		}
		if got := e.read(s); got.Description != "" {
			t.Errorf("description = %q", got.Description)
		}
	})
	// SSF §8.1.1.3 #6, #11.
	t.Run("values of ours that match are accepted", func(t *testing.T) {
		s := e.createPoll()
		supported := slices.Clone(s.EventsSupported)
		slices.Reverse(supported)
		e.patch(s, object{"iss": s.Issuer, "aud": []string{"atlas-client"}, "events_supported": supported,
			"min_verification_interval": 60, "inactivity_timeout": 3600}).want(http.StatusOK)
	})
	// SSF §8.1.1.3 #7.
	t.Run("events_delivered is compared as it was before", func(t *testing.T) {
		s := e.create(object{"events_requested": []string{string(caep.TypeSessionRevoked)}})
		requested := []string{string(caep.TypeCredentialChange)}
		e.patch(s, object{"events_requested": requested, "events_delivered": requested}).wantError(http.StatusBadRequest, "events_delivered")
		e.patch(s, object{"events_requested": requested, "events_delivered": s.EventsDelivered}).want(http.StatusOK)
	})
	// SSF §8.1.1.3 #1, #13.
	t.Run("stream_id is in the body and null is refused", func(t *testing.T) {
		s := e.createPoll()
		e.do("PATCH", "streams?stream_id="+s.ID, manage, object{"description": "x"}).wantError(http.StatusBadRequest, "stream_id")
		e.patch(s, object{"description": nil}).wantError(http.StatusBadRequest, "description")
		e.patch(s, object{"events_requested": nil}).wantError(http.StatusBadRequest, "events_requested")
	})
	// SSF §8.1.1.3 #12.
	t.Run("delivery is replaced as a whole", func(t *testing.T) {
		s := e.createPush()
		got := decode[ssf.Stream](e.patch(s, object{"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/new"}}).want(http.StatusOK))
		if got.Delivery != (ssf.Delivery{Method: ssf.Push, EndpointURL: "https://rp.example/new"}) || !e.stored(s.ID).Authorization.IsZero() {
			t.Errorf("delivery = %v", got.Delivery)
		}
		e.patch(s, object{"delivery": object{"endpoint_url": "https://rp.example/new"}}).wantError(http.StatusBadRequest, "delivery.method")
	})
	// SSF §8.1.1.3 #14, §6.1 #3.
	t.Run("the method changes and undelivered SETs move along", func(t *testing.T) {
		s := e.createPush()
		e.revoke("ada")
		got := decode[ssf.Stream](e.patch(s, object{"delivery": object{"method": ssf.Poll}}).want(http.StatusOK))
		if got.Delivery.EndpointURL != base+"/ssf/atlas/poll/"+s.ID || got.Delivery.AuthorizationHeader != "" {
			t.Fatalf("delivery = %v", got.Delivery)
		}
		if sets := e.poll(got, nil); len(sets) != 1 {
			t.Errorf("%d SETs moved, want 1", len(sets))
		}
		e.patch(s, object{"delivery": object{"method": ssf.Poll, "endpoint_url": "https://rp.example/"}}).
			wantError(http.StatusBadRequest, "delivery.endpoint_url")
		e.patch(s, object{"delivery": object{"method": ssf.Push}}).wantError(http.StatusBadRequest, "delivery.endpoint_url")
		e.patch(s, object{"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/"}}).want(http.StatusOK)
		e.do("POST", pollPath(got), manage, object{}).wantError(http.StatusNotFound)
		if ds := e.deliveries(s.ID); len(ds) != 1 {
			t.Errorf("%d deliveries, want 1", len(ds))
		}
		e.view(func(tx idp.Tx) error {
			out, err := tx.Handouts(e.stored(s.ID).Num)
			if len(out) > 0 {
				t.Errorf("handouts of a push stream = %v", out)
			}
			return err
		})
	})
	t.Run("the status stays", func(t *testing.T) {
		s := e.createPoll()
		e.do("POST", "status", manage, object{"stream_id": s.ID, "status": "paused", "reason": "r"}).want(http.StatusOK)
		e.patch(s, object{"description": "x"}).want(http.StatusOK)
		if got := e.stored(s.ID); got.Status != idp.StreamPaused || got.Reason != "r" {
			t.Errorf("status = %s %q", got.Status, got.Reason)
		}
	})
	t.Run("two at once do not lose one another's member", func(t *testing.T) {
		s := e.createPoll()
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() { e.patch(s, object{"description": fmt.Sprint(i)}) })
			group.Go(func() { e.patch(s, object{"events_requested": []string{string(caep.TypeSessionRevoked)}}) })
		}
		group.Wait()
		if got := e.read(s); got.Description == "" || len(got.EventsDelivered) != 1 {
			t.Errorf("stream = %+v", got)
		}
	})
}

func TestReplaceStream(t *testing.T) {
	e := newEnv(t, withIntervals)

	// SSF §8.1.1.4 #10: GET, then PUT, is no change.
	t.Run("takes back what GET gave", func(t *testing.T) {
		for _, s := range []ssf.Stream{e.createPoll(), e.createPush(),
			e.create(object{"description": "d", "events_requested": []string{}}),
			e.create(object{"events_requested": []string{"urn:x", "urn:x"}})} {
			before := e.do("GET", "streams?stream_id="+s.ID, read, nil).want(http.StatusOK)
			after := e.do("PUT", "streams", manage, before.body).want(http.StatusOK)
			if before.body != after.body {
				t.Errorf("PUT of %s\nanswered %s", before.body, after.body)
			}
		}
	})
	// SSF §8.1.1.4 #2, #9.
	t.Run("deletes what is left out", func(t *testing.T) {
		s := e.create(object{"description": "d", "events_requested": []string{string(caep.TypeSessionRevoked)},
			"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/", "authorization_header": "Bearer x"}})
		got := decode[ssf.Stream](e.do("PUT", "streams", manage, object{"stream_id": s.ID,
			"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/"}}).want(http.StatusOK))
		if got.Description != "" || got.EventsRequested != nil || len(got.EventsDelivered) != 4 || got.Delivery.AuthorizationHeader != "" {
			t.Errorf("stream = %+v", got)
		}
	})
	// SSF §8.1.1.4 #3.
	t.Run("delivery cannot be deleted", func(t *testing.T) {
		s := e.createPush()
		e.do("PUT", "streams", manage, object{"stream_id": s.ID}).wantError(http.StatusBadRequest, "delivery")
	})
	// SSF §8.1.1.4 #5, #6, #7.
	t.Run("a value of ours that does not match changes nothing", func(t *testing.T) {
		s := e.create(object{"description": "d", "events_requested": []string{string(caep.TypeSessionRevoked)}})
		for member, value := range map[string]any{"iss": "https://evil.example", "aud": "urn:evil",
			"events_supported": []string{"urn:x"}, "min_verification_interval": 1, "inactivity_timeout": 1,
			"events_delivered": []string{string(caep.TypeCredentialChange)}} {
			e.do("PUT", "streams", manage, object{"stream_id": s.ID, "delivery": object{"method": ssf.Poll}, member: value,
				"events_requested": []string{string(caep.TypeCredentialChange)}}).wantError(http.StatusBadRequest, member)
		}
		if got := e.read(s); got.Description != "d" {
			t.Errorf("description = %q", got.Description)
		}
		e.do("PUT", "streams", manage, object{"stream_id": s.ID, "delivery": object{"method": ssf.Poll}}).want(http.StatusOK)
	})
	// SSF §8.1.1.4 #11.
	t.Run("creates nothing", func(t *testing.T) {
		e.do("PUT", "streams", manage, object{"stream_id": "new", "delivery": object{"method": ssf.Poll}}).wantError(http.StatusNotFound)
	})
}
