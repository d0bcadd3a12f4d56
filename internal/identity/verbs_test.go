// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// signal is what a verb is expected to record: everything but the ID, the
// instant and the txn.
type signal struct {
	Type      secevent.EventType
	Principal idp.Principal
	Event     map[string]any
}

// payload is the members of an event. "now" stands for the instant of the
// transaction.
type payload map[string]any

// by is the common claims of an event (CAEP §2).
func by(entity, admin, user string, more payload) payload {
	p := payload{"event_timestamp": "now", "initiating_entity": entity, "reason_admin": map[string]any{"en": admin}}
	if user != "" {
		p["reason_user"] = map[string]any{"en": user}
	}
	for name, value := range more {
		p[name] = value
	}
	return p
}

// row runs one verb. Verbs may have several rows; a row without signals says
// that the verb records none.
type row struct {
	verb, name string
	// before prepares the database in a transaction of its own.
	before func(f *fixture, tx idp.Tx) error
	run    func(ctx context.Context, f *fixture, tx idp.Tx) error
	want   func(f *fixture) []signal
	// cause of the signals, if it is not the one that causes names.
	cause idp.SignalCause
	// audit is the action of the audit entry, if there is one; entries is how
	// many there are if not one, and refused their outcome.
	audit   string
	entries int64
	refused bool
}

// none records nothing.
func none(*fixture) []signal { return nil }

func (f *fixture) principal() idp.Principal {
	return idp.Principal{UserID: f.ada.ID, Email: "ada@example.com", Groups: []idp.GroupID{f.staff.ID}}
}

func (f *fixture) about(s idp.Session) idp.Principal {
	p := f.principal()
	p.SessionID = s.ID
	return p
}

func (f *fixture) refreshToken() idp.RefreshToken {
	return idp.RefreshToken{UserID: f.ada.ID, SessionID: f.first.ID, ApplicationID: f.app.ID, FamilyID: "family"}
}

// TestVerbs runs each row in a transaction that is rolled back.
func TestVerbs(t *testing.T) {
	shared := newFixtureWithCleo(t)
	for _, r := range rows() {
		t.Run(r.verb+"/"+r.name, func(t *testing.T) {
			f := *shared
			f.t = t
			rollBack := errors.New("roll back")
			err := f.db.Update(t.Context(), func(tx idp.Tx) error {
				if r.before != nil {
					if err := r.before(&f, tx); err != nil {
						return err
					}
				}
				last, err := tx.LastSignal()
				if err != nil {
					return err
				}
				lastEntry := newestEntry(t, tx).ID
				if err := r.run(t.Context(), &f, tx); err != nil {
					return err
				}
				txn := checkSignals(t, tx, last, r.want(&f))
				checkCause(t, tx, last, r)
				checkAudit(t, newestEntry(t, tx), lastEntry, r, txn)
				return rollBack
			})
			if !errors.Is(err, rollBack) {
				t.Fatal(err)
			}
		})
	}
}

// checkSignals compares the signals after last, and returns their txn.
func checkSignals(t *testing.T, tx idp.Tx, last int64, want []signal) (txn string) {
	t.Helper()
	recorded, err := tx.SignalsAfter(last, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []signal
	for _, s := range recorded {
		if s.Txn == "" || (txn != "" && s.Txn != txn) {
			t.Errorf("txn = %q, want one txn for all signals of a change, %q", s.Txn, txn)
		}
		txn = s.Txn
		if s.ApplicationID != "" || s.Stream != 0 {
			t.Errorf("signal %s is addressed to %q and %d, want everybody", s.Type, s.ApplicationID, s.Stream)
		}
		var event map[string]any
		if err := json.Unmarshal(s.Event, &event); err != nil {
			t.Fatal(err)
		}
		if at, ok := event["event_timestamp"]; ok && at == float64(tx.Now().Unix()) {
			event["event_timestamp"] = "now"
		}
		got = append(got, signal{s.Type, s.Principal, event})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
	return txn
}

func newestEntry(t *testing.T, tx idp.Tx) idp.AuditEntry {
	t.Helper()
	entries, err := tx.AuditEntries(idp.AuditFilter{Limit: 1})
	if err != nil || len(entries) != 1 {
		t.Fatalf("AuditEntries = %d entries, %v", len(entries), err)
	}
	return entries[0]
}

// checkCause compares the causes of the signals after last.
func checkCause(t *testing.T, tx idp.Tx, last int64, r row) {
	t.Helper()
	want := r.cause
	if want == "" {
		want = causes()[r.verb]
	}
	recorded, err := tx.SignalsAfter(last, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range recorded {
		if s.Cause != want {
			t.Errorf("cause of %s = %q, want %q", s.Type, s.Cause, want)
		}
	}
}

func checkAudit(t *testing.T, got idp.AuditEntry, last int64, r row, txn string) {
	t.Helper()
	action, outcome := r.audit, "ok"
	if r.refused {
		outcome = "refused"
	}
	if action == "" {
		if got.ID != last {
			t.Errorf("audit entry %q, want none", got.Action)
		}
		return
	}
	kind := "user"
	switch {
	case strings.HasPrefix(action, "group."):
		kind = "group"
	case action == "session.present":
		kind = "application"
	}
	if got.ID != last+max(1, r.entries) || got.Action != action || got.Outcome != outcome || got.ObjectKind != kind || (got.ObjectID == "" && !r.refused) {
		t.Errorf("audit entry = %+v, want one of %q", got, action)
	}
	if txn != "" && got.Txn != txn {
		t.Errorf("audit entry has the txn %q, its signals have %q", got.Txn, txn)
	}
}

// TestEveryVerbHasARow reads the package: an exported function that takes a
// transaction and is missing in the table could record anything.
func TestEveryVerbHasARow(t *testing.T) {
	listed := make(map[string]bool)
	for _, r := range rows() {
		listed[r.verb] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	verbs := make(map[string]bool)
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.IsExported() && takesTx(fn) {
				verbs[fn.Name.Name] = true
			}
		}
	}
	if len(verbs) < 10 {
		t.Fatalf("found %d verbs; does the test still read the right folder?", len(verbs))
	}
	for verb := range verbs {
		if !listed[verb] {
			t.Errorf("%s takes an idp.Tx and has no row in rows: say which signals it records", verb)
		}
	}
	for verb := range listed {
		if !verbs[verb] {
			t.Errorf("%s has a row in rows and is no verb", verb)
		}
	}
}

func takesTx(fn *ast.FuncDecl) bool {
	for _, param := range fn.Type.Params.List {
		if sel, ok := param.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Tx" {
			return true
		}
	}
	return false
}

// TestEventTypes keeps the list of what identity records true.
func TestEventTypes(t *testing.T) {
	f := newFixtureWithCleo(t)
	recorded := make(map[secevent.EventType]bool)
	for _, r := range rows() {
		for _, s := range r.want(f) {
			recorded[s.Type] = true
		}
	}
	listed := make(map[secevent.EventType]bool)
	for _, typ := range identity.EventTypes() {
		listed[typ] = true
	}
	if diff := cmp.Diff(recorded, listed); diff != "" {
		t.Errorf("EventTypes() differs from what the verbs record (-recorded +listed):\n%s", diff)
	}
}

// TestNothingHalf runs a verb that fails after it recorded signals: the caller
// rolls back and nothing is left.
func TestNothingHalf(t *testing.T) {
	f := newFixture(t)
	var last int64
	stop := errors.New("stop")
	err := f.db.Update(t.Context(), func(tx idp.Tx) (err error) {
		if last, err = tx.LastSignal(); err != nil {
			return err
		}
		if err := identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{}); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	f.update(t, func(tx idp.Tx) error {
		checkSignals(t, tx, last, nil)
		u, err := tx.User(f.ada.ID)
		if u.Disabled() {
			t.Error("user is disabled after the transaction failed")
		}
		return err
	})
}

// revoked is a session-revoked.
func revoked(p idp.Principal, entity, admin, user string) signal {
	return signal{caep.TypeSessionRevoked, p, by(entity, admin, user, nil)}
}

// password is a credential-change.
func password(p idp.Principal, entity, change, admin, user string) signal {
	return signal{caep.TypeCredentialChange, p, by(entity, admin, user,
		payload{"credential_type": "password", "change_type": change})}
}

// claims is a token-claims-change.
func claims(p idp.Principal, admin string, changed payload) signal {
	return signal{caep.TypeTokenClaimsChange, p, by("admin", admin, "", payload{"claims": map[string]any(changed)})}
}

func account(typ secevent.EventType, p idp.Principal) signal {
	return signal{typ, p, map[string]any{}}
}

func identifier(p idp.Principal, value string) signal {
	s := account(risc.TypeIdentifierChanged, p)
	if value != "" {
		s.Event["new-value"] = value
	}
	return s
}
