// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// errNoParent is a foreign key that leads nowhere: on an insert or update the
// row that it names does not exist, on a delete a row that names the deleted
// one does.
var errNoParent = fmt.Errorf("names something that does not exist: %w", idp.ErrNotFound)

// errCheck is a value that a constraint of the schema refuses.
var errCheck = errors.New("refused by the schema")

// mapError turns an error about the data into one that callers know. It
// returns nil for any other error.
func mapError(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return idp.ErrNotFound
	}
	var bad *columnError
	if errors.As(err, &bad) {
		return bad
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return fmt.Errorf("%s is taken: %w", constrained(e), idp.ErrConflict)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errNoParent
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_CONSTRAINT_DATATYPE:
		return fmt.Errorf("%s: %w", constrained(e), errCheck)
	}
	return nil
}

// constrained cuts the columns out of a message such as
// "constraint failed: UNIQUE constraint failed: users.id (1555)".
func constrained(e *sqlite.Error) string {
	msg := e.Error()
	const failed = "constraint failed: "
	if i := strings.LastIndex(msg, failed); i >= 0 {
		msg = msg[i+len(failed):]
	}
	if i := strings.LastIndex(msg, " ("); i >= 0 {
		msg = msg[:i]
	}
	var columns []string
	for name := range strings.SplitSeq(msg, ", ") {
		columns = append(columns, name[strings.LastIndex(name, ".")+1:])
	}
	return strings.Join(columns, " with ")
}
