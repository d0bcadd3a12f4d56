// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
)

// TestEveryVerbChecks reads the package: an exported function that takes a
// transaction and does not ask whether the actor may is a hole.
func TestEveryVerbChecks(t *testing.T) {
	checks := []string{"allow", "permit", "authorize", "CheckSetup"}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var verbs int
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Recv != nil || !takesTx(fn) || fn.Name.Name == "CheckSetup" {
				continue
			}
			verbs++
			first := firstCall(fn.Body, checks)
			if write := firstWrite(fn.Body); !first.IsValid() || (write.IsValid() && write < first) {
				t.Errorf("%s does not begin with one of %v", fn.Name.Name, checks)
			}
		}
	}
	if verbs < 40 {
		t.Fatalf("found %d verbs; does the test still read the right folder?", verbs)
	}
}

func takesTx(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		sel, ok := p.Type.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Tx"
	})
}

// firstCall is where one of the named functions is called first.
func firstCall(body *ast.BlockStmt, names []string) (at token.Pos) {
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !at.IsValid() {
			if id, ok := call.Fun.(*ast.Ident); ok && slices.Contains(names, id.Name) {
				at = call.Pos()
			}
		}
		return true
	})
	return at
}

// firstWrite is the first use of the transaction other than its clock.
func firstWrite(body *ast.BlockStmt) (at token.Pos) {
	ast.Inspect(body, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && !at.IsValid() && sel.Sel.Name != "Now" {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == "tx" {
				at = sel.Pos()
			}
		}
		return true
	})
	return at
}

// TestWhoMay tries a verb that reads and one that writes as everybody.
func TestWhoMay(t *testing.T) {
	f := newFixture(t)
	f.update(t, func(tx idp.Tx) error { return tx.RevokeAPIToken(f.ids["token"]) })
	disabled := f.user(t, idp.User{Username: "gone", Admin: true, DisabledAt: time.Now()})
	for _, c := range []struct {
		name  string
		actor idp.Actor
		may   bool
	}{
		{"an admin", idp.Actor{Kind: idp.ActorAdmin, ID: f.ids["root"]}, true},
		{"an API token", idp.Actor{Kind: idp.ActorToken, ID: f.ids["mine"]}, true},
		{"the program", idp.System(), true},
		{"a user who says that they are an admin", idp.Actor{Kind: idp.ActorAdmin, ID: f.ids["user"]}, false},
		{"a disabled admin", idp.Actor{Kind: idp.ActorAdmin, ID: disabled}, false},
		{"a deleted admin", idp.Actor{Kind: idp.ActorAdmin, ID: "nobody"}, false},
		{"an admin on their own account", idp.Actor{Kind: idp.ActorUser, ID: f.ids["root"]}, false},
		{"a revoked API token", idp.Actor{Kind: idp.ActorToken, ID: f.ids["token"]}, false},
		{"an application", idp.Actor{Kind: idp.ActorApplication, ID: f.ids["application"]}, false},
		{"a rule", idp.Actor{Kind: idp.ActorPolicy}, false},
		{"nobody", idp.Actor{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var groups []idp.Group
			err := f.db.View(t.Context(), func(tx idp.Tx) (err error) {
				groups, err = admin.Groups(t.Context(), tx, c.actor)
				return err
			})
			if (err == nil) != c.may || (err != nil && (!errors.Is(err, idp.ErrDenied) || groups != nil)) {
				t.Errorf("Groups = %d groups, %v, want allowed %t", len(groups), err, c.may)
			}
			err = f.db.Update(t.Context(), func(tx idp.Tx) error {
				_, err := admin.CreateGroup(t.Context(), tx, c.actor, c.name)
				return err
			})
			if (err == nil) != c.may || (err != nil && !errors.Is(err, idp.ErrDenied)) {
				t.Errorf("CreateGroup = %v, want allowed %t", err, c.may)
			}
			var denied *admin.DeniedError
			if !c.may && (!errors.As(err, &denied) || denied.Entry.Outcome != "denied" || denied.Entry.Action != "group.create" || denied.Entry.Actor != c.actor) {
				t.Errorf("CreateGroup = %v, want a DeniedError with its entry", err)
			}
		})
	}
}

// user stores a user as they are.
func (f *fixture) user(t *testing.T, u idp.User) (id string) {
	t.Helper()
	f.update(t, func(tx idp.Tx) error {
		u.ID = idp.NewID[idp.UserID]()
		u.CreatedAt, u.UpdatedAt = tx.Now(), tx.Now()
		return tx.CreateUser(u)
	})
	return string(u.ID)
}

// TestEntryLinksToSignals: an admin finds the signals of a change from its
// audit entry, with the reason in both.
func TestEntryLinksToSignals(t *testing.T) {
	f := newFixture(t)
	got := f.call(t, "POST", f.expand("/api/v1/users/{user}/disable"), f.token, `{"reason_admin":"left","reason_user":"bye"}`)
	if got.status != 200 {
		t.Fatalf("disable = %d %s", got.status, got.raw)
	}
	_, entry := f.entries(t)
	f.update(t, func(tx idp.Tx) error {
		signals, err := tx.SignalsAbout(idp.UserID(f.ids["user"]), 10)
		var linked int
		for _, s := range signals {
			if s.Txn != entry.Txn {
				continue
			}
			linked++
			var event struct {
				ReasonAdmin map[string]string `json:"reason_admin"`
				Initiator   string            `json:"initiating_entity"`
			}
			if err := json.Unmarshal(s.Event, &event); err != nil {
				return err
			}
			if strings.HasSuffix(string(s.Type), "session-revoked") && (event.ReasonAdmin["en"] != "left" || event.Initiator != "admin") {
				t.Errorf("session-revoked = %s, want the admin's reason", s.Event)
			}
		}
		if linked != 2 || entry.Reason != "left" || entry.ObjectName != "ada" {
			t.Errorf("%d signals share the txn of %+v, want 2", linked, entry)
		}
		return err
	})
}

func TestSetup(t *testing.T) {
	f := newFixture(t)
	if token, err := admin.Bootstrap(t.Context(), f.db); err != nil || token != "" {
		t.Errorf("Bootstrap with an admin = %q, %v, want no token", token, err)
	}
	f.update(t, func(tx idp.Tx) error {
		if err := admin.CheckSetup(tx, ""); !errors.Is(err, idp.ErrReused) {
			t.Errorf("CheckSetup with an admin = %v, want ErrReused", err)
		}
		return tx.DeleteUser(idp.UserID(f.ids["root"]))
	})
	f.update(t, func(tx idp.Tx) error {
		if err := admin.CheckSetup(tx, ""); !errors.Is(err, idp.ErrDenied) {
			t.Errorf("CheckSetup without a token made = %v, want ErrDenied", err)
		}
		return nil
	})
	old, err := admin.Bootstrap(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	token, err := admin.Bootstrap(t.Context(), f.db)
	if err != nil || token == old || token == "" {
		t.Fatalf("second Bootstrap = %q, %v, want another token", token, err)
	}
	peer := idp.Actor{Kind: idp.ActorUser, Address: "192.0.2.7"}
	create := func(token string, u idp.User, hash idp.Secret) error {
		return f.db.Update(t.Context(), func(tx idp.Tx) error {
			_, err := admin.CreateFirstAdmin(t.Context(), tx, peer, token, u, hash)
			return err
		})
	}
	chief, hash := idp.User{Username: "chief"}, idp.NewSecret("hash")
	for _, bad := range []string{"", "x", old, token + "x"} {
		if err := create(bad, chief, hash); !errors.Is(err, idp.ErrDenied) {
			t.Errorf("CreateFirstAdmin(%q) = %v, want ErrDenied", bad, err)
		}
	}
	var invalid *idp.InvalidError
	if err := create(token, chief, idp.Secret{}); !errors.As(err, &invalid) {
		t.Errorf("CreateFirstAdmin without a password = %v, want an InvalidError", err)
	}
	if err := create(token, idp.User{Username: "!"}, hash); !errors.As(err, &invalid) {
		t.Errorf("CreateFirstAdmin with a bad name = %v, want an InvalidError", err)
	}
	if err := create(token, chief, hash); err != nil {
		t.Fatalf("CreateFirstAdmin = %v", err)
	}
	if _, entry := f.entries(t); entry.Actor.Name != "setup" || entry.Actor.Address != peer.Address || entry.ObjectName != "chief" {
		t.Errorf("audit entry = %+v, want the setup at the peer's address", entry)
	}
	if err := create(token, idp.User{Username: "second"}, hash); !errors.Is(err, idp.ErrReused) {
		t.Errorf("second CreateFirstAdmin = %v, want ErrReused", err)
	}
	f.update(t, func(tx idp.Tx) error {
		u, err := tx.UserByLogin("chief")
		if !u.Admin {
			t.Error("the first admin has not the admin right")
		}
		if err := errors.Join(err, tx.DeleteUser(u.ID)); err != nil {
			return err
		}
		if err := admin.CheckSetup(tx, token); !errors.Is(err, idp.ErrDenied) {
			t.Errorf("CheckSetup after its use = %v, want ErrDenied even without admins", err)
		}
		return nil
	})
}

// TestIDTokenKeyStays: without it nobody could sign in anywhere.
func TestIDTokenKeyStays(t *testing.T) {
	f := newFixture(t)
	secrets, err := signing.Bootstrap(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	err = f.db.Update(t.Context(), func(tx idp.Tx) error {
		return admin.DeleteSigningKey(t.Context(), tx, idp.System(), secrets.OIDCKey)
	})
	if !errors.Is(err, idp.ErrConflict) {
		t.Errorf("DeleteSigningKey of the ID token key = %v, want ErrConflict", err)
	}
}

// TestSystemLeavesOneEntry: a verb of another package that is called through
// this one does not enter the change again.
func TestSystemLeavesOneEntry(t *testing.T) {
	f := newFixture(t)
	for name, run := range map[string]func(tx idp.Tx) error{
		"EnableUser of a disabled user": func(tx idp.Tx) error {
			return admin.DisableUser(t.Context(), tx, idp.System(), idp.UserID(f.ids["user"]), admin.Reason{})
		},
		"RenameGroup": func(tx idp.Tx) error {
			_, err := admin.RenameGroup(t.Context(), tx, idp.System(), idp.GroupID(f.ids["group"]), "crew")
			return err
		},
		"SetStreamStatus": func(tx idp.Tx) error {
			_, err := admin.SetStreamStatus(t.Context(), tx, idp.System(), idp.StreamID(f.ids["stream"]), idp.StreamPaused, "")
			return err
		},
		"DeleteStream": func(tx idp.Tx) error {
			_, err := admin.DeleteStream(t.Context(), tx, idp.System(), idp.StreamID(f.ids["stream"]))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			before, _ := f.entries(t)
			stop := errors.New("stop")
			err := f.db.Update(t.Context(), func(tx idp.Tx) error {
				if err := run(tx); err != nil {
					return err
				}
				found, err := tx.AuditEntries(idp.AuditFilter{Limit: 1})
				if err != nil || found[0].ID != before+1 {
					t.Errorf("%d audit entries, %v, want one", found[0].ID-before, err)
				}
				return stop
			})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
		})
	}
}

// TestPasswordOfReset signs in with the password that the API made.
func TestPasswordOfReset(t *testing.T) {
	f := newFixture(t)
	got := f.call(t, "POST", f.expand("/api/v1/users/{user}/password"), f.token, `{}`)
	password, _ := got.body["password"].(string)
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := passwords.Authenticate(t.Context(), f.db, "ada", password); err != nil {
		t.Errorf("Authenticate with the password that was made = %v", err)
	}
	f.update(t, func(tx idp.Tx) error {
		s, err := tx.Session(idp.SessionID(f.ids["session"]))
		if s.EndedAt.IsZero() {
			t.Error("the session lives on after the reset")
		}
		return err
	})
	given := f.call(t, "POST", f.expand("/api/v1/users/{user}/password"), f.token, `{"password":"another fine password"}`)
	if given.status != 200 || given.body["password"] != nil {
		t.Errorf("reset to a given password = %d %s, want it not to be repeated", given.status, given.raw)
	}
}
