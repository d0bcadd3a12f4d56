// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// pool holds a fixed number of connections. A slot is nil until its connection
// is first needed, and again after a connection broke.
//
// database/sql would pool them too, but it forgets the statements that were
// prepared in a transaction when that ends; here each connection keeps its own.
type pool struct {
	db    *sql.DB
	slots chan *conn
}

func openPool(path string, size int, pragmas []string) (*pool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"_pragma": pragmas, "_dqs": {"0"}, "_defensive": {"1"}}
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: query.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	p := &pool{db: sql.OpenDB(connector), slots: make(chan *conn, size)}
	p.db.SetMaxOpenConns(size)
	for range size {
		p.slots <- nil
	}
	return p, nil
}

// writerPragmas are for the connection that writes. WAL lets readers read
// meanwhile; FULL syncs the log at each commit, without which a power failure
// could take back a commit that others were told of. The cache is 64 MiB and
// the log is moved into the file every 16 MiB. The busy timeout is for another
// process, such as a backup.
func writerPragmas() []string {
	return append(commonPragmas(), "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "cache_size(-65536)", "wal_autocheckpoint(4096)",
		"journal_size_limit(67108864)", "secure_delete(FAST)")
}

// readerPragmas are for the connections that read and can do nothing else.
func readerPragmas() []string {
	return append(commonPragmas(), "query_only(ON)", "cache_size(-16384)")
}

func commonPragmas() []string {
	return []string{"busy_timeout(10000)", "temp_store(MEMORY)", "trusted_schema(OFF)"}
}

// take waits for a connection, in the order of the callers.
func (p *pool) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var c *conn
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c != nil {
		return c, nil
	}
	raw, err := p.db.Conn(ctx)
	if err != nil {
		p.slots <- nil
		return nil, err
	}
	return &conn{raw: raw, stmts: make(map[string]*sql.Stmt)}, nil
}

// give returns a connection. One that broke is closed; its slot gets another
// when it is needed.
func (p *pool) give(c *conn) {
	if c.broken {
		c.close()
		c = nil
	}
	p.slots <- c
}

// close closes all connections, which have to be in their slots.
func (p *pool) close() error {
	for range cap(p.slots) {
		if c := <-p.slots; c != nil {
			c.close()
		}
	}
	return p.db.Close()
}

// conn is one connection with the statements prepared on it. Their texts are
// few: they do not depend on values.
type conn struct {
	raw   *sql.Conn
	stmts map[string]*sql.Stmt
	// broken means that the state of the connection is not known.
	broken bool
}

func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.raw.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	c.stmts[query] = s
	return s, nil
}

// control runs a statement that begins or ends a transaction. After an error
// nobody knows whether there is one.
func (c *conn) control(ctx context.Context, query string) error {
	s, err := c.stmt(ctx, query)
	if err == nil {
		_, err = s.ExecContext(ctx)
	}
	if err != nil {
		c.broken = true
	}
	return err
}

// close discards the connection. What it had not committed is rolled back.
func (c *conn) close() {
	for _, s := range c.stmts {
		s.Close()
	}
	c.raw.Close()
}
