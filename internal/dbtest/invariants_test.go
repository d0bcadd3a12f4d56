// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

// TestCheckInvariants breaks each rule that a database does not enforce itself.
func TestCheckInvariants(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(idp.Tx, idp.StreamNum) error
		want  string // empty when nothing is wrong
	}{
		{"nothing", func(idp.Tx, idp.StreamNum) error { return nil }, ""},
		{"delivery erased before it was settled", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.DeleteDeliveries(num, []int64{2})
		}, "delivery 2 is gone"},
		{"last delivery erased before it was settled", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.DeleteDeliveries(num, []int64{3})
		}, "delivery 3 is gone"},
		{"settled delivery erased", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.DeleteDeliveries(num, []int64{1})
		}, ""},
		{"exception before the delivery was settled", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.PutException(idp.Exception{Stream: num, Seq: 2, Kind: idp.Retry})
		}, "delivery 2 has an exception"},
		{"exception with another order key", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.PutException(idp.Exception{Stream: num, Seq: 1, OrderKey: 5, Kind: idp.DeadLetter})
		}, "order key 5"},
		{"handout of a settled delivery", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.PutHandouts([]idp.Handout{{Stream: num, Seq: 1}})
		}, "still handed out"},
		{"attempt at a delivery that never was", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.AppendAttempts([]idp.Attempt{{Stream: num, From: 3, To: 4, Outcome: idp.Failed}})
		}, "attempt at 3 to 4"},
		{"position that repeats what its floor covers", func(tx idp.Tx, num idp.StreamNum) error {
			return tx.SetPosition(num, idp.Position{Floor: 1, Above: []int64{2}})
		}, "want the floor to cover it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, num := withDeliveries(t)
			if err := db.Update(t.Context(), func(tx idp.Tx) error { return c.spoil(tx, num) }); err != nil {
				t.Fatal(err)
			}
			r := &recorder{TB: t}
			dbtest.CheckInvariants(r, db)
			if got := strings.Join(r.errors, "\n"); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("CheckInvariants says %q, want %q", got, c.want)
			}
		})
	}
}

// recorder keeps what would fail a test.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// withDeliveries opens a database with one stream and three deliveries, the
// first of them settled.
func withDeliveries(t *testing.T) (idp.DB, idp.StreamNum) {
	t.Helper()
	keys, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tocsin.db")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var num idp.StreamNum
	err = db.Update(t.Context(), func(tx idp.Tx) error {
		s, err := addStream(tx)
		if err != nil {
			return err
		}
		num = s.Num
		signal := idp.Signal{Type: "type", Event: []byte(`{}`)}
		if err := tx.AppendSignal(&signal); err != nil {
			return err
		}
		d := idp.Delivery{Stream: num, SignalID: signal.ID, Payload: []byte(`{}`), ExpiresAt: tx.Now().Add(time.Hour)}
		if err := tx.AppendDeliveries([]idp.Delivery{d, d, d}); err != nil {
			return err
		}
		return tx.SetPosition(num, idp.Position{Floor: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, num
}

func addStream(tx idp.Tx) (idp.Stream, error) {
	for _, err := range []error{
		tx.CreateSigningKey(idp.SigningKey{ID: "k", Name: "k", Algorithm: secevent.ES256}),
		tx.CreateApplication(idp.Application{ID: "a", Slug: "a", Name: "a"}),
		tx.CreateSSFProvider(idp.SSFProvider{ID: "p", ApplicationID: "a", Name: "p", Slug: "p", SigningKeyID: "k",
			EventRetention: time.Hour, DefaultSubjects: idp.SubjectsAll}),
	} {
		if err != nil {
			return idp.Stream{}, err
		}
	}
	return tx.CreateStream(idp.Stream{ID: "s", ProviderID: "p", ApplicationID: "a", Method: idp.Push,
		Status: idp.StreamEnabled, DefaultSubjects: idp.SubjectsAll})
}
