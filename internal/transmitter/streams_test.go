// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

func withIntervals(_ *transmitter.Config, p *idp.SSFProvider) {
	p.MinVerificationInterval, p.InactivityTimeout = time.Minute, time.Hour
}

func withAudiences(_ *transmitter.Config, p *idp.SSFProvider) {
	p.Audiences = []string{"https://rp.example", "urn:rp"}
}

func TestCreateStream(t *testing.T) {
	e := newEnv(t, withIntervals)

	// SSF §8.1.1.1 #2, §8.1.1 #1 to #10: all required members and the right
	// media type.
	t.Run("answers 201 with the configuration", func(t *testing.T) {
		a := e.do("POST", "streams", manage, object{"description": "ours",
			"events_requested": []string{string(caep.TypeSessionRevoked), "urn:unknown"}}).want(http.StatusCreated)
		s := decode[ssf.Stream](a)
		if got := a.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("Content-Type = %q", got)
		}
		want := ssf.Stream{ID: s.ID, Issuer: base + "/ssf/atlas", Audience: secevent.Audience{"atlas-client"},
			EventsSupported: e.provider.EventTypes, EventsRequested: []secevent.EventType{caep.TypeSessionRevoked, "urn:unknown"},
			EventsDelivered: []secevent.EventType{caep.TypeSessionRevoked}, Description: "ours",
			Delivery:                ssf.Delivery{Method: ssf.Poll, EndpointURL: base + "/ssf/atlas/poll/" + s.ID},
			MinVerificationInterval: 60, InactivityTimeout: 3600}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
	})
	// SSF §8.1.1 #1.
	t.Run("stream_id has unreserved characters and is unique", func(t *testing.T) {
		a, b := e.createPoll(), e.createPoll()
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(a.ID) || a.ID == b.ID {
			t.Errorf("stream ids %q and %q", a.ID, b.ID)
		}
	})
	// SSF §8.1.1.1 #4; the 409 of #5 is for a transmitter of one stream.
	t.Run("a second stream is a new one", func(t *testing.T) {
		a, b := e.createPoll(), e.createPoll()
		if a.ID == b.ID || a.Delivery.EndpointURL == b.Delivery.EndpointURL {
			t.Errorf("two streams are %v and %v", a, b)
		}
	})
	// SSF §8.1.1.1 #7, #8 and SSF §6.1.2 #1, #2.
	t.Run("no delivery means poll with an endpoint_url of ours", func(t *testing.T) {
		for _, body := range []any{object{}, object{"delivery": object{"method": ssf.Poll, "endpoint_url": "https://rp.example/x"}}} {
			s := e.create(body)
			if s.Delivery.Method != ssf.Poll || s.Delivery.EndpointURL != base+"/ssf/atlas/poll/"+s.ID {
				t.Errorf("delivery = %v", s.Delivery)
			}
		}
	})
	// SSF §6.1.1, CAEP Interop §2.3.8.1.
	t.Run("push keeps the endpoint and the header for its owner", func(t *testing.T) {
		s := e.createPush()
		want := ssf.Delivery{Method: ssf.Push, EndpointURL: "https://rp.example/push", AuthorizationHeader: "Bearer s3cret"}
		if s.Delivery != want {
			t.Errorf("delivery = %v, want %v", s.Delivery, want)
		}
		if got := e.stored(s.ID); got.Authorization.Reveal() != "Bearer s3cret" {
			t.Error("the header was not stored verbatim")
		}
	})
	// SSF §8.1.1.1 #9, §6.1 #2.
	t.Run("refuses a delivery that cannot work", func(t *testing.T) {
		for _, row := range []struct {
			delivery object
			word     string
		}{
			{object{"method": "urn:example:carrier-pigeon"}, "delivery.method"},
			{object{}, "delivery.method"},
			{object{"method": ssf.Push}, "delivery.endpoint_url"},
			{object{"method": ssf.Push, "endpoint_url": "rp.example/push"}, "delivery.endpoint_url"},
			{object{"method": ssf.Push, "endpoint_url": "https://u:p@rp.example/"}, "delivery.endpoint_url"},
			{object{"method": ssf.Push, "endpoint_url": "https://rp.example/#f"}, "delivery.endpoint_url"},
			{object{"method": ssf.Push, "endpoint_url": "https://rp.example/", "authorization_header": "a\r\nX: y"}, "authorization_header"},
		} {
			e.do("POST", "streams", manage, object{"delivery": row.delivery}).wantError(http.StatusBadRequest, row.word)
		}
	})
	// SSF §8.1.1 #5, #6.
	t.Run("events_delivered is what is supported and requested", func(t *testing.T) {
		for _, row := range []struct {
			requested any
			want      []secevent.EventType
		}{
			{[]string{}, []secevent.EventType{}},
			{[]string{"urn:x"}, []secevent.EventType{}},
			{[]secevent.EventType{risc.TypeAccountDisabled, caep.TypeSessionEstablished, risc.TypeAccountDisabled},
				[]secevent.EventType{caep.TypeSessionEstablished, risc.TypeAccountDisabled}},
		} {
			a := e.do("POST", "streams", manage, object{"events_requested": row.requested}).want(http.StatusCreated)
			if got := decode[ssf.Stream](a).EventsDelivered; !slices.Equal(got, row.want) || strings.Contains(a.body, "null") {
				t.Errorf("requested %v: delivered %v, want %v", row.requested, got, row.want)
			}
		}
	})
	// SPEC of EventsDelivered.
	t.Run("nothing requested gets all but the noisy ones", func(t *testing.T) {
		want := []secevent.EventType{caep.TypeSessionRevoked, caep.TypeCredentialChange, risc.TypeAccountDisabled, risc.TypeIdentifierChanged}
		a := e.do("POST", "streams", manage, object{}).want(http.StatusCreated)
		if got := decode[ssf.Stream](a); !slices.Equal(got.EventsDelivered, want) || strings.Contains(a.body, "events_requested") {
			t.Errorf("stream = %s, want events_delivered %v and no events_requested", a.body, want)
		}
	})
	// SSF §8.1.1.1 #10, §8.1.1 #3.
	t.Run("members of ours are ignored", func(t *testing.T) {
		s := e.create(object{"stream_id": "mine", "iss": "https://evil.example", "aud": "https://evil.example",
			"events_delivered": []string{"urn:x"}, "min_verification_interval": "x", "inactivity_timeout": -1, "unknown": object{}})
		if s.ID == "mine" || s.Issuer != base+"/ssf/atlas" || !slices.Equal(s.Audience, []string{"atlas-client"}) || s.InactivityTimeout != 3600 {
			t.Errorf("stream = %+v", s)
		}
	})
	// SSF §8.1.1 #9.
	t.Run("a long description is cut", func(t *testing.T) {
		s := e.create(object{"description": strings.Repeat("é", 1001)})
		if s.Description != strings.Repeat("é", 1000) {
			t.Errorf("description has %d bytes", len(s.Description))
		}
	})
	// SSF §8.1.1.1 #6, #11.
	t.Run("a new stream is enabled", func(t *testing.T) {
		s := e.createPoll()
		got := decode[ssf.Status](e.do("GET", "status?stream_id="+s.ID, read, nil).want(http.StatusOK))
		if got != (ssf.Status{StreamID: s.ID, Status: ssf.StreamEnabled}) {
			t.Errorf("status = %+v", got)
		}
	})
	t.Run("an endpoint that we would not connect to is refused", func(t *testing.T) {
		e := newEnv(t, func(c *transmitter.Config, _ *idp.SSFProvider) {
			c.CheckEndpoint = func(string) error { return errors.New("it is in our own network") }
		})
		e.do("POST", "streams", manage, object{"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/"}}).
			wantError(http.StatusBadRequest, "delivery.endpoint_url", "own network")
	})
}

// TestAudience is SSF §8.1.1 #3: agreed with the admin, not chosen at will.
func TestAudience(t *testing.T) {
	e := newEnv(t, withAudiences)
	for _, row := range []struct {
		name string
		wish any
		want []string
	}{
		{"the first is the default", nil, []string{"https://rp.example"}},
		{"one of the agreed", "urn:rp", []string{"urn:rp"}},
		{"all of the agreed", []string{"urn:rp", "https://rp.example"}, []string{"urn:rp", "https://rp.example"}},
		{"one that is not agreed", []string{"urn:rp", "urn:evil"}, []string{"https://rp.example"}},
		{"no text", 5, []string{"https://rp.example"}},
		{"none", []string{}, []string{"https://rp.example"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			body := object{}
			if row.wish != nil {
				body["aud"] = row.wish
			}
			if s := e.create(body); !slices.Equal(s.Audience, row.want) {
				t.Errorf("aud %v = %v, want %v", row.wish, s.Audience, row.want)
			}
		})
	}
}

func TestStreamLimit(t *testing.T) {
	e := newEnv(t)
	var group sync.WaitGroup
	counts := make(chan int, transmitter.MaxStreams+10)
	for range transmitter.MaxStreams + 10 {
		group.Go(func() { counts <- e.do("POST", "streams", manage, object{}).status })
	}
	group.Wait()
	close(counts)
	got := make(map[int]int)
	for status := range counts {
		got[status]++
	}
	if got[201] != transmitter.MaxStreams || got[409] != 10 {
		t.Errorf("statuses = %v, want %d times 201 and 10 times 409", got, transmitter.MaxStreams)
	}
	e.do("POST", "streams", manage, object{}).wantError(http.StatusConflict, "at most 100")
}

func TestReadStream(t *testing.T) {
	e := newEnv(t)
	// SSF §8.1.1.2 #3.
	t.Run("none is an empty array", func(t *testing.T) {
		if a := e.do("GET", "streams", read, nil).want(http.StatusOK); a.body != "[]" {
			t.Errorf("body = %s", a.body)
		}
	})
	a := e.createPoll()
	// SSF §8.1.1.2 #2: an array also when there is one.
	t.Run("all are an array", func(t *testing.T) {
		if got := decode[[]ssf.Stream](e.do("GET", "streams", read, nil).want(http.StatusOK)); len(got) != 1 || got[0].ID != a.ID {
			t.Errorf("streams = %v", got)
		}
		b := e.createPush()
		e.do("POST", "/ssf/other/streams", otherManage, object{}).want(http.StatusCreated)
		got := decode[[]ssf.Stream](e.do("GET", "streams", read, nil).want(http.StatusOK))
		if diff := cmp.Diff([]ssf.Stream{a, b}, got); diff != "" {
			t.Errorf("streams (-want +got):\n%s", diff)
		}
	})
	// SSF §8.1.1.2 #1.
	t.Run("one is an object", func(t *testing.T) {
		got := decode[ssf.Stream](e.do("GET", "streams?stream_id="+a.ID, read, nil).want(http.StatusOK))
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
	})
	t.Run("unknown and empty are not found, repeated is refused", func(t *testing.T) {
		e.do("GET", "streams?stream_id=unknown", read, nil).wantError(http.StatusNotFound, "stream_id")
		e.do("GET", "streams?stream_id=", read, nil).wantError(http.StatusNotFound, "stream_id")
		e.do("GET", "streams?stream_id="+a.ID+"&stream_id="+a.ID, read, nil).wantError(http.StatusBadRequest, "stream_id")
	})
}

func TestDeleteStream(t *testing.T) {
	e := newEnv(t)
	// SSF §8.1.1.5 #2.
	t.Run("answers 204 in every status", func(t *testing.T) {
		for _, status := range []string{"enabled", "paused", "disabled"} {
			s := e.createPoll()
			e.do("POST", "status", manage, object{"stream_id": s.ID, "status": status}).want(http.StatusOK)
			if a := e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent); a.body != "" {
				t.Errorf("body = %q", a.body)
			}
		}
	})
	// SSF §8.1.1.5 #3.
	t.Run("afterwards there is no such stream", func(t *testing.T) {
		s := e.createPoll()
		e.revoke("ada")
		e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent)
		e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).wantError(http.StatusNotFound)
		e.do("GET", "streams?stream_id="+s.ID, manage, nil).wantError(http.StatusNotFound)
		e.do("PATCH", "streams", manage, object{"stream_id": s.ID}).wantError(http.StatusNotFound)
		e.do("PUT", "streams", manage, s).wantError(http.StatusNotFound)
		e.do("GET", "status?stream_id="+s.ID, manage, nil).wantError(http.StatusNotFound)
		e.do("POST", pollPath(s), manage, object{}).wantError(http.StatusNotFound)
	})
	// SSF §8.1.1.5 #1: in the query, and nowhere else.
	t.Run("nothing is deleted without a stream_id in the query", func(t *testing.T) {
		s := e.createPoll()
		e.do("DELETE", "streams", manage, object{"stream_id": s.ID}).wantError(http.StatusBadRequest, "stream_id")
		e.do("DELETE", "streams?stream_id=", manage, nil).wantError(http.StatusNotFound)
		e.do("GET", "streams?stream_id="+s.ID, manage, nil).want(http.StatusOK)
	})
}
