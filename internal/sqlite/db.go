// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// readers is how many transactions of View run at once; more wait.
const readers = 4

// Config says which file to open and how to seal secrets in it.
type Config struct {
	// Path of the database file. Its folder has to exist; SQLite keeps two
	// more files beside it while it is open. A file that is made is readable
	// by its owner alone.
	Path string
	// Sealer encrypts secrets. Opening a database with another sealer than
	// the one that sealed makes reading its secrets fail.
	Sealer idp.Sealer
}

// DB is an open database file. It implements idp.DB.
type DB struct {
	sealer    idp.Sealer
	writer    *pool
	reader    *pool
	signalled chan struct{}
	// generation counts the commits that raised the config version.
	generation atomic.Uint64

	// mu guards closed, and orders the last running.Add before Wait.
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

var _ idp.DB = (*DB)(nil)

// Open opens the file, making it when it does not exist, and brings its schema
// up to date.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Path == "" || cfg.Sealer == nil {
		return nil, errors.New("sqlite: Config needs a Path and a Sealer")
	}
	if err := createPrivate(cfg.Path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	writer, err := openPool(cfg.Path, 1, writerPragmas())
	if err != nil {
		return nil, fmt.Errorf("sqlite %s: %w", cfg.Path, err)
	}
	if err := migrate(ctx, writer.db); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite %s: %w", cfg.Path, err), writer.close())
	}
	reader, err := openPool(cfg.Path, readers, readerPragmas())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite %s: %w", cfg.Path, err), writer.close())
	}
	db := &DB{
		sealer:    cfg.Sealer,
		writer:    writer,
		reader:    reader,
		signalled: make(chan struct{}, 1),
	}
	return db, nil
}

// createPrivate makes an empty file for the owner alone. SQLite would make it
// readable by others, and gives its two companions the mode of this one.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// View runs fn on the last commit before its first read.
func (db *DB) View(ctx context.Context, fn func(idp.Tx) error) error {
	return db.run(ctx, db.reader, "BEGIN", fn)
}

// Update runs fn alone and commits what it wrote.
func (db *DB) Update(ctx context.Context, fn func(idp.Tx) error) error {
	return db.run(ctx, db.writer, "BEGIN IMMEDIATE", fn)
}

func (db *DB) run(ctx context.Context, p *pool, begin string, fn func(idp.Tx) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.running.Done()
	c, err := p.take(ctx)
	if err != nil {
		return fmt.Errorf("sqlite: waiting for a connection: %w", err)
	}
	defer p.give(c)
	if err := c.control(ctx, begin); err != nil {
		return fmt.Errorf("sqlite: begin: %w", err)
	}
	t := &tx{
		ctx:      ctx,
		conn:     c,
		sealer:   db.sealer,
		now:      time.UnixMilli(time.Now().UnixMilli()).UTC(),
		readOnly: p == db.reader,
	}
	err = t.run(fn)
	// After an error of the commit itself the outcome is not known, so others
	// have to look.
	if t.committing && t.bumped {
		db.generation.Add(1)
	}
	if t.committing && t.signalled {
		db.signal()
	}
	return err
}

// signal wakes the receiver. One that has not taken the last wake-up yet will
// read the new signals with it, so there is nothing to wait for.
func (db *DB) signal() {
	select {
	case db.signalled <- struct{}{}:
	default:
	}
}

// Signalled receives after commits that appended signals.
func (db *DB) Signalled() <-chan struct{} { return db.signalled }

// ConfigGeneration changes with each commit that raised the config version.
func (db *DB) ConfigGeneration() uint64 { return db.generation.Load() }

// Ping reads one row.
func (db *DB) Ping(ctx context.Context) error {
	return db.View(ctx, func(t idp.Tx) error {
		_, err := t.ConfigVersion()
		return err
	})
}

func (db *DB) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return errors.New("sqlite: the database is closed")
	}
	db.running.Add(1)
	return nil
}

// Close waits for running transactions, moves what is in the write-ahead log
// into the database file and closes it. A second call does nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	closed := db.closed
	db.closed = true
	db.mu.Unlock()
	if closed {
		return nil
	}
	db.running.Wait()
	// Readers first: the last connection to close empties the log.
	return errors.Join(db.reader.close(), db.writer.close())
}
