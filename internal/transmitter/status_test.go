// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

var admin = idp.Actor{Kind: idp.ActorAdmin, ID: "root", Name: "root"}

// set changes the status as the Receiver.
func (e *env) set(s ssf.Stream, status, reason string) answer {
	e.t.Helper()
	body := object{"stream_id": s.ID, "status": status}
	if reason != "" {
		body["reason"] = reason
	}
	return e.do("POST", "status", manage, body)
}

// setAs changes the status as somebody else and fans out.
func (e *env) setAs(actor idp.Actor, s ssf.Stream, status idp.StreamStatus, reason string) {
	e.t.Helper()
	stored := e.stored(s.ID)
	e.update(func(tx idp.Tx) error {
		_, _, err := transmitter.SetStatus(e.t.Context(), tx, actor, stored, status, reason)
		return err
	})
	e.fanOut()
}

// updated is what a stream-updated SET says; "" for another SET.
func updated(t *testing.T, set *secevent.Token) ssf.StreamUpdated {
	t.Helper()
	typ, payload := set.Event()
	if typ != ssf.TypeStreamUpdated {
		return ssf.StreamUpdated{}
	}
	event, err := ssf.ParseEvent(typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	return event.(ssf.StreamUpdated)
}

func TestStatus(t *testing.T) {
	e := newEnv(t)

	// SSF §8.1.2.2 #2, §8.1.2.1 #7.
	t.Run("an update answers 200 with the new state", func(t *testing.T) {
		s := e.createPoll()
		for _, want := range []ssf.Status{
			{StreamID: s.ID, Status: ssf.StreamPaused, Reason: "maintenance"},
			{StreamID: s.ID, Status: ssf.StreamDisabled, Reason: "gone"},
			{StreamID: s.ID, Status: ssf.StreamEnabled},
			{StreamID: s.ID, Status: ssf.StreamEnabled, Reason: "still"},
			{StreamID: s.ID, Status: ssf.StreamEnabled, Reason: "still"},
		} {
			got := decode[ssf.Status](e.set(s, string(want.Status), want.Reason).want(http.StatusOK))
			if got != want {
				t.Errorf("answer = %+v, want %+v", got, want)
			}
			got = decode[ssf.Status](e.do("GET", "status?stream_id="+s.ID, read, nil).want(http.StatusOK))
			if got != want {
				t.Errorf("status = %+v, want %+v", got, want)
			}
		}
	})
	t.Run("without a reason the old one goes", func(t *testing.T) {
		s := e.createPoll()
		e.set(s, "paused", "r").want(http.StatusOK)
		if a := e.set(s, "paused", "").want(http.StatusOK); strings.Contains(a.body, "reason") {
			t.Errorf("body = %s", a.body)
		}
	})
	// SSF §8.1.2.2 #1.
	t.Run("refuses what is no status", func(t *testing.T) {
		s := e.createPoll()
		for _, status := range []any{"Enabled", "", "stopped", nil, 1, []string{"paused"}} {
			e.do("POST", "status", manage, object{"stream_id": s.ID, "status": status}).wantError(http.StatusBadRequest, "status")
		}
		e.do("POST", "status", manage, object{"stream_id": s.ID}).wantError(http.StatusBadRequest, "status")
		e.do("POST", "status", manage, object{"status": "paused"}).wantError(http.StatusBadRequest, "stream_id")
		e.set(s, "paused", strings.Repeat("r", 1001)).wantError(http.StatusBadRequest, "reason")
		if got := e.stored(s.ID); got.Status != idp.StreamEnabled {
			t.Errorf("status = %s", got.Status)
		}
	})
	// SSF §8.1.2.1 #6, #8.
	t.Run("reading needs a stream_id that is ours", func(t *testing.T) {
		e.do("GET", "status", read, nil).wantError(http.StatusBadRequest, "stream_id")
		e.do("GET", "status?stream_id=unknown", read, nil).wantError(http.StatusNotFound)
		e.do("GET", "status?stream_id=unknown", "", nil).wantError(http.StatusUnauthorized)
	})
	// SSF §8.1.2.2 #4.
	t.Run("the query of an update is ignored", func(t *testing.T) {
		s, other := e.createPoll(), e.createPoll()
		e.do("POST", "status?stream_id="+other.ID, manage, object{"stream_id": s.ID, "status": "paused"}).want(http.StatusOK)
		if e.stored(s.ID).Status != idp.StreamPaused || e.stored(other.ID).Status != idp.StreamEnabled {
			t.Error("the wrong stream was paused")
		}
	})
	// SSF §8.1.2 #3, §8.1.2.2 #5.
	t.Run("a Receiver's own change sends no event", func(t *testing.T) {
		s := e.createPoll()
		e.set(s, "paused", "").want(http.StatusOK)
		e.set(s, "enabled", "").want(http.StatusOK)
		e.fanOut()
		if ds := e.deliveries(s.ID); len(ds) != 0 {
			t.Errorf("deliveries = %v", ds)
		}
	})
}

// TestStopped is SSF §8.1.2.1: what paused and disabled mean for SETs.
func TestStopped(t *testing.T) {
	e := newEnv(t)

	// SSF §8.1.2.1 #1, #2, #3.
	t.Run("paused holds SETs and sends them in order afterwards", func(t *testing.T) {
		s := e.createPoll()
		e.set(s, "paused", "").want(http.StatusOK)
		for range 3 {
			e.revoke("ada")
		}
		if sets := e.poll(s, nil); len(sets) != 0 {
			t.Fatalf("%d SETs while paused", len(sets))
		}
		e.set(s, "enabled", "").want(http.StatusOK)
		var got []string
		for ack := []string{}; ; {
			sets := e.poll(s, object{"ack": ack})
			if len(sets) == 0 {
				break
			}
			ack = ids(sets)
			got = append(got, ack...)
		}
		want := []string{}
		for _, d := range e.deliveries(s.ID) {
			want = append(want, e.jti(d))
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 3 {
			t.Errorf("SETs (-want +got):\n%s", diff)
		}
	})
	// SSF §8.1.2.1 #4, #5.
	t.Run("disabled drops what waits and what happens", func(t *testing.T) {
		s := e.createPoll()
		e.revoke("ada")
		e.revoke("bob")
		handed := e.poll(s, object{"maxEvents": 1})
		e.signal(caep.TypeSessionRevoked, idp.Principal{UserID: "not fanned out yet"})
		e.set(s, "disabled", "").want(http.StatusOK)
		e.fanOut()
		e.revoke("cyd")
		if sets := e.poll(s, object{"ack": ids(handed)}); len(sets) != 0 {
			t.Errorf("%d SETs while disabled", len(sets))
		}
		e.signal(caep.TypeSessionRevoked, idp.Principal{UserID: "before it is enabled"})
		e.set(s, "enabled", "").want(http.StatusOK)
		e.fanOut()
		if sets := e.poll(s, nil); len(sets) != 0 {
			t.Errorf("%d SETs of before", len(sets))
		}
		e.revoke("dan")
		if sets := e.poll(s, nil); len(sets) != 1 {
			t.Errorf("%d SETs afterwards, want 1", len(sets))
		}
		e.view(func(tx idp.Tx) error {
			attempts, err := tx.Attempts(e.stored(s.ID).Num, 10)
			if len(attempts) != 1 || attempts[0].Outcome != idp.Dropped || attempts[0].From != 1 || attempts[0].To != 2 {
				t.Errorf("attempts = %+v", attempts)
			}
			return err
		})
	})
	t.Run("disabled drops what would be tried again", func(t *testing.T) {
		s := e.createPoll()
		e.revoke("ada")
		sets := e.poll(s, nil)
		e.poll(s, object{"setErrs": object{sets[0].ID: object{"err": "invalid_key"}}})
		e.set(s, "disabled", "").want(http.StatusOK)
		num := e.stored(s.ID).Num
		e.view(func(tx idp.Tx) error {
			retries, err := tx.Exceptions(num, idp.Retry)
			attempts, err2 := tx.Attempts(num, 10)
			if len(retries) != 0 || len(attempts) != 2 || attempts[0].Outcome != idp.Dropped {
				t.Errorf("retries = %+v, attempts = %+v", retries, attempts)
			}
			return errors.Join(err, err2)
		})
	})
	t.Run("disabled to paused begins to hold", func(t *testing.T) {
		s := e.createPoll()
		e.set(s, "disabled", "").want(http.StatusOK)
		e.revoke("ada")
		e.set(s, "paused", "").want(http.StatusOK)
		e.revoke("bob")
		e.set(s, "enabled", "").want(http.StatusOK)
		if sets := e.poll(s, nil); len(sets) != 1 {
			t.Errorf("%d SETs, want 1", len(sets))
		}
	})
}

// TestStreamUpdated is SSF §8.1.5 and the transitions of SSF §8.1.2.
func TestStreamUpdated(t *testing.T) {
	e := newEnv(t)
	// SSF §8.1.2 #2, §8.1.5 #1 to #5.
	t.Run("tells of each change that is not the Receiver's", func(t *testing.T) {
		s := e.createPoll()
		for _, step := range []ssf.StreamUpdated{
			{Status: ssf.StreamPaused, Reason: "audit"}, {Status: ssf.StreamDisabled}, {Status: ssf.StreamPaused},
			{Status: ssf.StreamEnabled, Reason: "done"}, {Status: ssf.StreamDisabled}, {Status: ssf.StreamEnabled},
		} {
			e.setAs(admin, s, idp.StreamStatus(step.Status), step.Reason)
			sets := e.poll(s, nil)
			if len(sets) != 1 || updated(t, sets[0]) != step {
				t.Fatalf("SETs after %+v = %v", step, sets)
			}
			if want := ssf.StreamSubject(s.ID); !cmp.Equal(sets[0].Subject, want) {
				t.Errorf("sub_id = %v, want %v", sets[0].Subject, want)
			}
			e.poll(s, object{"ack": ids(sets)})
		}
	})
	// SSF §8.1.5 #2, #3: before what was stopped, ahead of what was held.
	t.Run("comes ahead of what was held", func(t *testing.T) {
		s := e.createPoll()
		e.setAs(admin, s, idp.StreamPaused, "")
		e.poll(s, object{"ack": ids(e.poll(s, nil))})
		e.revoke("ada")
		e.setAs(admin, s, idp.StreamEnabled, "")
		sets := e.poll(s, nil)
		if len(sets) != 2 || updated(t, sets[0]).Status != ssf.StreamEnabled || sets[1].Type() != caep.TypeSessionRevoked {
			t.Errorf("SETs = %v", sets)
		}
	})
	t.Run("the same status again tells nothing", func(t *testing.T) {
		s := e.createPoll()
		e.setAs(admin, s, idp.StreamEnabled, "for the record")
		if ds := e.deliveries(s.ID); len(ds) != 0 || e.stored(s.ID).Reason != "for the record" {
			t.Errorf("deliveries = %v", ds)
		}
	})
	// SSF §8.1.2.2 #5.
	t.Run("a Receiver cannot enable what an admin stopped", func(t *testing.T) {
		s := e.createPoll()
		e.setAs(admin, s, idp.StreamPaused, "audit")
		e.set(s, "enabled", "").wantError(http.StatusForbidden, "admin")
		e.set(s, "paused", "me too").want(http.StatusOK)
		e.set(s, "enabled", "").wantError(http.StatusForbidden, "admin")
		e.set(s, "disabled", "").want(http.StatusOK)
		e.set(s, "enabled", "").wantError(http.StatusForbidden, "admin")
		e.setAs(admin, s, idp.StreamEnabled, "")
		e.set(s, "paused", "").want(http.StatusOK)
		e.set(s, "enabled", "").want(http.StatusOK)
	})
	t.Run("an admin takes over what a Receiver paused", func(t *testing.T) {
		s := e.createPoll()
		e.set(s, "paused", "").want(http.StatusOK)
		e.setAs(admin, s, idp.StreamPaused, "audit")
		e.set(s, "enabled", "").wantError(http.StatusForbidden, "admin")
	})
	t.Run("a Receiver can enable what the program paused", func(t *testing.T) {
		s := e.createPoll()
		e.setAs(idp.System(), s, idp.StreamPaused, transmitter.ReasonInactivity)
		e.set(s, "enabled", "").want(http.StatusOK)
	})
}

// TestAuditEntries: what the Receiver and the program do is on record; an
// admin's entry is written by package admin.
func TestAuditEntries(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	e.patch(s, object{"description": "d"}).want(http.StatusOK)
	e.patch(s, object{"description": "d"}).want(http.StatusOK)
	e.set(s, "paused", "lunch").want(http.StatusOK)
	e.setAs(admin, s, idp.StreamDisabled, "")
	e.setAs(idp.System(), s, idp.StreamEnabled, "")
	e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent)
	var got []string
	e.view(func(tx idp.Tx) error {
		entries, err := tx.AuditEntries(idp.AuditFilter{ObjectKind: "stream"})
		for _, entry := range entries {
			got = append(got, string(entry.Actor.Kind)+" "+entry.Action+" "+entry.Reason)
			if entry.Actor.Kind == idp.ActorApplication && (entry.Actor.Address != "127.0.0.1" || entry.Actor.Name != "atlas-client") {
				t.Errorf("actor = %+v", entry.Actor)
			}
			if entry.ObjectID != s.ID || entry.Actor.Kind == idp.ActorSystem && entry.Txn == "" {
				t.Errorf("entry = %+v", entry)
			}
		}
		return err
	})
	want := []string{"application stream.delete ", "system stream.enable ", "application stream.pause lunch",
		"application stream.update ", "application stream.create "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit entries (-want +got):\n%s", diff)
	}
}
