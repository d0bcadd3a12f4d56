// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// A miniTransmitter is the least Transmitter that both deliveries work with:
// one stream, and a verification event is all it ever sends.
type miniTransmitter struct {
	t       *testing.T
	signer  signer
	issuer  string
	mu      sync.Mutex
	stream  *ssf.Stream
	waiting ssf.PolledSETs
	ready   chan struct{} // ends the wait of a poll
	acked   chan string
}

func startTransmitter(t *testing.T) *miniTransmitter {
	t.Helper()
	m := &miniTransmitter{t: t, signer: newSigner(t, "k"), ready: make(chan struct{}, 1), acked: make(chan string, 10)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m.issuer = server.URL + "/ssf"
	mux.HandleFunc("GET /.well-known/ssf-configuration/ssf", replyJSON(t, 200, ssf.Metadata{
		Issuer: m.issuer, JWKSURI: server.URL + "/jwks", ConfigurationEndpoint: server.URL + "/streams",
		VerificationEndpoint: server.URL + "/verify",
	}))
	mux.HandleFunc("GET /jwks", reply(200, jwks(t, m.signer)))
	mux.HandleFunc("POST /token", reply(200, `{"access_token":"a","token_type":"Bearer","expires_in":600}`))
	mux.HandleFunc("GET /streams", reply(200, `[]`))
	mux.HandleFunc("POST /streams", m.create)
	mux.HandleFunc("POST /verify", m.verify)
	mux.HandleFunc("POST /poll", m.poll)
	return m
}

func (m *miniTransmitter) create(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	req, err := ssf.ParseCreate(text)
	if err != nil || r.Header.Get("Authorization") != "Bearer a" {
		m.t.Errorf("create = %s, %v with %v", text, err, r.Header)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stream = &ssf.Stream{
		ID: "s1", Issuer: m.issuer, Audience: secevent.Audience{audience},
		EventsDelivered: req.EventsRequested, Delivery: *req.Delivery,
	}
	if m.stream.Delivery.Method == ssf.Poll {
		m.stream.Delivery.EndpointURL = strings.TrimSuffix(m.issuer, "/ssf") + "/poll"
	}
	replyJSON(m.t, 201, m.stream)(w, r)
}

// verify sends the event while the request is answered (SSF §8.1.4.2).
func (m *miniTransmitter) verify(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	req, err := ssf.ParseVerification(text)
	if err != nil {
		m.t.Errorf("verification request = %s, %v", text, err)
	}
	payload, err := json.Marshal(ssf.Verification{State: req.State})
	if err != nil {
		m.t.Error(err)
	}
	set := m.signer.signToken(&secevent.Token{
		Issuer: m.issuer, Audience: secevent.Audience{audience}, ID: "v1", IssuedAt: time.Now(),
		Subject: ssf.StreamSubject("s1"), Events: map[secevent.EventType]json.RawMessage{ssf.TypeVerification: payload},
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stream.Delivery.Method == ssf.Poll {
		m.waiting = append(m.waiting, ssf.PolledSET{ID: "v1", Token: set})
		m.ready <- struct{}{}
	} else {
		go m.push(m.stream.Delivery, set)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (m *miniTransmitter) push(d ssf.Delivery, set string) {
	r, err := http.NewRequest(http.MethodPost, d.EndpointURL, strings.NewReader(set))
	if err != nil {
		m.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/secevent+jwt")
	r.Header.Set("Authorization", d.AuthorizationHeader)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Error(err)
		return
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusAccepted {
		m.acked <- "v1"
	}
}

func (m *miniTransmitter) poll(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	req, err := ssf.ParsePoll(text)
	if err != nil || len(req.SetErrs) != 0 {
		m.t.Errorf("poll = %s, %v", text, err)
	}
	for _, id := range req.Ack {
		m.acked <- id
	}
	if req.ReturnImmediately == nil {
		select {
		case <-m.ready:
		case <-r.Context().Done():
			return
		}
	}
	m.mu.Lock()
	response := ssf.PollResponse{Sets: m.waiting}
	m.waiting = nil
	m.mu.Unlock()
	replyJSON(m.t, 200, response)(w, r)
}

// TestFlow goes the whole way of an application over real connections:
// discover, get a token, create a stream, verify it.
func TestFlow(t *testing.T) {
	for _, method := range []ssf.DeliveryMethod{ssf.Push, ssf.Poll} {
		t.Run(string(method), func(t *testing.T) {
			m := startTransmitter(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			client := connect(ctx, t, m)
			verifier, err := receiver.NewVerifier(client.Metadata(), secevent.Audience{audience}, nil)
			if err != nil {
				t.Fatal(err)
			}
			in := newInbox(t, m.signer, func(cfg *receiver.InboxConfig) { cfg.Verifier = verifier })
			want := ssf.CreateRequest{EventsRequested: []secevent.EventType{typeA}, Delivery: &ssf.Delivery{Method: method}}
			if method == ssf.Push {
				server := httptest.NewServer(newPush(t, in))
				defer server.Close()
				want.Delivery.EndpointURL, want.Delivery.AuthorizationHeader = server.URL, "Bearer push-secret"
			}
			stream, err := client.EnsureStream(ctx, want)
			if err != nil {
				t.Fatal(err)
			}
			if method == ssf.Poll {
				stop := startPoller(ctx, t, client, stream, in)
				defer stop()
			}
			if err := in.Verify(ctx, client, stream.ID); err != nil {
				t.Fatalf("Verify = %v, want nil", err)
			}
			if got := <-m.acked; got != "v1" {
				t.Errorf("acknowledged = %q, want v1", got)
			}
		})
	}
}

func connect(ctx context.Context, t *testing.T, m *miniTransmitter) *receiver.Client {
	t.Helper()
	metadata, err := receiver.Discover(ctx, nil, m.issuer)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := receiver.NewClientCredentials(receiver.ClientCredentialsConfig{
		TokenURL: strings.TrimSuffix(m.issuer, "/ssf") + "/token", ClientID: "atlas", ClientSecret: "secret",
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := receiver.NewClient(receiver.ClientConfig{
		Metadata: metadata, Tokens: tokens, Audience: secevent.Audience{audience},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func startPoller(ctx context.Context, t *testing.T, client *receiver.Client, stream *ssf.Stream, in *inbox) (stop func()) {
	t.Helper()
	poller, err := receiver.NewPoller(receiver.PollerConfig{Client: client, Stream: stream, Inbox: in.Inbox})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- poller.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want context.Canceled", err)
		}
	}
}

// TestNewReportsAll: constructors name every field that is missing.
func TestNewReportsAll(t *testing.T) {
	_, clientErr := receiver.NewClient(receiver.ClientConfig{})
	_, inboxErr := receiver.NewInbox(receiver.InboxConfig{})
	_, pushErr := receiver.NewPush(receiver.PushConfig{})
	_, pollerErr := receiver.NewPoller(receiver.PollerConfig{})
	_, keysErr := receiver.NewKeys(receiver.KeysConfig{})
	for want, err := range map[string]error{
		"client: Metadata is required\nclient: Tokens is required":                          clientErr,
		"inbox: Handler is required\ninbox: Verifier is required":                           inboxErr,
		"push: Inbox is required":                                                           pushErr,
		"poller: Client is required\npoller: Inbox is required\npoller: Stream is required": pollerErr,
		"keys: URL is required; the Transmitter's metadata may lack jwks_uri":               keysErr,
	} {
		if err == nil || err.Error() != want {
			t.Errorf("New = %v, want %q", err, want)
		}
	}
}
