// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

// The files of a data folder.
const (
	databaseFile = "tocsin.db"
	keyFile      = "tocsin.key"
	lockFile     = "tocsin.lock"
)

// errInUse means that another process has the data folder.
var errInUse = errors.New("in use")

// lockedDB is a database whose folder nobody else may use until it is closed:
// two programs on one folder would each deliver everything.
type lockedDB struct {
	idp.DB
	lock *os.File
}

// Close closes the database and gives the folder free.
func (d lockedDB) Close() error { return errors.Join(d.DB.Close(), d.lock.Close()) }

// openData opens the database and the sealing key of a folder. Both are made
// when neither exists. When only one does, the other was lost or not mounted,
// and a new one in its place would make things worse: that is an error. So is
// a folder that another process uses.
func openData(ctx context.Context, dir string) (idp.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	held, err := lock(filepath.Join(dir, lockFile))
	if errors.Is(err, errInUse) {
		return nil, fmt.Errorf("data folder: %s is %w by another tocsin; stop that one first, or choose another folder", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	db, err := openFiles(ctx, dir)
	if err != nil {
		held.Close()
		return nil, err
	}
	return lockedDB{DB: db, lock: held}, nil
}

func openFiles(ctx context.Context, dir string) (idp.DB, error) {
	database, key := filepath.Join(dir, databaseFile), filepath.Join(dir, keyFile)
	hasDatabase, err := exists(database)
	if err != nil {
		return nil, err
	}
	hasKey, err := exists(key)
	if err != nil {
		return nil, err
	}
	switch {
	case hasDatabase && hasKey:
		return openPair(ctx, database, key)
	case hasDatabase:
		return nil, fmt.Errorf("%s exists and %s does not: the secrets in the database can only be opened with that key; restore it from its backup", database, key)
	case hasKey:
		return nil, fmt.Errorf("%s exists and %s does not: restore the database from its backup, or move the key away to begin with an empty one", key, database)
	}
	return createPair(ctx, database, key)
}

func openPair(ctx context.Context, database, key string) (idp.DB, error) {
	sealer, err := seal.Open(key)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return sqlite.Open(ctx, sqlite.Config{Path: database, Sealer: sealer})
}

// createPair makes both files under other names first. A crash before the
// first rename leaves names that the next start does not know, one between the
// renames leaves a key that has sealed nothing yet: the start after it is told
// to move it away, which loses nothing.
func createPair(ctx context.Context, database, key string) (idp.DB, error) {
	const begun = ".new"
	for _, leftover := range []string{key + begun, database + begun, database + begun + "-wal", database + begun + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	sealer, err := seal.Create(key + begun)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: database + begun, Sealer: sealer})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Rename(key+begun, key), os.Rename(database+begun, database)); err != nil {
		return nil, err
	}
	return openPair(ctx, database, key)
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
