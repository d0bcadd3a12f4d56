// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

func openDB(t *testing.T) idp.DB {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func update(t *testing.T, db idp.DB, fn func(idp.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T, name string) idp.SigningKey {
	t.Helper()
	key, err := signing.Generate(name, secevent.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// nextOf makes a version that has been published and active since the given
// times.
func nextOf(t *testing.T, key idp.SigningKey, created, active time.Time) idp.KeyVersion {
	t.Helper()
	v, err := signing.Next(key)
	if err != nil {
		t.Fatal(err)
	}
	v.CreatedAt, v.ActiveFrom = created, active
	return v
}

// memoryDB is one signing key without a database: it counts how often the key
// is read, and its time is that of the test.
type memoryDB struct {
	idp.DB
	key   *idp.SigningKey
	reads int
}

func (db *memoryDB) View(_ context.Context, fn func(idp.Tx) error) error {
	return fn(memoryTx{db: db})
}

type memoryTx struct {
	idp.Tx
	db *memoryDB
}

func (tx memoryTx) SigningKey(id idp.KeyID) (idp.SigningKey, error) {
	tx.db.reads++
	if tx.db.key == nil || tx.db.key.ID != id {
		return idp.SigningKey{}, idp.ErrNotFound
	}
	return *tx.db.key, nil
}
