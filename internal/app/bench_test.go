// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

// BenchmarkDelivery measures SETs per second from the change to the recorded
// acknowledgement, beside the limit that signing and the network set on the
// same machine: the same SETs signed and posted to the same receiver, with no
// storage. Compare the two of one run; docs/performance.md has the ratios.
func BenchmarkDelivery(b *testing.B) {
	for _, alg := range []secevent.Algorithm{secevent.RS256, secevent.ES256, secevent.EdDSA} {
		b.Run(string(alg), func(b *testing.B) {
			b.Run("limit", func(b *testing.B) { newBenchmark(b, alg).limit() })
			b.Run("engine", func(b *testing.B) { newBenchmark(b, alg).engine() })
		})
	}
}

const benchStreams = 16

// benchmark is an App with streams to one receiver that takes everything.
type benchmark struct {
	b        *testing.B
	app      *App
	sets     *signing.SETs
	provider idp.SSFProvider
	streams  []idp.Stream
	got      atomic.Int64
	all      chan struct{}
}

func newBenchmark(b *testing.B, alg secevent.Algorithm) *benchmark {
	m := &benchmark{b: b, all: make(chan struct{})}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		if m.got.Add(1) == int64(b.N) {
			close(m.all)
		}
	}))
	b.Cleanup(receiver.Close)
	sealer, err := seal.Ephemeral()
	if err != nil {
		b.Fatal(err)
	}
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), databaseFile), Sealer: sealer})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	base := &url.URL{Scheme: "http", Host: "127.0.0.1"}
	m.app, err = New(b.Context(), Config{
		DB: db, Base: base, Development: true, AllowHTTP: true, AnyPort: true,
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := m.seed(alg, receiver.URL); err != nil {
		b.Fatal(err)
	}
	secrets, err := signing.Bootstrap(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	m.sets, err = signing.NewSETs(signing.SETsConfig{Keys: m.app.keys, BaseURL: base.String(), JTIKey: secrets.JTIKey})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// seed makes a provider with streams, each about the same applications' users.
func (m *benchmark) seed(alg secevent.Algorithm, endpoint string) error {
	key, err := signing.Generate("bench", alg)
	if err != nil {
		return err
	}
	return m.app.cfg.DB.Update(m.b.Context(), func(tx idp.Tx) error {
		if err := tx.CreateSigningKey(key); err != nil {
			return err
		}
		for i := range benchStreams {
			slug := fmt.Sprintf("bench-%d", i)
			app := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: slug, Name: slug}
			m.provider = idp.SSFProvider{
				ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: slug, Slug: slug, SigningKeyID: key.ID,
				EventRetention: time.Hour, VerifyTLS: true, EventTypes: caep.Types(), DefaultSubjects: idp.SubjectsAll,
			}
			if err := tx.CreateApplication(app); err != nil {
				return err
			}
			if err := tx.CreateSSFProvider(m.provider); err != nil {
				return err
			}
			s, err := tx.CreateStream(idp.Stream{
				ID: idp.NewID[idp.StreamID](), ProviderID: m.provider.ID, ApplicationID: app.ID,
				Audience: secevent.Audience{"https://receiver.example.com"}, Method: idp.Push, EndpointURL: endpoint,
				Status: idp.StreamEnabled, StatusBy: idp.ActorApplication, DefaultSubjects: idp.SubjectsAll, ActiveAt: tx.Now(),
			})
			if err != nil {
				return err
			}
			m.streams = append(m.streams, s)
		}
		return nil
	})
}

var benchEvent = []byte(`{"event_timestamp":1795445982,"initiating_entity":"user","reason_admin":{"en":"The user signed out"}}`)

// engine changes things for as many users as it takes to make b.N SETs, and
// waits until each is acknowledged and on record.
func (m *benchmark) engine() {
	ctx, stop := context.WithCancel(m.b.Context())
	var loops sync.WaitGroup
	loops.Go(func() { m.app.fanOut.Run(ctx) })
	loops.Go(func() { m.app.engine.Run(ctx) })
	defer loops.Wait()
	defer stop()

	changes := (m.b.N + benchStreams - 1) / benchStreams
	m.b.ResetTimer()
	m.produce(changes)
	<-m.all
	m.waitSettled(int64(changes))
	m.b.StopTimer()
	m.report()
}

// produce records signals as verbs do: one transaction each, from a few
// goroutines.
func (m *benchmark) produce(changes int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(changes); n = next.Add(1) {
				err := m.app.cfg.DB.Update(m.b.Context(), func(tx idp.Tx) error {
					return tx.AppendSignal(&idp.Signal{
						Txn: idp.NewID[string](), Type: caep.TypeSessionRevoked, Event: benchEvent,
						Principal: idp.Principal{
							UserID: idp.UserID(fmt.Sprintf("user-%d", n)), Email: "user@example.com", SessionID: idp.NewID[idp.SessionID](),
						},
					})
				})
				if err != nil {
					m.b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// waitSettled returns when the database knows that all was acknowledged.
func (m *benchmark) waitSettled(each int64) {
	for _, s := range m.streams {
		for floor := int64(0); floor < each; {
			err := m.app.cfg.DB.View(m.b.Context(), func(tx idp.Tx) error {
				p, err := tx.Position(s.Num)
				floor = p.Floor
				return err
			})
			if err != nil {
				m.b.Fatal(err)
			}
			runtime.Gosched()
		}
	}
}

// limit signs and posts b.N SETs with as many workers as the engine has
// requests under way.
func (m *benchmark) limit() {
	client := m.app.clients.Client(true)
	payload := []byte(`{"sub_id":{"format":"complex","session":{"format":"opaque","id":"01a208eb-862d-7a41-b957-f2a615a01d9a"},` +
		`"user":{"format":"iss_sub","iss":"http://127.0.0.1","sub":"user-1"}},"events":{"` + string(caep.TypeSessionRevoked) + `":` + string(benchEvent) + `}}`)
	var next atomic.Int64
	var wg sync.WaitGroup
	m.b.ResetTimer()
	for w := range benchStreams * 8 {
		stream := m.streams[w%benchStreams]
		wg.Go(func() {
			for seq := next.Add(1); seq <= int64(m.b.N); seq = next.Add(1) {
				_, jws, err := m.sets.Sign(m.b.Context(), m.provider, stream, idp.Delivery{
					Stream: stream.Num, Seq: seq, IssuedAt: 1795445982, Txn: "01a208eb-86c6-755a-8dbe-d8ba38dd3dbe", Payload: payload,
				})
				if err == nil {
					err = post(m.b.Context(), client, stream.EndpointURL, jws)
				}
				if err != nil {
					m.b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	m.b.StopTimer()
	m.report()
}

func (m *benchmark) report() {
	m.b.ReportMetric(float64(m.got.Load())/m.b.Elapsed().Seconds(), "SET/s")
	m.b.ReportMetric(0, "ns/op")
}

func post(ctx context.Context, client *http.Client, endpoint, jws string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(jws))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", secevent.MediaType)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
