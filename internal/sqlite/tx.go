// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var (
	errOver     = errors.New("sqlite: the transaction is over")
	errReadOnly = errors.New("sqlite: View cannot write; use Update")
)

// tx is a transaction. Its methods are in the files of their nouns.
type tx struct {
	ctx      context.Context
	conn     *conn
	sealer   idp.Sealer
	now      time.Time
	readOnly bool
	// over is set when the function that got the transaction has returned.
	over atomic.Bool
	// failed is the first error that was not about the data. SQLite may have
	// rolled back by itself then, and the next statement would commit alone.
	failed error
	// committing is set when a commit has begun.
	committing bool
	// signalled means that signals were appended.
	signalled bool
	// bumped means that the config version has been raised.
	bumped bool
}

var _ idp.Tx = (*tx)(nil)

// Now is the instant at which the transaction began.
func (t *tx) Now() time.Time { return t.now }

// run calls fn and ends the transaction: by a commit when fn returned nil,
// otherwise, and when fn panicked, by a rollback.
//
// A crash before the commit returned leaves all of it or nothing; one after
// leaves all of it.
func (t *tx) run(fn func(idp.Tx) error) error {
	defer func() {
		if !t.over.Swap(true) {
			t.rollback()
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.failed; err != nil {
		return fmt.Errorf("sqlite: not committed after: %w", err)
	}
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("sqlite: not committed: %w", err)
	}
	t.over.Store(true)
	t.committing = true
	// From here on a cancelled context must not leave the outcome open.
	if err := t.conn.control(context.WithoutCancel(t.ctx), "COMMIT"); err != nil {
		return fmt.Errorf("sqlite: commit: %w", err)
	}
	return nil
}

// rollback cannot fail for the caller: a connection that does not roll back is
// closed, which has the same effect.
func (t *tx) rollback() {
	_ = t.conn.control(context.WithoutCancel(t.ctx), "ROLLBACK")
}

// row is what scan functions read: *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

// stmt returns the prepared statement unless the transaction cannot go on.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if t.over.Load() {
		return nil, errOver
	}
	if t.failed != nil {
		return nil, t.failed
	}
	s, err := t.conn.stmt(t.ctx, query)
	if err != nil {
		t.failed = err
	}
	return s, err
}

// fail names what an error is about and turns it into one of idp's.
func (t *tx) fail(what string, err error) error {
	mapped := mapError(err)
	if mapped == nil {
		t.failed = err
		mapped = err
	}
	return fmt.Errorf("%s: %w", what, mapped)
}

// one reads one row.
func one[T any](t *tx, what string, scan func(row) (T, error), query string, args ...any) (T, error) {
	var none T
	s, err := t.stmt(query)
	if err != nil {
		return none, err
	}
	v, err := scan(s.QueryRowContext(t.ctx, args...))
	if err != nil {
		return none, t.fail(what, err)
	}
	return v, nil
}

// many reads all rows.
func many[T any](t *tx, what string, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return nil, t.fail(what, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, t.fail(what, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail(what, err)
	}
	return all, nil
}

// scalar scans a row of one column.
func scalar[T any](r row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(what, query string, args ...any) (int64, error) {
	if t.readOnly {
		return 0, errReadOnly
	}
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, t.fail(what, err)
	}
	return res.RowsAffected()
}

// change runs a statement that is not found to have anything to change when
// it changes nothing.
func (t *tx) change(what, query string, args ...any) error {
	n, err := t.exec(what, query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", what, idp.ErrNotFound)
	}
	return nil
}

// insert adds one row; columns are separated by commas.
func (t *tx) insert(what, table, columns string, args ...any) error {
	_, err := t.exec(what, "INSERT INTO "+table+" ("+columns+") VALUES "+marks(1, len(args)), args...)
	return err
}

// update replaces columns of the row with the given id, which is the last
// argument.
func (t *tx) update(what, table, columns string, args ...any) error {
	return t.change(what, "UPDATE "+table+" SET ("+columns+") = "+marks(1, len(args)-1)+" WHERE id = ?", args...)
}

// remove deletes one row. What still refers to it makes that a conflict.
func (t *tx) remove(what, query string, args ...any) error {
	err := t.change(what, query, args...)
	if errors.Is(err, errNoParent) {
		return fmt.Errorf("%s is still in use: %w", what, idp.ErrConflict)
	}
	return err
}

// marks returns the placeholders of rows with so many columns, such as
// "(?, ?), (?, ?)".
func marks(rows, columns int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(one+", ", rows), ", ")
}

// created is the time to store for a thing that is made now, when the caller
// left it open.
func (t *tx) created(at time.Time) any {
	if at.IsZero() {
		at = t.now
	}
	return millis(at)
}
