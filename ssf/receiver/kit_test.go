// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
	"github.com/tocsin-id/tocsin/subject"
)

const (
	issuer   = "https://tr.example.com/ssf/atlas"
	audience = "https://atlas.example.com"
)

// A memoryTransport answers requests by a handler without sockets, so that it
// also works inside of synctest bubbles, where a socket would stop the clock.
type memoryTransport struct{ handler http.Handler }

func (m memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody // as a server sees it
	}
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		m.handler.ServeHTTP(w, r)
		done <- w.Result()
	}()
	select {
	case res := <-done:
		return res, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// memoryClient returns an HTTP client that talks to handler only.
func memoryClient(handler http.Handler) *http.Client {
	return &http.Client{Transport: memoryTransport{handler}}
}

// A request is what a fake Transmitter has seen.
type request struct {
	Method, URL, Body string
	Header            http.Header
}

// A script answers requests in order with its handlers, the last one again and
// again, and keeps what it was asked.
type script struct {
	mu       sync.Mutex
	handlers []http.HandlerFunc
	seen     []request
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.seen = append(s.seen, request{r.Method, r.URL.String(), string(body), r.Header.Clone()})
	handler := s.handlers[0]
	if len(s.handlers) > 1 {
		s.handlers = s.handlers[1:]
	}
	s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	handler(w, r)
}

// body returns the body of a request that a script passes on.
func body(r *http.Request) string {
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

func (s *script) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.seen...)
}

// reply makes a handler that answers with a status and a JSON body.
func reply(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func metadata() *ssf.Metadata {
	return &ssf.Metadata{
		SpecVersion: ssf.SpecVersion, Issuer: issuer, JWKSURI: "https://tr.example.com/jwks",
		ConfigurationEndpoint: "https://tr.example.com/streams",
		StatusEndpoint:        "https://tr.example.com/status",
		AddSubjectEndpoint:    "https://tr.example.com/subjects/add",
		RemoveSubjectEndpoint: "https://tr.example.com/subjects/remove",
		VerificationEndpoint:  "https://tr.example.com/verify",
	}
}

// newClient returns a client whose Transmitter answers with the handlers.
func newClient(t *testing.T, handlers ...http.HandlerFunc) (*receiver.Client, *script) {
	t.Helper()
	s := &script{handlers: handlers}
	client, err := receiver.NewClient(receiver.ClientConfig{
		Metadata: metadata(), Tokens: receiver.StaticToken("t1"),
		Audience: secevent.Audience{audience}, HTTP: memoryClient(s),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

// A signer is a Transmitter's key and what verifies its SETs.
type signer struct {
	t      *testing.T
	signer *secevent.Signer
}

func newSigner(t *testing.T, keyID string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := secevent.NewSigner(key, keyID, secevent.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return signer{t, s}
}

func (s signer) verifier() *secevent.Verifier {
	return &secevent.Verifier{
		Issuer: issuer, Audience: secevent.Audience{audience}, Keys: secevent.KeySet{s.signer.Key()},
	}
}

// sign returns a SET with one event.
func (s signer) sign(id string, sub subject.Identifier, typ secevent.EventType, payload string) string {
	s.t.Helper()
	token := secevent.Token{
		Issuer: issuer, Audience: secevent.Audience{audience}, ID: id, IssuedAt: time.Unix(1700000000, 0),
		Subject: sub, Events: map[secevent.EventType]json.RawMessage{typ: json.RawMessage(payload)},
	}
	return s.signToken(&token)
}

func (s signer) signToken(token *secevent.Token) string {
	s.t.Helper()
	compact, err := token.Sign(s.signer)
	if err != nil {
		s.t.Fatal(err)
	}
	return compact
}

// An inbox records the SETs that its handler got and answers as told.
type inbox struct {
	*receiver.Inbox
	mu     sync.Mutex
	got    []string // jti
	answer func(set *secevent.Token) error
}

func newInbox(t *testing.T, s signer, edit func(*receiver.InboxConfig)) *inbox {
	t.Helper()
	in := new(inbox)
	cfg := receiver.InboxConfig{Verifier: s.verifier(), Handler: in.handle}
	if edit != nil {
		edit(&cfg)
	}
	var err error
	if in.Inbox, err = receiver.NewInbox(cfg); err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *inbox) handle(_ context.Context, set *secevent.Token) error {
	in.mu.Lock()
	in.got = append(in.got, set.ID)
	in.mu.Unlock()
	if in.answer == nil {
		return nil
	}
	return in.answer(set)
}

func (in *inbox) handled() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]string(nil), in.got...)
}
