// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var auditChecks = []check{
	{"is kept as it was said, now", func(e *env) {
		want := idp.AuditEntry{
			At: time.Unix(1, 0),
			Actor: idp.Actor{Kind: idp.ActorAdmin, ID: "u", Name: "ada", Address: "192.0.2.1",
				UserAgent: "Browser/1.0", Session: "sid"},
			Action: "user.disable", ObjectKind: "user", ObjectID: "v", ObjectName: "bob",
			Reason: "left", Outcome: "ok", Txn: "txn",
		}
		e.update(func(tx idp.Tx) error {
			err := tx.AppendAudit(want)
			want.At = tx.Now()
			return err
		})
		got := read(e, idp.Tx.AuditEntries, idp.AuditFilter{})
		if len(got) != 1 || got[0].ID == 0 {
			e.Fatalf("AuditEntries = %v, want one with an ID", got)
		}
		want.ID = got[0].ID
		same(e, "AuditEntry", got[0], want)
	}},
	{"is read newest first, page by page", func(e *env) {
		e.update(func(tx idp.Tx) error {
			for i := range 60 {
				if err := tx.AppendAudit(idp.AuditEntry{Action: fmt.Sprint(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		first := read(e, idp.Tx.AuditEntries, idp.AuditFilter{})
		if len(first) != 50 || first[0].Action != "59" || first[49].Action != "10" {
			e.Fatalf("AuditEntries = %d entries, want the 50 from 59 to 10", len(first))
		}
		rest := read(e, idp.Tx.AuditEntries, idp.AuditFilter{Before: first[49].ID, Limit: 500})
		if len(rest) != 10 || rest[0].Action != "9" {
			e.Errorf("AuditEntries before them = %d entries, want the 10 from 9 on", len(rest))
		}
	}},
	{"is filtered", func(e *env) {
		for _, entry := range []idp.AuditEntry{
			{Action: "1", ObjectKind: "user", ObjectID: "u", Actor: idp.Actor{ID: "ada"}},
			{Action: "2", ObjectKind: "user", ObjectID: "v", Actor: idp.Actor{ID: "bob"}},
			{Action: "3", ObjectKind: "stream", ObjectID: "u", Actor: idp.Actor{ID: "ada"}},
		} {
			write(e, idp.Tx.AppendAudit, entry)
		}
		for _, c := range []struct {
			filter idp.AuditFilter
			want   []string
		}{
			{idp.AuditFilter{ObjectKind: "user"}, []string{"2", "1"}},
			{idp.AuditFilter{ObjectID: "u"}, []string{"3", "1"}},
			{idp.AuditFilter{ActorID: "ada"}, []string{"3", "1"}},
			{idp.AuditFilter{ObjectKind: "user", ObjectID: "u", ActorID: "ada"}, []string{"1"}},
			{idp.AuditFilter{ObjectKind: "stream", ActorID: "bob"}, nil},
			{idp.AuditFilter{ActorID: "ada", Limit: 1}, []string{"3"}},
		} {
			var got []string
			for _, entry := range read(e, idp.Tx.AuditEntries, c.filter) {
				got = append(got, entry.Action)
			}
			same(e, fmt.Sprintf("AuditEntries(%+v)", c.filter), got, c.want)
		}
	}},
	{"lists API tokens, newest first", func(e *env) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		old := idp.APIToken{ID: "1", Name: "ci", Hash: idp.HashToken("1"), CreatedAt: at}
		next := idp.APIToken{ID: "2", Name: "backup", Hash: idp.HashToken("2"), CreatedAt: at.Add(time.Hour),
			ExpiresAt: at.Add(2 * time.Hour), RevokedAt: at.Add(3 * time.Hour)}
		write(e, idp.Tx.CreateAPIToken, old)
		write(e, idp.Tx.CreateAPIToken, next)
		same(e, "APITokens", get(e, idp.Tx.APITokens), []idp.APIToken{next, old})
		same(e, "APIToken", read(e, idp.Tx.APIToken, "2"), next)
		same(e, "APITokenByHash", read(e, idp.Tx.APITokenByHash, old.Hash), old)
	}},
	{"revokes API tokens once", func(e *env) {
		want := idp.APIToken{ID: "1", Name: "ci", Hash: idp.HashToken("1")}
		e.update(func(tx idp.Tx) error {
			want.CreatedAt, want.RevokedAt = tx.Now(), tx.Now()
			if err := tx.CreateAPIToken(idp.APIToken{ID: "1", Name: "ci", Hash: want.Hash}); err != nil {
				return err
			}
			return tx.RevokeAPIToken("1")
		})
		write(e, idp.Tx.RevokeAPIToken, "1")
		same(e, "APIToken", read(e, idp.Tx.APIToken, "1"), want)
		missing(e, idp.Tx.APIToken, "none")
		missing(e, idp.Tx.APITokenByHash, idp.HashToken("none"))
		refuse(e, idp.ErrNotFound, idp.Tx.RevokeAPIToken, "none")
		refuse(e, idp.ErrConflict, idp.Tx.CreateAPIToken, idp.APIToken{ID: "2", Name: "x", Hash: want.Hash})
	}},
}
