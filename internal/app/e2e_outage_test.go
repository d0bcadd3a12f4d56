// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// TestReceiverOutage pushes to a Receiver whose port is closed for a while,
// and which answers 503 when it first comes back. Afterwards it has everything
// that happened, in order and once. How long an outage may be is the matter of
// virtual time (delivery's TestOutage); this one is real.
func TestReceiverOutage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for real retries: left out by -short")
	}
	w := startDev(t, false)
	w.mayWarn = true
	r := newRecorder(t)
	r.subscribe(w)
	const before, during, after = 3, 20, 3
	change := w.changes("tomas")

	change(before)
	w.await("the SETs before the outage", func() bool { return len(r.accepted()) == before })

	r.close()
	refused := w.metric("tocsin_push_attempts_total", `error="connection"`)
	change(during)
	w.await("two refused connections", func() bool {
		return w.metric("tocsin_push_attempts_total", `error="connection"`) >= refused+2
	})

	r.unavailable(2)
	r.open()
	change(after)
	const all = before + during + after
	w.await("the SETs of the outage", func() bool { return len(r.accepted()) >= all })

	// One that comes twice would come before this one.
	change(1)
	w.await("the last SET", func() bool { return len(r.accepted()) > all })
	got := r.accepted()
	if len(got) != all+1 {
		t.Errorf("%d SETs accepted, want %d", len(got), all+1)
	}
	seen := make(map[string]bool)
	for i, set := range got {
		if seen[set.jti] {
			t.Errorf("SET %d: jti %s came twice", i+1, set.jti)
		}
		seen[set.jti] = true
		if want := fmt.Sprintf("Change %d", i+1); set.reason != want {
			t.Errorf("SET %d is %q, want %q", i+1, set.reason, want)
		}
	}
}

// changes returns a function that makes a number of changes to a user, each of
// which says the how manieth it is.
func (w *world) changes(username string) func(n int) {
	w.t.Helper()
	id := w.userID(username)
	made := 0
	return func(n int) {
		w.t.Helper()
		for range n {
			made++
			w.api(http.MethodPost, "/users/"+id+"/sessions/revoke",
				map[string]string{"reason_admin": fmt.Sprintf("Change %d", made)}, nil)
		}
	}
}

// metric adds up the samples of a metric that have a label.
func (w *world) metric(name, label string) (sum float64) {
	w.t.Helper()
	answer, err := w.http.Get(w.BaseURL + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	sample := regexp.MustCompile(`(?m)^` + name + `\{[^}]*` + regexp.QuoteMeta(label) + `[^}]*\} (\S+)$`)
	for _, m := range sample.FindAllSubmatch(text, -1) {
		value, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			w.t.Fatalf("%s: %v", m[0], err)
		}
		sum += value
	}
	return sum
}

// recorder is a Receiver that writes down what it accepts.
type recorder struct {
	t        *testing.T
	address  string
	verifier *secevent.Verifier

	mu     sync.Mutex // guards the members below
	server *http.Server
	sets   []recorded
	refuse int
}

type recorded struct{ jti, reason string }

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{t: t, address: "127.0.0.1:0"}
	r.open()
	t.Cleanup(r.close)
	return r
}

// open listens, each time at the same address.
func (r *recorder) open() {
	r.t.Helper()
	ln, err := net.Listen("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: time.Second}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.address, r.server = ln.Addr().String(), server
	go server.Serve(ln)
}

// close ends the server with all its connections.
func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server.Close()
}

// unavailable makes the next n requests fail.
func (r *recorder) unavailable(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = n
}

func (r *recorder) accepted() []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]recorded(nil), r.sets...)
}

// serve verifies a SET and writes it down before it answers.
func (r *recorder) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(io.LimitReader(q.Body, 1<<20))
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	set, err := r.verifier.Verify(q.Context(), string(body))
	if err != nil {
		r.t.Errorf("pushed SET: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	event, err := caep.Parse(set.Event())
	if err != nil {
		r.t.Errorf("pushed SET %s: %v", set.ID, err)
	}
	common, _ := caep.CommonOf(event)
	r.sets = append(r.sets, recorded{set.ID, common.ReasonAdmin.Pick("en")})
	w.WriteHeader(http.StatusAccepted)
}

// subscribe creates a stream of Atlas's provider, beside Atlas's own, that is
// pushed here.
func (r *recorder) subscribe(w *world) {
	r.t.Helper()
	a, ctx := w.application("atlas"), r.t.Context()
	metadata, err := receiver.Discover(ctx, w.http, a.SSFIssuer)
	if err != nil {
		r.t.Fatal(err)
	}
	audience := secevent.Audience{a.ClientID}
	if r.verifier, err = receiver.NewVerifier(metadata, audience, w.http); err != nil {
		r.t.Fatal(err)
	}
	tokens, err := receiver.NewClientCredentials(receiver.ClientCredentialsConfig{
		TokenURL: w.BaseURL + "/oauth2/token", ClientID: a.ClientID, ClientSecret: a.ClientSecret,
		Scopes: []string{"ssf.manage"}, HTTP: w.http,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	client, err := receiver.NewClient(receiver.ClientConfig{Metadata: metadata, Tokens: tokens, Audience: audience, HTTP: w.http})
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = client.CreateStream(ctx, ssf.CreateRequest{
		EventsRequested: []secevent.EventType{caep.TypeSessionRevoked},
		Delivery:        &ssf.Delivery{Method: ssf.Push, EndpointURL: "http://" + r.address + "/"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
