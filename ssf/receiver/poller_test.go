// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
	"github.com/tocsin-id/tocsin/subject"
)

const pollURL = "https://tr.example.com/poll?stream_id=s1"

func pollStream() *ssf.Stream {
	return &ssf.Stream{ID: "s1", Delivery: ssf.Delivery{Method: ssf.Poll, EndpointURL: pollURL}}
}

// sets makes the answer to a poll.
func sets(t *testing.T, list ...ssf.PolledSET) http.HandlerFunc {
	t.Helper()
	body, err := json.Marshal(ssf.PollResponse{Sets: list})
	if err != nil {
		t.Fatal(err)
	}
	return reply(200, string(body))
}

// hang is a long poll in which nothing happens.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// runPoller polls a Transmitter that answers with the handlers for some time,
// and returns the bodies of all polls and the error of Run.
func runPoller(t *testing.T, in *inbox, life time.Duration, handlers ...http.HandlerFunc) (*script, error) {
	t.Helper()
	client, server := newClient(t, handlers...)
	poller, err := receiver.NewPoller(receiver.PollerConfig{Client: client, Stream: pollStream(), Inbox: in.Inbox})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), life)
	defer cancel()
	return server, poller.Run(ctx)
}

func wantBodies(t *testing.T, server *script, want ...string) {
	t.Helper()
	var got []string
	for _, r := range server.requests() {
		if r.URL != pollURL || r.Method != "POST" || r.Header.Get("Authorization") != "Bearer t1" {
			t.Errorf("request = %s %s %v, want a POST of the endpoint_url as it is, with the token", r.Method, r.URL, r.Header)
		}
		got = append(got, r.Body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("polls differ (-want +got):\n%s", diff)
	}
}

func TestPoller(t *testing.T) {
	s := newSigner(t, "k")
	set := func(id string) ssf.PolledSET {
		return ssf.PolledSET{ID: id, Token: s.sign(id, subject.Opaque("u1"), typeA, `{}`)}
	}
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, s, nil)
		in.answer = func(set *secevent.Token) error {
			if set.ID == "bad" {
				return &secevent.Error{Code: secevent.AccessDenied, Description: "no"}
			}
			return nil
		}
		start := time.Now()
		server, err := runPoller(t, in, time.Minute,
			sets(t, set("z"), set("bad"), set("a")),
			// Announced under another name: rejected under that name.
			sets(t, set("z"), ssf.PolledSET{ID: "x", Token: set("b").Token}),
			hang)
		// The last acknowledgement hangs as well, and is given up soon.
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute+5*time.Second {
			t.Errorf("Run = %v after %v, want the end of its context", err, time.Since(start))
		}
		wantBodies(t, server,
			`{"maxEvents":100}`,
			`{"maxEvents":100,"ack":["z","a"],"setErrs":{"bad":{"err":"access_denied","description":"no"}}}`,
			`{"maxEvents":100,"ack":["z"],"setErrs":{"x":{"err":"invalid_request","description":"the SET has the jti \"b\", which is not the name it was sent under"}}}`,
			// The last poll was cut off; it may not have arrived.
			`{"maxEvents":0,"returnImmediately":true,"ack":["z"],"setErrs":{"x":{"err":"invalid_request","description":"the SET has the jti \"b\", which is not the name it was sent under"}}}`,
		)
		if diff := cmp.Diff([]string{"z", "bad", "a"}, in.handled()); diff != "" {
			t.Errorf("handled SETs differ (-want +got):\n%s", diff)
		}
		for i, r := range server.requests() { // RFC 8936 §2.6
			if got, want := r.Header.Get("Content-Language") == "en", strings.Contains(r.Body, "setErrs"); got != want {
				t.Errorf("poll %d has Content-Language = %v, want %v", i, got, want)
			}
		}
	})
}

// What could not be processed is neither acknowledged nor rejected, and the
// next poll waits a little.
func TestPollerHandlerFails(t *testing.T) {
	s := newSigner(t, "k")
	one := ssf.PolledSET{ID: "j1", Token: s.sign("j1", subject.Opaque("u1"), typeA, `{}`)}
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, s, nil)
		in.answer = func(*secevent.Token) error { return errors.New("database is down") }
		server, _ := runPoller(t, in, time.Minute, sets(t, one))
		for _, r := range server.requests() {
			if r.Body != `{"maxEvents":100}` {
				t.Errorf("poll = %s, want no word about the SET", r.Body)
			}
		}
		// Waits of about 1, 2, 4, 8, 16 and 32 seconds fit in a minute.
		if n := len(server.requests()); n < 6 || n > 8 {
			t.Errorf("%d polls in a minute, want six to eight", n)
		}
	})
}

// A Transmitter that answers at once with nothing is not hammered.
func TestPollerIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, newSigner(t, "k"), nil)
		server, _ := runPoller(t, in, 10500*time.Millisecond, reply(200, `{"sets":{}}`))
		if n := len(server.requests()); n != 11 {
			t.Errorf("%d polls in 10.5 s, want one a second", n)
		}
	})
}

func TestPollerErrors(t *testing.T) {
	s := newSigner(t, "k")
	one := ssf.PolledSET{ID: "j1", Token: s.sign("j1", subject.Opaque("u1"), typeA, `{}`)}
	const first, acked = `{"maxEvents":100}`, `{"maxEvents":100,"ack":["j1"]}`
	tests := []struct {
		name        string
		answer      http.HandlerFunc // to the poll that acknowledges
		least, most time.Duration    // until the next one
		after       string           // body of the next one
	}{
		{"server error", reply(500, ``), 500 * time.Millisecond, time.Second, acked},
		{"no JSON", reply(200, `<html>`), 500 * time.Millisecond, time.Second, acked},
		{"too many", reply(429, ``, "Retry-After", "120"), 120 * time.Second, 120 * time.Second, acked},
		{"asks for too long", reply(503, ``, "Retry-After", "86400"), 10 * time.Minute, 10 * time.Minute, acked},
		{"answers too late", hang, 2*time.Minute + 500*time.Millisecond, 2*time.Minute + time.Second, acked},
		// It might dislike just these acknowledgements.
		{"bad request", reply(400, ``), 500 * time.Millisecond, time.Second, first},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var took time.Duration
				server, _ := runPoller(t, newInbox(t, s, nil), time.Hour, sets(t, one), test.answer,
					func(w http.ResponseWriter, r *http.Request) {
						took = time.Since(start)
						reply(404, ``)(w, r)
					})
				wantBodies(t, server, first, acked, test.after)
				if took < test.least || took > test.most {
					t.Errorf("next poll after %v, want %v to %v", took, test.least, test.most)
				}
			})
		})
	}
}

// A stream that is gone ends the loop: somebody has to make a new one.
func TestPollerGone(t *testing.T) {
	for _, status := range []int{404, 410} {
		synctest.Test(t, func(t *testing.T) {
			_, err := runPoller(t, newInbox(t, newSigner(t, "k"), nil), time.Hour, reply(status, ``))
			var answer *receiver.APIError
			if !errors.As(err, &answer) || answer.Status != status {
				t.Errorf("Run = %v, want the APIError %d", err, status)
			}
		})
	}
}

// What was processed is acknowledged when the program stops.
func TestPollerStops(t *testing.T) {
	s := newSigner(t, "k")
	var list []ssf.PolledSET
	for _, id := range []string{"j1", "j2", "j3"} {
		list = append(list, ssf.PolledSET{ID: id, Token: s.sign(id, subject.Opaque("u1"), typeA, `{}`)})
	}
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, s, nil)
		in.answer = func(*secevent.Token) error {
			time.Sleep(10 * time.Second)
			return nil
		}
		server, err := runPoller(t, in, 15*time.Second, sets(t, list...), reply(200, ``))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v, want the deadline", err)
		}
		wantBodies(t, server, `{"maxEvents":100}`, `{"maxEvents":0,"returnImmediately":true,"ack":["j1","j2"]}`)
	})
}

func TestNewPoller(t *testing.T) {
	client, _ := newClient(t, hang)
	in := newInbox(t, newSigner(t, "k"), nil)
	push := pollStream()
	push.Delivery.Method = ssf.Push
	nowhere := pollStream()
	nowhere.Delivery.EndpointURL = ""
	for _, stream := range []*ssf.Stream{nil, push, nowhere} {
		if _, err := receiver.NewPoller(receiver.PollerConfig{Client: client, Stream: stream, Inbox: in.Inbox}); err == nil {
			t.Errorf("NewPoller(%v) succeeded, want an error", stream)
		}
	}
}
