// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// revokeAll records a session-revoked for each user and fans out.
func (e *env) revokeAll(users ...string) {
	e.t.Helper()
	e.update(func(tx idp.Tx) error {
		for _, user := range users {
			s := idp.Signal{Txn: idp.NewID[string](), Type: caep.TypeSessionRevoked, Principal: idp.Principal{UserID: idp.UserID(user)}}
			if err := tx.AppendSignal(&s); err != nil {
				return err
			}
		}
		return nil
	})
	e.fanOut()
}

// users are n different ones.
func users(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("user%d", i)
	}
	return list
}

// attempts are a stream's attempts, newest first.
func (e *env) attempts(s ssf.Stream) (list []idp.Attempt) {
	e.t.Helper()
	num := e.stored(s.ID).Num
	e.view(func(tx idp.Tx) (err error) {
		list, err = tx.Attempts(num, 100)
		return err
	})
	return list
}

func TestPoll(t *testing.T) {
	e := newEnv(t)

	// RFC 8936 §2.3 #1, #2.
	t.Run("none is an empty object", func(t *testing.T) {
		s := e.createPoll()
		a := e.do("POST", pollPath(s), read, object{"returnImmediately": true}).want(http.StatusOK)
		if a.body != `{"sets":{}}` || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("answer = %s, %v", a.body, a.header)
		}
	})
	// RFC 8936 §2.2 #2, §2.3 #3.
	t.Run("maxEvents limits, oldest first, and moreAvailable tells of the rest", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll(users(5)...)
		ds := e.deliveries(s.ID)
		for _, row := range []struct {
			limit, from, to int
			more            bool
		}{{2, 0, 2, true}, {2, 2, 4, true}, {2, 4, 5, false}, {2, 5, 5, false}} {
			sets, more := e.pollMore(s, object{"maxEvents": row.limit})
			var want []string
			for _, d := range ds[row.from:row.to] {
				want = append(want, e.jti(d))
			}
			if !slices.Equal(ids(sets), want) || more != row.more {
				t.Errorf("SETs = %v, more %v, want %v, %v", ids(sets), more, want, row.more)
			}
		}
	})
	t.Run("without maxEvents there is a limit of ours", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll(users(transmitter.MaxEvents + 5)...)
		sets, more := e.pollMore(s, nil)
		if len(sets) != transmitter.MaxEvents || !more {
			t.Errorf("%d SETs, more %v", len(sets), more)
		}
		if sets, more = e.pollMore(s, object{"maxEvents": 1 << 40, "ack": ids(sets)}); len(sets) != 5 || more {
			t.Errorf("%d SETs, more %v", len(sets), more)
		}
		got := e.attempts(s)
		if len(got) != 1 || got[0].From != 1 || got[0].To != transmitter.MaxEvents || got[0].Outcome != idp.Acknowledged {
			t.Errorf("attempts = %+v, want one run", got)
		}
	})
	// RFC 8936 §2.4.3 #1, §2.4.1, §2.4.2.
	t.Run("acknowledgements come first and are for good", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada", "bob")
		first := e.poll(s, object{"maxEvents": 1})
		second := e.poll(s, object{"ack": ids(first)})
		if len(second) != 1 || second[0].ID == first[0].ID {
			t.Fatalf("SETs = %v", ids(second))
		}
		a := e.do("POST", pollPath(s), read, object{"maxEvents": 0, "ack": ids(second)}).want(http.StatusOK)
		if a.body != `{"sets":{}}` {
			t.Errorf("answer to an acknowledgement alone = %s", a.body)
		}
		for _, attempt := range e.attempts(s) {
			if attempt.Outcome != idp.Acknowledged {
				t.Errorf("attempt = %+v", attempt)
			}
		}
		e.view(func(tx idp.Tx) error {
			num := e.stored(s.ID).Num
			position, err := tx.Position(num)
			out, err2 := tx.Handouts(num)
			health, err3 := tx.Health(num)
			if position.Floor != 2 || len(out) != 0 || health.LastOKAt.IsZero() {
				t.Errorf("position = %+v, handouts %v, health %+v", position, out, health)
			}
			return errors.Join(err, err2, err3)
		})
	})
	// RFC 8936 §2.2 #6.
	t.Run("acknowledgements that mean nothing are ignored", func(t *testing.T) {
		s, other := e.createPoll(), e.createPoll()
		e.revokeAll("ada")
		set, foreign := e.poll(s, nil)[0], e.poll(other, nil)[0]
		ahead := e.signer.JTI(e.stored(s.ID).Num, 99)
		e.poll(s, object{"ack": []string{"unknown", "", foreign.ID, ahead, set.ID, set.ID}})
		e.poll(s, object{"ack": []string{set.ID}, "setErrs": object{set.ID: object{"err": "invalid_request"}, foreign.ID: object{"err": "x"}}})
		if got := e.attempts(s); len(got) != 1 || got[0].Outcome != idp.Acknowledged {
			t.Errorf("attempts = %+v, want one", got)
		}
		if got := e.attempts(other); len(got) != 0 {
			t.Errorf("attempts of the other stream = %+v", got)
		}
	})
	// RFC 8936 §2.5.1 #2.
	t.Run("an invalid request settles nothing", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada")
		ack := `"ack":["` + e.poll(s, nil)[0].ID + `"]`
		for _, body := range []string{"", "[]", "null", "5", ";{ broken", `{` + ack + `,"maxEvents":-1}`, `{` + ack + `,"maxEvents":1.5}`,
			`{` + ack + `,"maxEvents":"1"}`, `{` + ack + `,"maxEvents":null}`, `{` + ack + `,"returnImmediately":1}`,
			`{` + ack + `,"ack":[]}`, `{"ack":[5]}`, `{"ack":"x"}`, `{` + ack + `,"setErrs":[]}`,
			`{` + ack + `,"setErrs":{"x":"y"}}`, `{` + ack + `,"setErrs":{"x":{}}}`} {
			e.do("POST", pollPath(s), read, body).wantError(http.StatusBadRequest, "invalid_request")
		}
		if got := e.attempts(s); len(got) != 0 {
			t.Errorf("attempts = %+v", got)
		}
	})
	t.Run("unknown members and media types are ignored", func(t *testing.T) {
		s := e.createPoll()
		e.do("POST", pollPath(s)+"?stream_id=x", read, object{"returnImmediately": true, "x": 1}).want(http.StatusOK)
	})
	// SSF §8.1.2 #4.
	t.Run("paused and disabled streams return nothing and take acknowledgements", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada", "bob")
		handed := e.poll(s, object{"maxEvents": 1})
		e.set(s, "paused", "").want(http.StatusOK)
		if sets, more := e.pollMore(s, object{"ack": ids(handed)}); len(sets) != 0 || more {
			t.Errorf("SETs = %v, more %v", sets, more)
		}
		if got := e.attempts(s); len(got) != 1 {
			t.Errorf("attempts = %+v", got)
		}
		e.set(s, "disabled", "").want(http.StatusOK)
		if sets, more := e.pollMore(s, nil); len(sets) != 0 || more {
			t.Errorf("SETs = %v, more %v", sets, more)
		}
	})
	t.Run("a push stream has no poll URL", func(t *testing.T) {
		s := e.createPush()
		e.do("POST", "poll/"+s.ID, read, object{}).wantError(http.StatusNotFound)
	})
	t.Run("a key that is missing is our fault and loses nothing", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada")
		p := e.provider
		broken, err := generate("late")
		if err != nil {
			t.Fatal(err)
		}
		broken.Versions[0].ActiveFrom = time.Now().Add(time.Hour)
		p.SigningKeyID = broken.ID
		e.update(func(tx idp.Tx) error { return errors.Join(tx.CreateSigningKey(broken), tx.UpdateSSFProvider(p)) })
		e.do("POST", pollPath(s), read, object{"returnImmediately": true}).wantError(http.StatusInternalServerError)
		e.update(func(tx idp.Tx) error { return tx.UpdateSSFProvider(e.provider) })
		if sets := e.poll(s, nil); len(sets) != 1 {
			t.Errorf("%d SETs, want 1", len(sets))
		}
	})
}

// TestPollOrder is SSF §8.1.2.1 #3: "sets" has no order, so of one user there
// is one SET at a time.
func TestPollOrder(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	e.revokeAll("ada", "ada", "bob", "ada")
	ds := e.deliveries(s.ID)
	sets, more := e.pollMore(s, nil)
	if want := []string{e.jti(ds[0]), e.jti(ds[2])}; !slices.Equal(ids(sets), want) || !more {
		t.Fatalf("SETs = %v, more %v, want %v and more", ids(sets), more, want)
	}
	// A Receiver that does not acknowledge is not told to come again at once.
	if again, more := e.pollMore(s, nil); len(again) != 0 || more {
		t.Errorf("SETs = %v, more %v", ids(again), more)
	}
	for i, want := range []string{e.jti(ds[1]), e.jti(ds[3])} {
		sets, more = e.pollMore(s, object{"ack": ids(sets)})
		if !slices.Equal(ids(sets), []string{want}) || more != (i == 0) {
			t.Errorf("SETs = %v, more %v, want %s", ids(sets), more, want)
		}
	}
}

// TestRedelivery is RFC 8936 §2.3 #4 and §2.4 #2.
func TestRedelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t)
		s := e.createPoll()
		e.revokeAll("ada", "bob")
		now := object{"returnImmediately": true, "maxEvents": 1}
		first := e.do("POST", pollPath(s), read, now).want(http.StatusOK)
		second := e.do("POST", pollPath(s), read, now).want(http.StatusOK)
		if first.body == second.body {
			t.Fatal("a SET was returned twice at once")
		}
		time.Sleep(30*time.Second - time.Millisecond)
		if sets := e.poll(s, nil); len(sets) != 0 {
			t.Errorf("%d SETs came again too soon", len(sets))
		}
		time.Sleep(time.Millisecond)
		again := e.do("POST", pollPath(s), read, now).want(http.StatusOK)
		if want := first.body; again.body != want {
			t.Errorf("a SET came again as\n%s\nwant\n%s", again.body, want)
		}
	})
}

// TestSetErrs is RFC 8936 §2.2 #5, #7.
func TestSetErrs(t *testing.T) {
	e := newEnv(t)
	reject := func(s ssf.Stream, id, code string) []string {
		return ids(e.poll(s, object{"setErrs": object{id: object{"err": code, "description": "because"}}}))
	}
	exceptions := func(s ssf.Stream, kind idp.ExceptionKind) (list []idp.Exception) {
		num := e.stored(s.ID).Num
		e.view(func(tx idp.Tx) (err error) {
			list, err = tx.Exceptions(num, kind)
			return err
		})
		return list
	}
	t.Run("a bad SET is a dead letter and what follows goes on", func(t *testing.T) {
		for _, code := range []string{"invalid_request", "invalid_state", "new_code"} {
			s := e.createPoll()
			e.revokeAll("ada", "ada")
			ds := e.deliveries(s.ID)
			if next := reject(s, e.poll(s, nil)[0].ID, code); !slices.Equal(next, []string{e.jti(ds[1])}) {
				t.Errorf("%s: next = %v", code, next)
			}
			dead := exceptions(s, idp.DeadLetter)
			if len(dead) != 1 || dead[0].Err != code || dead[0].Detail != "because" || dead[0].JWS == "" || dead[0].Tries != 1 {
				t.Errorf("%s: dead letters = %+v", code, dead)
			}
			if got := e.attempts(s); len(got) != 1 || got[0].Outcome != idp.Rejected || got[0].Err != code {
				t.Errorf("%s: attempts = %+v", code, got)
			}
		}
	})
	t.Run("an error counts more than an acknowledgement", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada")
		id := e.poll(s, nil)[0].ID
		e.poll(s, object{"ack": []string{id}, "setErrs": object{id: object{"err": "invalid_request"}}})
		if got := e.attempts(s); len(got) != 1 || got[0].Outcome != idp.Rejected {
			t.Errorf("attempts = %+v", got)
		}
	})
	t.Run("long texts are cut", func(t *testing.T) {
		s := e.createPoll()
		e.revokeAll("ada")
		id := e.poll(s, nil)[0].ID
		e.poll(s, object{"setErrs": object{id: object{"err": strings.Repeat("e", 500), "description": strings.Repeat("é", 1000)}}})
		if got := exceptions(s, idp.DeadLetter)[0]; len(got.Err) != 100 || len(got.Detail) != 1000 {
			t.Errorf("exception = %d, %d bytes", len(got.Err), len(got.Detail))
		}
	})
}

// TestRetryAfterRejection: a code that may pass is tried again, with the same
// bytes, a few times; what follows about the same user waits.
func TestRetryAfterRejection(t *testing.T) {
	for _, code := range []string{"invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnvInside(t)
				s := e.createPoll()
				e.revokeAll("ada", "ada", "bob")
				ds := e.deliveries(s.ID)
				now := object{"returnImmediately": true}
				first := e.do("POST", pollPath(s), read, object{"returnImmediately": true, "maxEvents": 1}).want(http.StatusOK)
				id := e.jti(ds[0])
				wrong := object{id: object{"err": code}}
				if got := ids(e.poll(s, object{"setErrs": wrong})); !slices.Equal(got, []string{e.jti(ds[2])}) {
					t.Fatalf("SETs = %v, want bob's alone", got)
				}
				e.poll(s, object{"ack": []string{e.jti(ds[2])}})
				for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60} {
					time.Sleep(wait*time.Minute - time.Millisecond)
					if got := e.poll(s, nil); len(got) != 0 {
						t.Fatalf("SETs = %v before %v minutes", ids(got), wait)
					}
					time.Sleep(time.Millisecond)
					if again := e.do("POST", pollPath(s), read, now); again.body != first.body {
						t.Fatalf("answer = %s, want %s", again.body, first.body)
					}
					if got := e.poll(s, nil); len(got) != 0 {
						t.Fatalf("SETs = %v while one is out", ids(got))
					}
					if wait < 60 {
						e.poll(s, object{"maxEvents": 0, "setErrs": wrong})
					}
				}
				if code == "access_denied" {
					// At last it is accepted.
					if got := ids(e.poll(s, object{"ack": []string{id}})); !slices.Equal(got, []string{e.jti(ds[1])}) {
						t.Errorf("SETs = %v", got)
					}
					return
				}
				if got := ids(e.poll(s, object{"setErrs": wrong})); !slices.Equal(got, []string{e.jti(ds[1])}) {
					t.Errorf("SETs after the last rejection = %v", got)
				}
			})
		})
	}
}

// TestPollAtOnce: polls of one stream at the same time share its SETs.
func TestPollAtOnce(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	var want []string
	e.revokeAll(append(users(100), users(100)...)...)
	for _, d := range e.deliveries(s.ID) {
		want = append(want, e.jti(d))
	}
	var mu sync.Mutex
	got := make(map[string]int)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			ack := []string{}
			for {
				sets := e.poll(s, object{"maxEvents": 7, "ack": ack})
				if ack = ids(sets); len(ack) == 0 {
					return
				}
				mu.Lock()
				for _, id := range ack {
					got[id]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, id := range ids(e.poll(s, nil)) {
		got[id]++ // waited for a SET that another poll acknowledged last
	}
	for _, id := range want {
		if got[id] != 1 {
			t.Errorf("SET %s was returned %d times", id, got[id])
		}
	}
	if diff := cmp.Diff(len(want), len(got)); diff != "" {
		t.Errorf("SETs (-want +got):\n%s", diff)
	}
}
