// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

func TestContract(t *testing.T) {
	dbtest.Run(t, func(t *testing.T) idp.DB { return open(t, config(t)) })
}

// config is for a file that does not exist yet.
func config(t testing.TB) sqlite.Config {
	t.Helper()
	keys, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: keys}
}

// open opens a database and closes it when the test ends.
func open(t testing.TB, cfg sqlite.Config) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	})
	return db
}
