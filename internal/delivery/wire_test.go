// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/delivery"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/safehttp"
)

// onWire is a request as a push endpoint reads it from its connection.
type onWire struct {
	method, body string
	header       http.Header
	tls          *tls.ConnectionState
}

// TestPushOnWire pushes over a real connection with the client of the program
// (RFC 8935 §2.1).
func TestPushOnWire(t *testing.T) {
	requests := make(chan onWire, 10)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- onWire{r.Method, string(body), r.Header, r.TLS}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	w := newWorld(t)
	w.update(func(tx idp.Tx) error {
		w.stream.EndpointURL = server.URL + "/events?of=atlas"
		return tx.UpdateStream(w.stream)
	})
	w.runWith(realClient(t, server))
	w.emit(w.stream, 1, 2)
	for n := range 2 {
		var got onWire
		select {
		case got = <-requests:
		case <-time.After(20 * time.Second):
			t.Fatal("no request after 20 seconds")
		}
		if got.tls == nil || got.tls.Version < tls.VersionTLS12 || got.method != http.MethodPost {
			t.Errorf("request = %s over %+v, want POST over TLS", got.method, got.tls)
		}
		first, second := fmt.Sprintf("%s/1/1", w.stream.ID), fmt.Sprintf("%s/2/2", w.stream.ID)
		if got.body != first && got.body != second {
			t.Errorf("body of request %d = %q, want one SET and nothing else", n, got.body)
		}
		for header, want := range map[string]string{
			"Content-Type": "application/secevent+jwt", "Accept": "application/json", "Authorization": "Bearer  x y",
		} {
			if values := got.header.Values(header); len(values) != 1 || values[0] != want {
				t.Errorf("%s = %q, want %q", header, values, want)
			}
		}
	}
}

// realClient is the client of the program, which may reach and believes one
// test server.
func realClient(t *testing.T, server *httptest.Server) func(bool) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	clients, err := safehttp.New(safehttp.Config{AnyPort: true, RootCAs: roots,
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clients.CloseIdle)
	return clients.Client
}

// runWith is run with another client.
func (w *world) runWith(client func(bool) *http.Client) {
	w.t.Helper()
	engine, err := delivery.New(delivery.Config{
		DB: w.db, Signer: plainSigner{}, Log: slog.New(slog.DiscardHandler), Client: client,
		Pause: func(context.Context, idp.StreamNum, string) error { return nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); engine.Run(ctx) }()
	w.engine = engine
	w.stop = func() { cancel(); <-done; w.engine, w.stop = nil, nil }
}

// TestDisabled: nothing is pushed on a disabled stream but what tells of it
// (SSF §8.1.2.1), also when it is found waiting.
func TestDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.emit(w.stream, 1, 2)
		w.setStatus(idp.StreamDisabled)
		w.run()
		w.emit(w.stream, 3)
		w.settle(10 * time.Minute)
		if got := w.receiver.taken(); len(got) != 0 {
			t.Errorf("arrived %q on a disabled stream, want none", got)
		}
		w.deliver(w.stream, true, 99)
		w.settle(time.Minute)
		if got := w.receiver.taken(); len(got) != 1 {
			t.Errorf("arrived %q, want the control delivery alone", got)
		}
	})
}
