// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/delivery"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

const retention = 24 * time.Hour

// world is a database with one push stream, a receiver and an engine.
type world struct {
	t        *testing.T
	db       idp.DB
	stream   idp.Stream
	receiver *receiver
	paused   []string
	engine   *delivery.Engine
	stop     func()
}

// newWorld runs inside a synctest bubble, so that pauses take no time.
func newWorld(t *testing.T) *world {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, receiver: newReceiver()}
	t.Cleanup(func() {
		if w.stop != nil {
			w.stop()
		}
		dbtest.CheckInvariants(t, db)
		db.Close()
	})
	w.stream = w.newStream("https://one.example.com/events")
	return w
}

func (w *world) update(fn func(idp.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) newStream(endpoint string) (stream idp.Stream) {
	w.t.Helper()
	w.update(func(tx idp.Tx) (err error) {
		id := idp.NewID[idp.StreamID]()
		slug := "s" + string(id[24:])
		app := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: slug, Name: slug}
		if err := tx.CreateApplication(app); err != nil {
			return err
		}
		key := idp.SigningKey{ID: idp.NewID[idp.KeyID](), Name: slug, Algorithm: secevent.ES256}
		if err := tx.CreateSigningKey(key); err != nil {
			return err
		}
		provider := idp.SSFProvider{
			ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: slug, Slug: slug, SigningKeyID: key.ID,
			EventRetention: retention, VerifyTLS: true, EventTypes: []secevent.EventType{"https://example.com/e"},
			DefaultSubjects: idp.SubjectsAll,
		}
		if err := tx.CreateSSFProvider(provider); err != nil {
			return err
		}
		stream, err = tx.CreateStream(idp.Stream{
			ID: id, ProviderID: provider.ID, ApplicationID: app.ID, Audience: secevent.Audience{"a"},
			Method: idp.Push, EndpointURL: endpoint, Authorization: idp.NewSecret("Bearer  x y"),
			Status: idp.StreamEnabled, StatusBy: idp.ActorApplication, DefaultSubjects: idp.SubjectsAll,
		})
		return err
	})
	return stream
}

// emit fans a signal out to the stream for each user given and hands it to the
// engine, as the transmitter does.
func (w *world) emit(stream idp.Stream, users ...int64) {
	w.t.Helper()
	w.deliver(stream, false, users...)
}

func (w *world) deliver(stream idp.Stream, control bool, users ...int64) {
	w.t.Helper()
	ds := make([]idp.Delivery, len(users))
	w.update(func(tx idp.Tx) error {
		for i, user := range users {
			s := idp.Signal{Txn: "t", Type: "https://example.com/e", Event: []byte("{}")}
			if err := tx.AppendSignal(&s); err != nil {
				return err
			}
			ds[i] = idp.Delivery{
				Stream: stream.Num, SignalID: s.ID, Type: s.Type, At: s.At, OrderKey: user, Txn: s.Txn,
				IssuedAt: s.At.Unix(), Payload: []byte(`{"user":` + strconv.FormatInt(user, 10) + `}`),
				Control: control, ExpiresAt: s.At.Add(retention),
			}
			if err := tx.SetFanOutPosition(s.ID); err != nil {
				return err
			}
		}
		return tx.AppendDeliveries(ds)
	})
	if w.engine != nil {
		w.engine.Wake(ds)
	}
}

// run starts an engine; stop ends it and waits for it.
func (w *world) run() {
	w.t.Helper()
	engine, err := delivery.New(delivery.Config{
		DB: w.db, Signer: plainSigner{}, Log: slog.New(slog.DiscardHandler),
		Client: func(bool) *http.Client { return &http.Client{Transport: w.receiver} },
		Pause: func(ctx context.Context, num idp.StreamNum, reason string) error {
			w.paused = append(w.paused, reason)
			return w.db.Update(ctx, func(tx idp.Tx) error { return setStatus(tx, num, idp.StreamPaused) })
		},
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

func setStatus(tx idp.Tx, num idp.StreamNum, status idp.StreamStatus) error {
	s, err := tx.StreamByNum(num)
	if err != nil {
		return err
	}
	s.Status, s.StatusBy = status, idp.ActorAdmin
	return tx.UpdateStream(s)
}

func (w *world) setStatus(status idp.StreamStatus) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error { return setStatus(tx, w.stream.Num, status) })
}

// settle lets everything happen that can happen within d of virtual time.
func (w *world) settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) view(fn func(idp.Tx) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantSettled(through int64) {
	w.t.Helper()
	w.view(func(tx idp.Tx) error {
		p, err := tx.Position(w.stream.Num)
		if p.Floor != through || len(p.Above) != 0 {
			w.t.Errorf("position = %+v, want floor %d", p, through)
		}
		return err
	})
}

// plainSigner makes SETs that a test can read: "stream/seq".
type plainSigner struct{}

func (plainSigner) Sign(_ context.Context, _ idp.SSFProvider, s idp.Stream, d idp.Delivery) (string, string, error) {
	return "kid", fmt.Sprintf("%s/%d/%d", s.ID, d.Seq, d.OrderKey), nil
}

func (plainSigner) SignLogout(_ context.Context, s idp.Stream, d idp.Delivery) (string, string, error) {
	return "kid", fmt.Sprintf("%s/%d/%d/%s", s.ID, d.Seq, d.OrderKey, d.Payload), nil
}

// receiver is a transport that answers as a push endpoint.
type receiver struct {
	mu sync.Mutex
	// got are the SETs that it took, in order; requests are all of them.
	got      []string
	requests []*http.Request
	// answer decides; nil takes everything.
	answer func(set string, req *http.Request) (*http.Response, error)
}

func newReceiver() *receiver { return &receiver{} }

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	set := string(body)
	r.mu.Lock()
	r.requests = append(r.requests, req)
	answer := r.answer
	r.mu.Unlock()
	resp := reply(http.StatusAccepted, "")
	if answer != nil {
		resp, err = answer(set, req)
	}
	if err == nil && resp.StatusCode/100 == 2 {
		r.mu.Lock()
		r.got = append(r.got, set)
		r.mu.Unlock()
	}
	return resp, err
}

func (r *receiver) set(answer func(string, *http.Request) (*http.Response, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

var errDown = errors.New("connection refused")

func down(string, *http.Request) (*http.Response, error) { return nil, errDown }

// wantOnceInOrder checks that each delivery from 1 to n arrived exactly once
// and that those of each user arrived in order.
func wantOnceInOrder(t *testing.T, got []string, n int) {
	t.Helper()
	seen := map[int]bool{}
	last := map[string]int{}
	for _, set := range got {
		parts := strings.Split(set, "/")
		seq, _ := strconv.Atoi(parts[1])
		if seen[seq] {
			t.Errorf("delivery %d arrived twice", seq)
		}
		seen[seq] = true
		if user := parts[2]; seq < last[user] {
			t.Errorf("delivery %d of user %s arrived after %d", seq, user, last[user])
		} else {
			last[user] = seq
		}
	}
	if len(seen) != n {
		t.Errorf("%d deliveries arrived, want %d", len(seen), n)
	}
}
