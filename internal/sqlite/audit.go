// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// auditColumns are all but the id, which the database gives.
const auditColumns = `at, actor_kind, actor_id, actor_name, actor_address, actor_user_agent, actor_session,
	action, object_kind, object_id, object_name, reason, outcome, txn`

func scanAudit(r row) (idp.AuditEntry, error) {
	var e idp.AuditEntry
	a := &e.Actor
	err := r.Scan(&e.ID, asTime{&e.At}, &a.Kind, &a.ID, &a.Name, &a.Address, &a.UserAgent, &a.Session,
		&e.Action, &e.ObjectKind, &e.ObjectID, &e.ObjectName, &e.Reason, &e.Outcome, &e.Txn)
	return e, err
}

// AppendAudit ignores At: an entry is as old as the change that it is about.
func (t *tx) AppendAudit(e idp.AuditEntry) error {
	a := e.Actor
	return t.insert("audit entry "+e.Action, "audit", auditColumns+", search",
		millis(t.now), a.Kind, a.ID, a.Name, a.Address, a.UserAgent, a.Session,
		e.Action, e.ObjectKind, e.ObjectID, e.ObjectName, e.Reason, e.Outcome, e.Txn,
		fold(e.Actor.Name+"\n"+e.ObjectName+"\n"+e.Reason+"\n"+e.Actor.Address))
}

// AuditEntries leaves it to SQLite which index to take. Each of them ends with
// the id, so whichever it takes gives the order and where a page begins. A
// search for a part of a text has none, and reads back until the page is full.
func (t *tx) AuditEntries(f idp.AuditFilter) ([]idp.AuditEntry, error) {
	limit, err := pageSize(f.Limit)
	if err != nil {
		return nil, err
	}
	var w where
	if f.ObjectID != "" {
		w.and("object_id = ?", f.ObjectID)
	}
	if f.ObjectKind != "" {
		w.and("object_kind = ?", f.ObjectKind)
	}
	if f.ActorID != "" {
		w.and("actor_id = ?", f.ActorID)
	}
	if f.Txn != "" {
		w.and("txn = ? AND txn <> ''", f.Txn)
	}
	w.action(f.Action)
	w.period(f.From, f.Until)
	if f.Search != "" {
		w.and("instr(search, ?) > 0", fold(f.Search))
	}
	if f.Before > 0 {
		w.and("id < ?", f.Before)
	}
	return many(t, "audit entries", scanAudit,
		`SELECT id, `+auditColumns+` FROM audit`+w.text()+` ORDER BY id DESC LIMIT ?`,
		append(w.args, limit)...)
}

// action restricts to one action, or to those that begin with a prefix up to a
// dot. The first condition on the prefix has an index; the second adds what
// is behind the first dot.
func (w *where) action(action string) {
	if action == "" {
		return
	}
	area, rest, _ := strings.Cut(action, ".")
	if !strings.HasSuffix(action, ".") {
		w.and("action = ?", action)
		return
	}
	w.and("substr(action, 1, instr(action, '.')) = ?", area+".")
	if rest != "" {
		w.and("substr(action, 1, length(?)) = ?", action, action)
	}
}

// period turns a time into a range of ids, which combines with any index that
// the other conditions choose. The inner queries read one index alone.
func (w *where) period(from, until time.Time) {
	if !from.IsZero() {
		w.and("id >= (SELECT min(+id) FROM audit WHERE at >= ?)", millis(from))
		w.and("at >= ?", millis(from))
	}
	if !until.IsZero() {
		w.and("id <= (SELECT max(+id) FROM audit WHERE at < ?)", millis(until))
		w.and("at < ?", millis(until))
	}
}

const apiTokenColumns = `id, name, hash, created_at, expires_at, revoked_at`

func scanAPIToken(r row) (idp.APIToken, error) {
	var a idp.APIToken
	err := r.Scan(&a.ID, &a.Name, asHash{&a.Hash}, asTime{&a.CreatedAt}, asTime{&a.ExpiresAt}, asTime{&a.RevokedAt})
	return a, err
}

func (t *tx) CreateAPIToken(a idp.APIToken) error {
	return t.insert("API token "+a.Name, "api_tokens", apiTokenColumns,
		a.ID, a.Name, hash(a.Hash), t.created(a.CreatedAt), millis(a.ExpiresAt), millis(a.RevokedAt))
}

func (t *tx) APIToken(id string) (idp.APIToken, error) {
	return one(t, "API token "+id, scanAPIToken,
		`SELECT `+apiTokenColumns+` FROM api_tokens WHERE id = ?`, id)
}

func (t *tx) APITokenByHash(h idp.Hash) (idp.APIToken, error) {
	return one(t, "API token", scanAPIToken,
		`SELECT `+apiTokenColumns+` FROM api_tokens WHERE hash = ?`, hash(h))
}

func (t *tx) APITokens() ([]idp.APIToken, error) {
	return many(t, "API tokens", scanAPIToken,
		`SELECT `+apiTokenColumns+` FROM api_tokens ORDER BY created_at DESC, id DESC`)
}

// RevokeAPIToken keeps the first time: that is when it stopped working.
func (t *tx) RevokeAPIToken(id string) error {
	return t.change("API token "+id,
		`UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?`, millis(t.now), id)
}
