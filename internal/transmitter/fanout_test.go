// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

func TestFanOut(t *testing.T) {
	// SSF §3.1, §4.1.6, §4.1.9, §4.2.1, CAEP Interop §2.5 and §2.8.1: what
	// the SET says. The iss, typ and signature are checked by poll.
	t.Run("a SET says what happened to whom", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		user := subject.IssSub{Issuer: base, Subject: "ada"}
		for _, row := range []struct {
			typ  secevent.EventType
			p    idp.Principal
			want subject.Identifier
		}{
			{caep.TypeCredentialChange, idp.Principal{UserID: "ada", Email: "ada@example.com"}, user},
			{caep.TypeSessionRevoked, ada, subject.Complex{"user": user, "session": subject.Opaque("s1")}},
			// RISC §2.5: the subject is the address as it was.
			{risc.TypeIdentifierChanged, idp.Principal{UserID: "ada", Email: "old@example.com"}, subject.Email("old@example.com")},
		} {
			signal := e.signal(row.typ, row.p)
			e.fanOut()
			sets := e.poll(s, nil)
			if len(sets) != 1 || sets[0].Type() != row.typ || !cmp.Equal(sets[0].Subject, row.want) || sets[0].Txn != signal.Txn {
				t.Fatalf("SETs = %+v, want sub_id %v and txn %s", sets, row.want, signal.Txn)
			}
			if _, payload := sets[0].Event(); string(payload) != string(signal.Event) {
				t.Errorf("event = %s, want %s", payload, signal.Event)
			}
			if sets[0].IssuedAt.After(time.Now()) {
				t.Errorf("iat = %v lies in the future", sets[0].IssuedAt)
			}
			e.poll(s, object{"ack": ids(sets)})
		}
	})
	// RISC §2.5: not told rather than told wrongly, and nothing waits for it.
	t.Run("a signal that cannot be told is left out", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.signal(risc.TypeIdentifierChanged, idp.Principal{UserID: "ada"})
		e.revoke("ada")
		if ds := e.deliveries(s.ID); len(ds) != 1 || ds[0].Type != caep.TypeSessionRevoked {
			t.Errorf("deliveries = %v", ds)
		}
	})
	// SSF §8.1.1 #6.
	t.Run("a stream gets its event types alone", func(t *testing.T) {
		e := newEnv(t)
		quiet := e.createPoll()
		noisy := e.create(object{"events_requested": []secevent.EventType{caep.TypeSessionEstablished, risc.TypeAccountPurged}})
		for _, typ := range []secevent.EventType{caep.TypeSessionEstablished, caep.TypeSessionRevoked, risc.TypeAccountPurged} {
			e.signal(typ, ada)
		}
		e.fanOut()
		for id, want := range map[string]secevent.EventType{quiet.ID: caep.TypeSessionRevoked, noisy.ID: caep.TypeSessionEstablished} {
			if ds := e.deliveries(id); len(ds) != 1 || ds[0].Type != want {
				t.Errorf("deliveries = %v, want one %s", ds, want)
			}
		}
	})
	// SSF §9.2 #1, §10.3.2 #1: the application has to be one that the user
	// may use, by their groups when it happened.
	t.Run("an application learns of its own users alone", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.app.Groups = []idp.GroupID{e.group}
		e.update(func(tx idp.Tx) error { return tx.UpdateApplication(e.app) })
		if e.gets(s, idp.Principal{UserID: "bob"}) || e.gets(s, idp.Principal{UserID: "bob", Groups: []idp.GroupID{"x"}}) {
			t.Error("a SET about somebody who may not use the application")
		}
		if !e.gets(s, idp.Principal{UserID: "ada", Groups: []idp.GroupID{"x", e.group}}) {
			t.Error("no SET about a member")
		}
	})
	t.Run("a signal can be for one application", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		for _, app := range []idp.ApplicationID{"another", e.app.ID} {
			e.update(func(tx idp.Tx) error {
				return tx.AppendSignal(&idp.Signal{Txn: string(app), Type: caep.TypeSessionRevoked,
					Event: json.RawMessage(`{}`), Principal: ada, ApplicationID: app})
			})
		}
		e.fanOut()
		if ds := e.deliveries(s.ID); len(ds) != 1 || ds[0].Txn != string(e.app.ID) {
			t.Errorf("deliveries = %v", ds)
		}
	})
	// SSF §4.1.8 #3: one SET per stream, with its own jti.
	t.Run("streams get SETs of their own", func(t *testing.T) {
		e := newEnv(t)
		a, b := e.createPoll(), e.createPoll()
		e.revoke("ada")
		x, y := e.poll(a, nil), e.poll(b, nil)
		if len(x) != 1 || len(y) != 1 || x[0].ID == y[0].ID || x[0].Txn != y[0].Txn {
			t.Errorf("SETs = %v and %v", x, y)
		}
	})
	t.Run("a new stream begins with the next signal", func(t *testing.T) {
		e := newEnv(t)
		e.signal(caep.TypeSessionRevoked, ada)
		s := e.createPoll()
		e.signal(caep.TypeCredentialChange, ada)
		e.fanOut()
		if ds := e.deliveries(s.ID); len(ds) != 1 || ds[0].Type != caep.TypeCredentialChange {
			t.Errorf("deliveries = %v", ds)
		}
	})
	t.Run("a provider that serves another application by now is silent", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		p := e.provider
		p.ApplicationID = ""
		e.update(func(tx idp.Tx) error { return tx.UpdateSSFProvider(p) })
		if e.gets(s, ada) {
			t.Error("a SET on a stream whose provider is not assigned")
		}
	})
	t.Run("order keys are of users, and verifications stand alone", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.revoke("ada")
		e.signal(caep.TypeSessionRevoked, ada)
		e.revoke("bob")
		e.verify(s, "1")
		e.verify(s, "2")
		e.setAs(admin, s, idp.StreamPaused, "")
		e.setAs(admin, s, idp.StreamEnabled, "")
		ds := e.deliveries(s.ID)
		same := [7][7]bool{0: {1: true}, 5: {6: true}}
		for i := range ds {
			for j := i + 1; j < len(ds); j++ {
				if got := ds[i].OrderKey == ds[j].OrderKey; got != same[i][j] {
					t.Errorf("deliveries %d and %d have the same order key: %v", i, j, got)
				}
			}
			if want := i > 2; ds[i].Control != want {
				t.Errorf("delivery %d: Control = %v, want %v", i, ds[i].Control, want)
			}
		}
	})
}

// TestFanOutOnce: deliveries and position are one commit.
func TestFanOutOnce(t *testing.T) {
	t.Run("wakes with what it made", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPush()
		e.revoke("ada")
		if len(e.woke) != 1 || e.woke[0].Stream != e.stored(s.ID).Num || e.woke[0].Seq != 1 || len(e.woke[0].Payload) == 0 {
			t.Errorf("woke with %+v", e.woke)
		}
		if n, err := e.fan.Once(t.Context()); n != 0 || err != nil {
			t.Errorf("Once again = %d, %v", n, err)
		}
	})
	t.Run("takes many signals in batches, in order", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.update(func(tx idp.Tx) error {
			for range 600 {
				err := tx.AppendSignal(&idp.Signal{Txn: "t", Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{}`), Principal: ada})
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, want := range []int{512, 88, 0} {
			if n, err := e.fan.Once(t.Context()); n != want || err != nil {
				t.Fatalf("Once = %d, %v, want %d", n, err, want)
			}
		}
		ds := e.deliveries(s.ID)
		for i := range ds {
			if ds[i].Seq != int64(i+1) || i > 0 && ds[i].SignalID <= ds[i-1].SignalID {
				t.Fatalf("delivery %d = %+v", i, ds[i])
			}
		}
		if len(ds) != 600 {
			t.Errorf("%d deliveries, want 600", len(ds))
		}
	})
	t.Run("a failure changes nothing and is made good", func(t *testing.T) {
		broken := &brokenDB{}
		e := newEnv(t, func(c *transmitter.Config, _ *idp.SSFProvider) { broken.DB, c.DB = c.DB, broken })
		s := e.createPoll()
		e.signal(caep.TypeSessionRevoked, ada)
		broken.fail.Store(true)
		if n, err := e.fan.Once(t.Context()); n != 0 || !errors.Is(err, errBroken) {
			t.Fatalf("Once = %d, %v, want %v", n, err, errBroken)
		}
		if ds := e.deliveries(s.ID); len(ds) != 0 || len(e.woke) != 0 {
			t.Fatalf("deliveries = %v, woke %v", ds, e.woke)
		}
		broken.fail.Store(false)
		e.fanOut()
		if ds := e.deliveries(s.ID); len(ds) != 1 {
			t.Errorf("deliveries = %v", ds)
		}
	})
}

var errBroken = errors.New("the disk is full")

// brokenDB fails every commit when told to.
type brokenDB struct {
	idp.DB
	fail atomic.Bool
}

func (db *brokenDB) Update(ctx context.Context, fn func(idp.Tx) error) error {
	return db.DB.Update(ctx, func(tx idp.Tx) error {
		if err := fn(tx); err != nil || !db.fail.Load() {
			return err
		}
		return errBroken
	})
}

// TestFanOutRun: the loop is woken by a commit, survives errors and ends with
// its context.
func TestFanOutRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &brokenDB{}
		e := newEnvInside(t, func(c *transmitter.Config, _ *idp.SSFProvider) { broken.DB, c.DB = c.DB, broken })
		s := e.createPoll()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			e.fan.Run(ctx)
		}()
		synctest.Wait()
		begin := time.Now()
		e.signal(caep.TypeSessionRevoked, ada)
		synctest.Wait()
		if n := len(e.deliveries(s.ID)); n != 1 || time.Since(begin) != 0 {
			t.Errorf("%d deliveries after %v, want 1 at once", n, time.Since(begin))
		}
		broken.fail.Store(true)
		e.signal(caep.TypeSessionRevoked, ada)
		synctest.Wait()
		broken.fail.Store(false)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if n := len(e.deliveries(s.ID)); n != 2 {
			t.Errorf("%d deliveries after an error, want 2", n)
		}
		cancel()
		<-done
	})
}
