// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

func TestOpen(t *testing.T) {
	t.Run("makes a file for its owner alone", func(t *testing.T) {
		cfg := config(t)
		addUser(t, open(t, cfg), "ada")
		files, err := filepath.Glob(cfg.Path + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("files = %v, %v, want the database and its log", files, err)
		}
		for _, name := range files {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode(); mode != 0o600 {
				t.Errorf("mode of %s = %v, want %v", filepath.Base(name), mode, fs.FileMode(0o600))
			}
		}
	})
	t.Run("finds what was there", func(t *testing.T) {
		cfg := config(t)
		num := fill(t, open(t, cfg))
		for range 3 { // the migrations run once
			db := open(t, cfg)
			checkFilled(t, db, num)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("takes any name of a file", func(t *testing.T) {
		cfg := config(t)
		cfg.Path = filepath.Join(filepath.Dir(cfg.Path), "a b?c#d%41&_pragma=query_only(1).db")
		addUser(t, open(t, cfg), "ada")
		if _, err := os.Stat(cfg.Path); err != nil {
			t.Error(err)
		}
	})
	t.Run("says what is wrong", func(t *testing.T) {
		good := config(t)
		for want, cfg := range map[string]sqlite.Config{
			"Path":         {Sealer: good.Sealer},
			"Sealer":       {Path: good.Path},
			"no such file": {Path: filepath.Join(filepath.Dir(good.Path), "none", "tocsin.db"), Sealer: good.Sealer},
		} {
			if _, err := sqlite.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Open = %v, want an error that names %q", err, want)
			}
		}
	})
	t.Run("refuses a file that is no database", func(t *testing.T) {
		cfg := config(t)
		if err := os.WriteFile(cfg.Path, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(t.Context(), cfg); err == nil {
			t.Error("Open = nil, want an error")
		}
	})
}

func TestClose(t *testing.T) {
	t.Run("waits for running transactions", func(t *testing.T) {
		db := open(t, config(t))
		closed := make(chan error, 1)
		err := db.View(t.Context(), func(tx idp.Tx) error {
			go func() { closed <- db.Close() }()
			for db.Ping(t.Context()) == nil { // until Close has begun
			}
			if _, err := tx.CountSubjects(1); err != nil {
				t.Errorf("reading while Close waits = %v, want nil", err)
			}
			select {
			case <-closed:
				t.Error("Close returned before the transaction")
			default:
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("second Close = %v, want nil", err)
		}
	})
	t.Run("leaves one file", func(t *testing.T) {
		cfg := config(t)
		db := open(t, cfg)
		num := fill(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if files, _ := filepath.Glob(cfg.Path + "*"); len(files) != 1 {
			t.Errorf("files = %v, want the database alone", files)
		}
		checkFilled(t, open(t, cfg), num)
	})
}

// TestSecrets looks for secrets in the bytes on the disk.
func TestSecrets(t *testing.T) {
	cfg := config(t)
	db := open(t, cfg)
	num := fill(t, db)
	update(t, db, func(tx idp.Tx) error {
		s, err := tx.StreamByNum(num)
		if err != nil {
			return err
		}
		s.Authorization = idp.NewSecret("SECRET authorization")
		if err := tx.UpdateStream(s); err != nil {
			return err
		}
		if err := tx.PutSetting("jti-key", idp.NewSecret("SECRET setting")); err != nil {
			return err
		}
		if err := tx.AppendMail(idp.Mail{To: "ada@example.com", Text: idp.NewSecret("SECRET mail")}); err != nil {
			return err
		}
		return tx.PutCredential(idp.Credential{ID: "c", UserID: "ada", Kind: idp.CredentialTOTP,
			Secret: idp.NewSecret("SECRET seed"), Data: json.RawMessage(`"SECRET codes"`)})
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("SECRET")) {
		t.Error("a secret is readable in the file")
	}
	if !bytes.Contains(data, []byte("ada@example.com")) {
		t.Error("what is not secret is not in the file, so this test looks at the wrong bytes")
	}

	other := config(t)
	other.Path = cfg.Path
	wrong := open(t, other)
	for name, read := range map[string]func(idp.Tx) error{
		"Setting":     func(tx idp.Tx) error { _, err := tx.Setting("jti-key"); return err },
		"DueMails":    func(tx idp.Tx) error { _, err := tx.DueMails(1); return err },
		"Credentials": func(tx idp.Tx) error { _, err := tx.Credentials("ada"); return err },
		"SigningKeys": func(tx idp.Tx) error { _, err := tx.SigningKeys(); return err },
		"StreamByNum": func(tx idp.Tx) error { _, err := tx.StreamByNum(num); return err },
	} {
		if err := wrong.View(t.Context(), read); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s with another key = %v, want an error without the secret", name, err)
		}
	}
}

// TestCrash opens copies of the files as a crash would have left them.
func TestCrash(t *testing.T) {
	cfg := config(t)
	db := open(t, cfg)
	num := fill(t, db)
	t.Run("after a commit", func(t *testing.T) {
		checkFilled(t, open(t, crashed(t, cfg, -1)), num)
	})
	t.Run("within a transaction", func(t *testing.T) {
		update(t, db, func(tx idp.Tx) error {
			if err := appendDeliveries(tx, num, 1000, 100); err != nil {
				return err
			}
			checkFilled(t, open(t, crashed(t, cfg, -1)), num)
			return nil
		})
	})
	t.Run("while the log is written", func(t *testing.T) {
		log, err := os.Stat(cfg.Path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		steps := int64(40)
		if testing.Short() {
			steps = 5
		}
		for i := range steps {
			db := open(t, crashed(t, cfg, log.Size()*i/steps))
			checkWhole(t, db, num)
			dbtest.CheckInvariants(t, db)
		}
	})
}

// checkWhole checks that what fill did in one transaction is there as a whole
// or not at all.
func checkWhole(t *testing.T, db idp.DB, num idp.StreamNum) {
	t.Helper()
	err := db.View(t.Context(), func(tx idp.Tx) error {
		p, err := tx.Position(num)
		if errors.Is(err, idp.ErrNotFound) {
			return nil // the stream was not made yet
		}
		if err != nil {
			return err
		}
		ds, err := tx.DeliveriesAfter(num, 0, filled, false)
		want := 0
		if len(p.Above) > 0 {
			want = 10 * int(p.Floor+1)
		}
		if len(ds) != want {
			t.Errorf("%d deliveries at position %+v, want %d", len(ds), p, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// crashed copies the files of an open database, the log up to a size or, when
// that is negative, all of it.
func crashed(t *testing.T, cfg sqlite.Config, size int64) sqlite.Config {
	t.Helper()
	copied := sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: cfg.Sealer}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(cfg.Path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" && size >= 0 {
			data = data[:size]
		}
		if err := os.WriteFile(copied.Path+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// TestTwoProcesses has two databases on one file, as a command beside the
// server has.
func TestTwoProcesses(t *testing.T) {
	cfg := config(t)
	dbs := []*sqlite.DB{open(t, cfg), open(t, cfg)}
	done := make(chan error)
	for i, db := range dbs {
		go func() {
			for n := range 20 {
				name := fmt.Sprintf("user-%d-%d", i, n)
				err := db.Update(context.WithoutCancel(t.Context()), func(tx idp.Tx) error {
					return tx.CreateUser(idp.User{ID: idp.UserID(name), Username: name})
				})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range dbs {
		if err := <-done; err != nil {
			t.Errorf("Update beside another process = %v, want nil", err)
		}
	}
	for _, db := range dbs {
		err := db.View(t.Context(), func(tx idp.Tx) error {
			users, _, err := tx.CountUsers()
			if users != 40 {
				t.Errorf("CountUsers = %d, want 40", users)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func update(t testing.TB, db idp.DB, fn func(idp.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func addUser(t testing.TB, db idp.DB, name string) {
	t.Helper()
	update(t, db, func(tx idp.Tx) error {
		return tx.CreateUser(idp.User{ID: idp.UserID(name), Username: name, Email: name + "@example.com"})
	})
}

// filled is how many deliveries fill makes.
const filled = 100

// fill makes a user and a stream with deliveries of which some are settled.
func fill(t testing.TB, db idp.DB) idp.StreamNum {
	t.Helper()
	addUser(t, db, "ada")
	var num idp.StreamNum
	update(t, db, func(tx idp.Tx) error {
		key := idp.SigningKey{ID: "k", Name: "k", Algorithm: secevent.ES256, Versions: []idp.KeyVersion{
			{KID: "k-1", Public: []byte("public"), Private: idp.NewSecret("SECRET key")}}}
		if err := tx.CreateSigningKey(key); err != nil {
			return err
		}
		if err := tx.CreateApplication(idp.Application{ID: "a", Slug: "a", Name: "a"}); err != nil {
			return err
		}
		err := tx.CreateSSFProvider(idp.SSFProvider{ID: "p", ApplicationID: "a", Name: "p", Slug: "p",
			SigningKeyID: "k", EventRetention: time.Hour, DefaultSubjects: idp.SubjectsAll})
		if err != nil {
			return err
		}
		s, err := tx.CreateStream(idp.Stream{ID: "s", ProviderID: "p", ApplicationID: "a", Method: idp.Push,
			Status: idp.StreamEnabled, DefaultSubjects: idp.SubjectsAll})
		num = s.Num
		return err
	})
	for n := range filled / 10 {
		update(t, db, func(tx idp.Tx) error {
			if err := appendDeliveries(tx, num, 10, 100); err != nil {
				return err
			}
			return tx.SetPosition(num, idp.Position{Floor: int64(n), Above: []int64{int64(n) + 2}})
		})
	}
	return num
}

// appendDeliveries appends a signal and n deliveries of it, each with a payload
// of its own that is at least so long.
func appendDeliveries(tx idp.Tx, num idp.StreamNum, n, size int) error {
	signal := idp.Signal{Type: caep.TypeSessionRevoked, Txn: "txn", Event: json.RawMessage(`{}`)}
	if err := tx.AppendSignal(&signal); err != nil {
		return err
	}
	padding := strings.Repeat("x", size)
	ds := make([]idp.Delivery, n)
	for i := range ds {
		ds[i] = idp.Delivery{Stream: num, SignalID: signal.ID, OrderKey: int64(i), IssuedAt: tx.Now().Unix(),
			Payload: fmt.Appendf(nil, `{"n":%d,"padding":%q}`, i, padding), ExpiresAt: tx.Now().Add(time.Hour)}
	}
	return tx.AppendDeliveries(ds)
}

// checkFilled checks that everything is there that fill made, and nothing else.
func checkFilled(t *testing.T, db idp.DB, num idp.StreamNum) {
	t.Helper()
	err := db.View(t.Context(), func(tx idp.Tx) error {
		if _, err := tx.UserByLogin("ada@example.com"); err != nil {
			return err
		}
		ds, err := tx.DeliveriesAfter(num, 0, 1000, false)
		if err != nil {
			return err
		}
		if len(ds) != filled || ds[filled-1].Seq != filled {
			t.Errorf("%d deliveries, want %d", len(ds), filled)
		}
		p, err := tx.Position(num)
		if p.Floor != filled/10-1 || len(p.Above) != 1 {
			t.Errorf("Position = %+v, want floor %d and one above", p, filled/10-1)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	dbtest.CheckInvariants(t, db)
}
