// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

func TestContract(t *testing.T) {
	// Each of some 150 databases begins as a copy of this file, since making
	// the schema takes longer than most tests.
	cfg := config(t)
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	dbtest.Run(t, func(t *testing.T) idp.DB {
		cfg := config(t)
		if err := os.WriteFile(cfg.Path, empty, 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, cfg)
		t.Cleanup(func() {
			for _, s := range db.Statements() {
				seen[s] = true
			}
		})
		return db
	})
	// The contract calls each method, so these are all statements there are.
	t.Run("plans", func(t *testing.T) {
		checkPlans(t, open(t, config(t)), slices.Sorted(maps.Keys(seen)))
	})
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
