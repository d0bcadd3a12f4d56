// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Statements returns the text of every statement that was prepared, for a test
// of their plans.
func (db *DB) Statements() []string {
	var all []string
	for _, p := range []*pool{db.writer, db.reader} {
		for range cap(p.slots) {
			c := <-p.slots
			if c != nil {
				all = slices.AppendSeq(all, maps.Keys(c.stmts))
			}
			p.slots <- c
		}
	}
	return all
}

// Plan returns what SQLite would do for a statement, step by step.
func (db *DB) Plan(ctx context.Context, query string) ([]string, error) {
	return db.texts(ctx, 4, 3, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
}

// Unindexed returns the columns that refer to other tables and have no index:
// deleting what they refer to would look at every row.
func (db *DB) Unindexed(ctx context.Context) ([]string, error) {
	return db.texts(ctx, 1, 0, `
		SELECT t.name || '.' || f."from"
		FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f
		WHERE t.schema = 'main' AND NOT EXISTS (
		  SELECT 1 FROM pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
		  WHERE c.name = f."from" AND c.seqno = f.seq)
		AND NOT EXISTS (
		  SELECT 1 FROM pragma_table_info(t.name) c WHERE c.name = f."from" AND c.pk = f.seq + 1)`)
}

// texts returns one of so many columns of each row.
func (db *DB) texts(ctx context.Context, columns, column int, query string, args ...any) ([]string, error) {
	c, err := db.reader.take(ctx)
	if err != nil {
		return nil, err
	}
	defer db.reader.give(c)
	return many(&tx{ctx: ctx, conn: c}, "texts", func(r row) (string, error) {
		var text string
		dest := make([]any, columns)
		for i := range dest {
			dest[i] = new(any)
		}
		dest[column] = &text
		err := r.Scan(dest...)
		return text, err
	}, query, args...)
}
