// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// TestSecureURLs: under the https base URL that a configuration must have,
// everything that a Receiver is told to connect to is https.
func TestSecureURLs(t *testing.T) {
	const secure = "https://id.example.com"
	e := newEnv(t, func(c *transmitter.Config, _ *idp.SSFProvider) { c.BaseURL = secure })
	m := decode[ssf.Metadata](e.do("GET", metadataPath, "", nil).want(http.StatusOK))
	s := e.createPoll()
	for _, row := range []struct{ member, value string }{
		{"issuer", m.Issuer},
		{"jwks_uri", m.JWKSURI},
		{"configuration_endpoint", m.ConfigurationEndpoint},
		{"status_endpoint", m.StatusEndpoint},
		{"add_subject_endpoint", m.AddSubjectEndpoint},
		{"remove_subject_endpoint", m.RemoveSubjectEndpoint},
		{"verification_endpoint", m.VerificationEndpoint},
		{"endpoint_url", s.Delivery.EndpointURL},
	} {
		t.Run(row.member, func(t *testing.T) {
			u, err := url.Parse(row.value)
			if err != nil || u.Scheme+"://"+u.Host != secure || u.RawQuery != "" || u.ForceQuery || strings.Contains(row.value, "#") {
				t.Errorf("%s = %q, %v, want an https URL of %s without query or fragment", row.member, row.value, err, secure)
			}
		})
	}
}

// TestOperations is CAEP Interop §2.3.8: what a Receiver of the profile does,
// in its order, for both methods of delivery.
func TestOperations(t *testing.T) {
	e := newEnv(t)
	for name, delivery := range map[string]object{
		"poll": {"method": ssf.Poll},
		"push": {"method": ssf.Push, "endpoint_url": "https://rp.example/push"},
	} {
		t.Run(name, func(t *testing.T) {
			s := e.create(object{"delivery": delivery, "events_requested": []string{string(caep.TypeSessionRevoked)}})
			if s.Delivery.Method != delivery["method"] || s.Delivery.EndpointURL == "" {
				t.Errorf("delivery = %v, want the method of %v", s.Delivery, delivery)
			}
			if got := e.read(s); got.Delivery != s.Delivery || !slices.Equal(got.EventsDelivered, s.EventsDelivered) {
				t.Errorf("stream read = %+v, want %+v", got, s)
			}
			if got := decode[ssf.Status](e.do("GET", "status?stream_id="+s.ID, read, nil).want(http.StatusOK)); got.Status != ssf.StreamEnabled {
				t.Errorf("status = %+v", got)
			}
			e.verify(s, "x").want(http.StatusNoContent)
			if ds := e.deliveries(s.ID); len(ds) != 1 || ds[0].Type != ssf.TypeVerification {
				t.Errorf("deliveries = %v, want a verification", ds)
			}
			e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent)
			e.do("GET", "streams?stream_id="+s.ID, read, nil).wantError(http.StatusNotFound)
		})
	}
}

// TestVerificationAtOnce: between the request and the SET there is no time
// that anybody has to wait for (SSF §8.1.4.2), by poll and by push.
func TestVerificationAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t)
		poll, push := e.createPoll(), e.createPush()
		go e.fan.Run(t.Context())
		done := e.longPoll(t.Context(), poll)
		begin := time.Now()
		for _, s := range []ssf.Stream{poll, push} {
			e.do("POST", "verify", manage, object{"stream_id": s.ID}).want(http.StatusNoContent)
		}
		synctest.Wait()
		if took := time.Since(begin); took != 0 {
			t.Fatalf("the requests took %v", took)
		}
		select {
		case a := <-done:
			if sets, _ := e.sets(a); len(sets) != 1 || sets[0].Type() != ssf.TypeVerification {
				t.Errorf("SETs = %v, want a verification", sets)
			}
		default:
			t.Error("the poll still waits")
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		num := e.stored(push.ID).Num
		if !slices.ContainsFunc(e.woke, func(d idp.Delivery) bool { return d.Stream == num && d.Type == ssf.TypeVerification }) {
			t.Errorf("push was woken with %v, want a verification", e.woke)
		}
	})
}

// TestToldBeforeStop: the stream-updated SET of a stop is the last thing that
// the stream sends (SSF §8.1.5), ahead of what waited and is held or dropped.
func TestToldBeforeStop(t *testing.T) {
	e := newEnv(t)
	for _, status := range []idp.StreamStatus{idp.StreamPaused, idp.StreamDisabled} {
		t.Run(string(status), func(t *testing.T) {
			s := e.createPoll()
			e.revoke("ada")
			e.setAs(admin, s, status, "audit")
			e.revoke("bob")
			sets := e.poll(s, nil)
			want := ssf.StreamUpdated{Status: ssf.StreamStatus(status), Reason: "audit"}
			if len(sets) != 1 || updated(t, sets[0]) != want {
				t.Fatalf("SETs = %v, want %+v alone", sets, want)
			}
			if sets = e.poll(s, object{"ack": ids(sets)}); len(sets) != 0 {
				t.Errorf("SETs after it = %v", sets)
			}
		})
	}
}
