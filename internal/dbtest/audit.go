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
			e.findsAudit(c.filter, c.want...)
		}
	}},
	{"is filtered by action, change and words", filterAudit},
	{"is filtered by time", filterAuditTime},
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

// findsAudit checks which entries a filter selects, by their actions.
func (e *env) findsAudit(f idp.AuditFilter, want ...string) {
	e.Helper()
	var got []string
	for _, entry := range read(e, idp.Tx.AuditEntries, f) {
		got = append(got, entry.Action)
	}
	same(e, fmt.Sprintf("AuditEntries(%+v)", f), got, want)
}

func filterAudit(e *env) {
	for _, entry := range []idp.AuditEntry{
		{Action: "user.disable", ObjectKind: "user", ObjectID: "u", ObjectName: "Łukasz", Reason: "Left 100%", Txn: "t1",
			Actor: idp.Actor{ID: "ada", Name: "Ada Loveläce", Address: "192.0.2.1"}},
		{Action: "user.factor.add", ObjectKind: "user", ObjectID: "u", Actor: idp.Actor{ID: "u", Name: "łukasz"}},
		{Action: "user.factors", ObjectKind: "user", Txn: "t2", Actor: idp.Actor{Address: "2001:DB8::1"}},
		{Action: "user_import.done", Txn: "t1"},
		{Action: "sweep"},
	} {
		write(e, idp.Tx.AppendAudit, entry)
	}
	for _, c := range []struct {
		filter idp.AuditFilter
		want   []string
	}{
		{idp.AuditFilter{Action: "user.disable"}, []string{"user.disable"}},
		{idp.AuditFilter{Action: "user"}, nil},
		{idp.AuditFilter{Action: "user."}, []string{"user.factors", "user.factor.add", "user.disable"}},
		{idp.AuditFilter{Action: "user.factor."}, []string{"user.factor.add"}},
		{idp.AuditFilter{Action: "sweep"}, []string{"sweep"}},
		{idp.AuditFilter{Action: "sweep."}, nil},
		{idp.AuditFilter{Action: "."}, nil},
		{idp.AuditFilter{Txn: "t1"}, []string{"user_import.done", "user.disable"}},
		{idp.AuditFilter{Txn: "t1", Action: "user.", ObjectID: "u"}, []string{"user.disable"}},
		{idp.AuditFilter{Txn: "t2", ActorID: "ada"}, nil},
		{idp.AuditFilter{Search: "ŁUKASZ"}, []string{"user.factor.add", "user.disable"}},
		{idp.AuditFilter{Search: "LOVELÄ"}, []string{"user.disable"}},
		{idp.AuditFilter{Search: "left"}, []string{"user.disable"}},
		{idp.AuditFilter{Search: "0%"}, []string{"user.disable"}},
		{idp.AuditFilter{Search: "2001:db8"}, []string{"user.factors"}},
		{idp.AuditFilter{Search: "192.0.2.1", Action: "user."}, []string{"user.disable"}},
		{idp.AuditFilter{Search: "disable"}, nil},
		{idp.AuditFilter{Search: "_"}, nil},
	} {
		e.findsAudit(c.filter, c.want...)
	}
}

// filterAuditTime has entries at three instants, two of them at the second.
func filterAuditTime(e *env) {
	var at []time.Time
	for _, actions := range [][]string{{"1"}, {"2", "3"}, {"4"}} {
		e.update(func(tx idp.Tx) error {
			at = append(at, tx.Now())
			for _, action := range actions {
				if err := tx.AppendAudit(idp.AuditEntry{Action: action, ObjectID: "u"}); err != nil {
					return err
				}
			}
			return nil
		})
		e.later(at[len(at)-1])
	}
	after := at[2].Add(time.Millisecond)
	for _, c := range []struct {
		filter idp.AuditFilter
		want   []string
	}{
		{idp.AuditFilter{From: at[0]}, []string{"4", "3", "2", "1"}},
		{idp.AuditFilter{From: at[1]}, []string{"4", "3", "2"}},
		{idp.AuditFilter{From: after}, nil},
		{idp.AuditFilter{Until: at[0]}, nil},
		{idp.AuditFilter{Until: at[1]}, []string{"1"}},
		{idp.AuditFilter{Until: after}, []string{"4", "3", "2", "1"}},
		{idp.AuditFilter{From: at[1], Until: at[2]}, []string{"3", "2"}},
		{idp.AuditFilter{From: at[1], Until: at[1]}, nil},
		{idp.AuditFilter{From: at[1], Until: after, Limit: 2}, []string{"4", "3"}},
		{idp.AuditFilter{From: at[1], ObjectID: "u", Action: "2"}, []string{"2"}},
		{idp.AuditFilter{Until: at[2], ObjectID: "v"}, nil},
	} {
		e.findsAudit(c.filter, c.want...)
	}
	page := read(e, idp.Tx.AuditEntries, idp.AuditFilter{From: at[1], Limit: 1})
	e.findsAudit(idp.AuditFilter{From: at[1], Before: page[0].ID}, "3", "2")
}
