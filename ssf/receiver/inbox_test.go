// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
	"github.com/tocsin-id/tocsin/subject"
)

const typeA secevent.EventType = "https://schemas.example.com/a"

// code returns the code of a rejection, "" for nil and "again" for an error
// that is no rejection.
func code(err error) string {
	var rejected *secevent.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &rejected):
		return string(rejected.Code)
	}
	return "again"
}

func TestInboxAccept(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, nil)
	good := s.sign("j1", subject.Opaque("u1"), typeA, `{}`)
	for range 2 { // RFC 8935 §2: the same answer for a repeated SET
		if err := in.Accept(t.Context(), good); err != nil {
			t.Errorf("Accept = %v, want nil", err)
		}
	}
	foreign := newSigner(t, "k").sign("j2", subject.Opaque("u1"), typeA, `{}`)
	if got := code(in.Accept(t.Context(), foreign)); got != "authentication_failed" && got != "invalid_key" {
		t.Errorf("Accept(foreign key) = %q, want a rejection", got)
	}
	if got := code(in.Accept(t.Context(), "no SET")); got != "invalid_request" {
		t.Errorf("Accept(no SET) = %q, want invalid_request", got)
	}
	if diff := cmp.Diff([]string{"j1"}, in.handled()); diff != "" {
		t.Errorf("handled SETs differ (-want +got):\n%s", diff)
	}
}

// A forged SET must not use up the jti of a genuine one.
func TestInboxForgedFirst(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, nil)
	forged := newSigner(t, "k").sign("j1", subject.Opaque("u1"), typeA, `{}`)
	if err := in.Accept(t.Context(), forged); err == nil {
		t.Error("Accept(forged) = nil, want a rejection")
	}
	if err := in.Accept(t.Context(), s.sign("j1", subject.Opaque("u1"), typeA, `{}`)); err != nil || len(in.handled()) != 1 {
		t.Errorf("Accept after a forged one = %v with %v handled, want nil and one", err, in.handled())
	}
}

func TestInboxHandlerErrors(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, nil)
	answers := []error{errors.New("database is down"), &secevent.Error{Code: "access_denied", Description: "no"}, nil}
	in.answer = func(*secevent.Token) error {
		answer := answers[0]
		answers = answers[1:]
		return answer
	}
	set := s.sign("j1", subject.Opaque("u1"), typeA, `{}`)
	// Not processed: it comes again and the handler sees it again. Rejected:
	// a repetition gets the same rejection, without the handler.
	for i, want := range []string{"again", "access_denied", "access_denied"} {
		if got := code(in.Accept(t.Context(), set)); got != want {
			t.Errorf("Accept no. %d = %q, want %q", i+1, got, want)
		}
	}
	if n := len(in.handled()); n != 2 {
		t.Errorf("the handler saw the SET %d times, want 2", n)
	}
}

// Two copies that arrive at once are handled once, and both wait for it.
func TestInboxConcurrentCopies(t *testing.T) {
	s := newSigner(t, "k")
	set := s.sign("j1", subject.Opaque("u1"), typeA, `{}`)
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, s, nil)
		in.answer = func(*secevent.Token) error {
			time.Sleep(time.Second)
			return nil
		}
		var wg sync.WaitGroup
		start := time.Now()
		for range 5 {
			wg.Go(func() {
				if err := in.Accept(t.Context(), set); err != nil || time.Since(start) != time.Second {
					t.Errorf("Accept = %v after %v, want nil after the handler", err, time.Since(start))
				}
			})
		}
		// One that gives up is told so and does not disturb the others.
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			synctest.Wait()
			if err := in.Accept(ctx, set); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Accept = %v, want the deadline", err)
			}
		})
		wg.Wait()
		if n := len(in.handled()); n != 1 {
			t.Errorf("the handler saw the SET %d times, want once", n)
		}
	})
}

// brokenStore fails at one of its two steps.
type brokenStore struct {
	receiver.MemoryStore
	answer, record error
}

func (b *brokenStore) Answer(ctx context.Context, key receiver.Key) (*secevent.Error, bool, error) {
	if b.answer != nil {
		return nil, false, b.answer
	}
	return b.MemoryStore.Answer(ctx, key)
}

func (b *brokenStore) Record(ctx context.Context, key receiver.Key, rejected *secevent.Error) error {
	if b.record != nil {
		return b.record
	}
	return b.MemoryStore.Record(ctx, key, rejected)
}

func TestInboxStoreErrors(t *testing.T) {
	s := newSigner(t, "k")
	set := s.sign("j1", subject.Opaque("u1"), typeA, `{}`)
	store := &brokenStore{answer: errors.New("disk")}
	in := newInbox(t, s, func(cfg *receiver.InboxConfig) { cfg.Store = store })
	if got := code(in.Accept(t.Context(), set)); got != "again" || len(in.handled()) != 0 {
		t.Errorf("Accept = %q with %v handled, want no handling without a store", got, in.handled())
	}
	store.answer, store.record = nil, errors.New("disk")
	if got := code(in.Accept(t.Context(), set)); got != "again" {
		t.Errorf("Accept = %q, want it to come again when the answer is not recorded", got)
	}
	store.record = nil
	if err := in.Accept(t.Context(), set); err != nil || len(in.handled()) != 2 {
		t.Errorf("Accept = %v with %v handled, want nil after the second time", err, in.handled())
	}
}

// SSF §3.6: discard what has a critical member that is not understood.
func TestInboxCriticalMembers(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, func(cfg *receiver.InboxConfig) {
		cfg.CriticalSubjectMembers = []string{"tenant", "device"}
		cfg.SubjectMembers = []string{"user", "device"}
	})
	user := subject.Opaque("u1")
	for id, sub := range map[string]subject.Identifier{
		"simple":         user,
		"not critical":   subject.Complex{"user": user, "group": user},
		"understood":     subject.Complex{"user": user, "device": user},
		"not understood": subject.Complex{"user": user, "tenant": user},
		"not alone":      subject.Complex{"device": user, "tenant": user},
	} {
		before := len(in.handled())
		if err := in.Accept(t.Context(), s.sign(id, sub, typeA, `{}`)); err != nil {
			t.Errorf("Accept(%s) = %v, want it acknowledged in any case", id, err)
		}
		handled := len(in.handled()) > before
		if want := id != "not understood" && id != "not alone"; handled != want {
			t.Errorf("%s: handled = %v, want %v", id, handled, want)
		}
	}
}

func TestInboxVerify(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, nil)
	n := 0
	deliver := func(streamID, payload string) string {
		n++
		return code(in.Accept(t.Context(), s.sign(string(rune('a'+n)), ssf.StreamSubject(streamID), ssf.TypeVerification, payload)))
	}
	if got := deliver("s1", `{}`); got != "" { // SSF §8.1.4: unasked, without a state
		t.Errorf("unsolicited verification = %q, want acceptance", got)
	}
	if got := deliver("s1", `{"state":"x"}`); got != "invalid_state" { // SSF §8.1.4.1
		t.Errorf("verification with a state nobody expects = %q, want invalid_state", got)
	}
	if got := deliver("s1", `{"state":5}`); got != "invalid_request" {
		t.Errorf("verification with a broken payload = %q, want invalid_request", got)
	}

	done, asked := make(chan error), make(chan string, 1)
	client, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		asked <- body(r)
	})
	go func() { done <- in.Verify(t.Context(), client, "s1") }()
	request, err := ssf.ParseVerification([]byte(<-asked))
	if err != nil || request.State == nil {
		t.Fatalf("request = %v, %v, want one with a state", request, err)
	}
	payload, err := json.Marshal(ssf.Verification{State: request.State})
	if err != nil {
		t.Fatal(err)
	}
	if got := deliver("s2", string(payload)); got != "invalid_state" {
		t.Errorf("our state with another stream = %q, want invalid_state", got)
	}
	if got := deliver("s1", string(payload)); got != "" {
		t.Errorf("our state = %q, want acceptance", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
	if got := deliver("s1", string(payload)); got != "invalid_state" {
		t.Errorf("a second event with our state = %q, want invalid_state", got)
	}
}

func TestInboxVerifyFails(t *testing.T) {
	s := newSigner(t, "k")
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, s, nil)
		client, _ := newClient(t, reply(429, ``), reply(204, ``))
		var answer *receiver.APIError
		if err := in.Verify(t.Context(), client, "s1"); !errors.As(err, &answer) || answer.Status != 429 {
			t.Errorf("Verify = %v, want the answer 429", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := in.Verify(ctx, client, "s1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Verify = %v, want the deadline", err)
		}
	})
}

// A state is expected for an hour, whether or not somebody still waits.
func TestInboxStateLife(t *testing.T) {
	s := newSigner(t, "k")
	for name, test := range map[string]struct {
		late time.Duration
		want string
	}{"late": {59 * time.Minute, ""}, "too late": {61 * time.Minute, "invalid_state"}} {
		synctest.Test(t, func(t *testing.T) {
			in := newInbox(t, s, nil)
			client, server := newClient(t, reply(204, ``))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := in.Verify(ctx, client, "s1"); err == nil {
				t.Error("Verify = nil without an event")
			}
			var body ssf.VerificationRequest
			if err := json.Unmarshal([]byte(server.requests()[0].Body), &body); err != nil {
				t.Fatal(err)
			}
			time.Sleep(test.late)
			payload, err := json.Marshal(ssf.Verification{State: body.State})
			if err != nil {
				t.Fatal(err)
			}
			if got := code(in.Accept(t.Context(), s.sign("j", ssf.StreamSubject("s1"), ssf.TypeVerification, string(payload)))); got != test.want {
				t.Errorf("%s: Accept = %q, want %q", name, got, test.want)
			}
		})
	}
}
