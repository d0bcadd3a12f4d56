// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// TestNew: every bad member is named at once.
func TestNew(t *testing.T) {
	_, err := transmitter.New(transmitter.Config{BaseURL: base + "/", LongPoll: -1})
	if err == nil {
		t.Fatal("New of a bad Config = nil")
	}
	for _, word := range []string{"required", "BaseURL", "LongPoll"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("New = %v, want it to name %s", err, word)
		}
	}
}

// TestCommitFails: the answer is 500, says nothing of the cause, and nothing
// has happened.
func TestCommitFails(t *testing.T) {
	broken := &brokenDB{}
	e := newEnv(t, func(c *transmitter.Config, _ *idp.SSFProvider) { broken.DB, c.DB = c.DB, broken })
	s := e.createPoll()
	e.revoke("ada")
	set := e.poll(s, nil)
	before := e.read(s)
	writes := examples()
	for _, name := range []string{"GET streams", "GET streams?", "GET status", "POST poll/{stream_id}"} {
		delete(writes, name)
	}
	broken.fail.Store(true)
	for name, ex := range writes {
		method, path, _ := strings.Cut(name, " ")
		if ex.query {
			path += "?stream_id=" + s.ID
		}
		a := e.do(method, path, manage, ex.body(s))
		a.wantError(http.StatusInternalServerError, "server_error")
		if strings.Contains(a.body, errBroken.Error()) {
			t.Errorf("%s: body = %s", name, a.body)
		}
	}
	e.do("POST", pollPath(s), read, object{"ack": ids(set)}).wantError(http.StatusInternalServerError)
	broken.fail.Store(false)
	if diff := cmp.Diff(before, e.read(s)); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	if got := e.attempts(s); len(got) != 0 {
		t.Errorf("attempts = %+v", got)
	}
	e.poll(s, object{"ack": ids(set)})
	if got := e.attempts(s); len(got) != 1 || got[0].Outcome != idp.Acknowledged {
		t.Errorf("attempts after the same acknowledgement again = %+v", got)
	}
}

// hookedSETs runs a hook before it signs.
type hookedSETs struct {
	transmitter.SETs
	hook func()
}

func (s *hookedSETs) Sign(ctx context.Context, p idp.SSFProvider, st idp.Stream, d idp.Delivery) (kid, jws string, err error) {
	if s.hook != nil {
		s.hook()
	}
	return s.SETs.Sign(ctx, p, st, d)
}

// TestChangedWhileSigning: between the choice of SETs and their record the
// stream may be stopped, moved or deleted.
func TestChangedWhileSigning(t *testing.T) {
	sets := &hookedSETs{}
	e := newEnv(t, func(c *transmitter.Config, _ *idp.SSFProvider) { sets.SETs, c.SETs = c.SETs, sets })
	for name, row := range map[string]struct {
		change func(ssf.Stream)
		status int
	}{
		"paused":   {func(s ssf.Stream) { e.set(s, "paused", "") }, http.StatusOK},
		"disabled": {func(s ssf.Stream) { e.set(s, "disabled", "") }, http.StatusOK},
		"moved": {func(s ssf.Stream) {
			e.patch(s, object{"delivery": object{"method": ssf.Push, "endpoint_url": "https://rp.example/"}})
		}, http.StatusOK},
		"deleted": {func(s ssf.Stream) { e.do("DELETE", "streams?stream_id="+s.ID, manage, nil) }, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s := e.createPoll()
			e.revoke("ada")
			sets.hook = func() { row.change(s) }
			a := e.do("POST", pollPath(s), read, object{"returnImmediately": true}).want(row.status)
			sets.hook = nil
			if row.status == http.StatusOK && a.body != `{"sets":{}}` {
				t.Errorf("answer = %s", a.body)
			}
		})
	}
}

// TestDropsWhatIsOpen: what was settled before the stream was disabled is not
// recorded as dropped.
func TestDropsWhatIsOpen(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	e.revokeAll(users(5)...)
	sets := ids(e.poll(s, nil))
	e.poll(s, object{"maxEvents": 0, "ack": []string{sets[1], sets[3]}})
	e.set(s, "disabled", "").want(http.StatusOK)
	var dropped [][2]int64
	for _, a := range e.attempts(s) {
		if a.Outcome == idp.Dropped {
			dropped = append(dropped, [2]int64{a.From, a.To})
		}
	}
	want := map[[2]int64]bool{{1, 1}: true, {3, 3}: true, {5, 5}: true}
	for _, d := range dropped {
		if !want[d] {
			t.Errorf("dropped %v", d)
		}
	}
	if len(dropped) != len(want) {
		t.Errorf("dropped %v, want %v", dropped, want)
	}
}

// TestGivenUp: a request whose caller is gone is no fault of ours.
func TestGivenUp(t *testing.T) {
	e := newEnvInside(t)
	s := e.createPoll()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the Receiver is gone"))
	e.doContext(ctx, "GET", "streams?stream_id="+s.ID, read, nil).wantError(http.StatusServiceUnavailable)
}
