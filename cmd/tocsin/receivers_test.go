// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// fact is what a SET says of the change behind it.
type fact struct {
	Txn  string
	Type secevent.EventType
}

// record is what one receiver got: every fact in the order in which it came
// first, and every SET by its jti.
type record struct {
	name string
	t    *testing.T

	mu      sync.Mutex // guards the members below
	facts   []fact
	claims  map[string]string // by jti, the payload of the SET as it came first
	repeats int
	// more is closed and replaced when a SET comes.
	more chan struct{}
}

func newRecord(t *testing.T, name string) *record {
	return &record{name: name, t: t, claims: make(map[string]string), more: make(chan struct{})}
}

// add takes in a SET that was verified. One that comes again must be the same.
func (r *record) add(compact string, set *secevent.Token) {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[1])
	if err != nil {
		r.t.Errorf("%s: SET %s: %v", r.name, set.ID, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, again := r.claims[set.ID]; again {
		r.repeats++
		if before != string(payload) {
			r.t.Errorf("%s: SET %s came again as\n%s\nand first as\n%s", r.name, set.ID, payload, before)
		}
		return
	}
	r.claims[set.ID] = string(payload)
	if set.Txn != "" { // control SETs have none
		r.facts = append(r.facts, fact{set.Txn, set.Type()})
	}
	close(r.more)
	r.more = make(chan struct{})
}

// about returns the facts of some changes in the order in which they came, and
// a channel that is closed when there is more.
func (r *record) about(txns map[string]bool) ([]fact, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []fact
	for _, f := range r.facts {
		if txns[f.Txn] {
			out = append(out, f)
		}
	}
	return out, r.more
}

// pair is the two receivers, both of application Atlas.
type pair struct {
	push, poll *record
	// at is told when one of the moments comes.
	at func(moment)

	client     *receiver.Client
	verifier   *secevent.Verifier
	pushStream *ssf.Stream
	pollStream *ssf.Stream
}

const pushAuthorization = "Bearer push-secret-of-the-test"

// newPair creates the two streams. The push endpoint lives until the test
// ends; polling is up to the caller.
func newPair(t *testing.T, app devApplication, tokenURL string, at func(moment)) *pair {
	t.Helper()
	metadata, err := receiver.Discover(t.Context(), nil, app.SSFIssuer)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := receiver.NewClientCredentials(receiver.ClientCredentialsConfig{
		TokenURL: tokenURL, ClientID: app.ClientID, ClientSecret: app.ClientSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{push: newRecord(t, "push"), poll: newRecord(t, "poll"), at: at}
	if p.client, err = receiver.NewClient(receiver.ClientConfig{Metadata: metadata, Tokens: tokens}); err != nil {
		t.Fatal(err)
	}
	if p.verifier, err = receiver.NewVerifier(metadata, secevent.Audience{app.ClientID}, nil); err != nil {
		t.Fatal(err)
	}
	// With the keys in memory the receivers need no living transmitter to
	// verify what it sent before it died.
	if _, err := p.verifier.Keys.Keys(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	endpoint := httptest.NewServer(http.HandlerFunc(p.servePush))
	t.Cleanup(endpoint.Close)
	p.pushStream = p.create(t, &ssf.Delivery{Method: ssf.Push, EndpointURL: endpoint.URL, AuthorizationHeader: pushAuthorization})
	p.pollStream = p.create(t, &ssf.Delivery{Method: ssf.Poll})
	return p
}

func (p *pair) create(t *testing.T, d *ssf.Delivery) *ssf.Stream {
	t.Helper()
	s, err := p.client.CreateStream(t.Context(), ssf.CreateRequest{
		EventsRequested: []secevent.EventType{
			caep.TypeSessionRevoked, risc.TypeAccountDisabled, risc.TypeAccountEnabled,
		},
		Delivery: d, Description: "crash test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// servePush is the push endpoint. A SET is kept before it is acknowledged (RFC
// 8935 §2.2).
func (p *pair) servePush(w http.ResponseWriter, r *http.Request) {
	compact, err := io.ReadAll(r.Body)
	if err != nil {
		return // the transmitter died while it sent
	}
	if got := r.Header.Get("Authorization"); got != pushAuthorization {
		p.push.t.Errorf("push with Authorization %q, want that of the stream", got)
	}
	set, err := p.verifier.Verify(context.WithoutCancel(r.Context()), string(compact))
	if err != nil {
		p.push.t.Errorf("push: %v", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	p.at(pushed)
	p.push.add(string(compact), set)
	w.WriteHeader(http.StatusAccepted)
	go p.at(pushAnswered)
}

// runPoll polls until the program dies or is told to stop, and returns what it
// did not get to acknowledge. Half of the time it forgets that, as a receiver
// does that dies too: then the SETs have to come again.
func (p *pair) runPoll(ctx context.Context, c *child, pending []string) []string {
	for ctx.Err() == nil && !c.died() {
		if len(pending) > 0 {
			go p.at(acknowledging)
		}
		answer, err := p.client.Poll(ctx, p.pollStream.Delivery.EndpointURL, ssf.PollRequest{Ack: pending})
		if err != nil {
			p.checkFailure(err)
			c.wait(time.Millisecond) // one that is alive may have closed the connection
			continue
		}
		pending = nil
		for _, got := range answer.Sets {
			set, err := p.verifier.Verify(context.WithoutCancel(ctx), got.Token)
			if err != nil || set.ID != got.ID {
				p.poll.t.Errorf("poll: SET %s is %+v, %v; want a good one with this jti", got.ID, set, err)
				continue
			}
			p.poll.add(got.Token, set)
			pending = append(pending, got.ID)
		}
		if len(pending) > 0 {
			p.at(polled)
		}
	}
	if rand.IntN(2) == 0 {
		return nil
	}
	return pending
}

// checkFailure reports a poll that was answered, but not as it should be. One
// that is cut off by the end of the program may be answered with 503.
func (p *pair) checkFailure(err error) {
	var answered *receiver.APIError
	if errors.As(err, &answered) && answered.Status != http.StatusServiceUnavailable {
		p.poll.t.Errorf("poll: %v", err)
	}
}
