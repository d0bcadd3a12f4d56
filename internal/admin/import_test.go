// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// bcryptHash is that of "open sesame", of cost 10.
const bcryptHash = "$2b$10$K7.fQpZXuLjrgN59OiHxVe9B0WlMFULIiMtgCRnnw2fap4bxoWS4q"

func TestReadUsers(t *testing.T) {
	want := []admin.ImportedUser{
		{Line: 2, Username: "bob", Email: "bob@example.com", Name: "Bob, the builder", PasswordHash: idp.NewSecret(bcryptHash), Groups: []string{"staff", "night shift"}},
		{Line: 3, Username: "eve"},
	}
	for name, read := range map[string]func() ([]admin.ImportedUser, error){
		"CSV": func() ([]admin.ImportedUser, error) {
			return admin.ReadUsersCSV(strings.NewReader("\ufeffgroups,username,email,name,password_hash\r\n" +
				`staff;night shift,bob,bob@example.com,"Bob, the builder",` + bcryptHash + "\r\n,eve,,,\r\n"))
		},
		"NDJSON": func() ([]admin.ImportedUser, error) {
			return admin.ReadUsersNDJSON(strings.NewReader("\n" +
				`{"username":"bob","email":"bob@example.com","name":"Bob, the builder","password_hash":"` + bcryptHash + `","groups":["staff","night shift"]}` +
				"\r\n" + `{"username":"eve"}`))
		},
	} {
		got, err := read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(idp.Secret.Equal)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestReadUsersRefuses: all that is wrong is told at once, by line, and no hash
// is repeated.
func TestReadUsersRefuses(t *testing.T) {
	for _, tt := range []struct{ name, csv, ndjson, want string }{
		{"empty", "", "", "line 1: "},
		{"no users", "username\n", "\n\n", "line 1: is where the file ends"},
		{"unknown column", "username,shoe_size\n", `{"username":"a","shoe_size":44}`, `"shoe_size"`},
		{"other case", "Username\n", `{"Username":"a"}`, `"Username"`},
		{"column twice", "username,email,email\n", `{"username":"a","username":"b"}`, "twice"},
		{"no user name", "email\na@example.com\n", `{"email":"a@example.com"}`, "username"},
		{"bad user name", "username\na b\n", "\n" + `{"username":"a b"}`, "line 2: username must be"},
		{"bad address", "username,email\nada,nope\n", "\n" + `{"username":"ada","email":"nope"}`, "line 2: email must be"},
		{"a password", "username,password_hash\nada,hunter2\n", "\n" + `{"username":"ada","password_hash":"hunter2"}`, "line 2: password_hash must be"},
		{"user name twice", "username\nada\nADA\n", `{"username":"ada"}` + "\n\n" + `{"username":"ADA"}`, "line 3: username is that of line"},
		{"address twice", "username,email\na,x@example.com\nb,X@example.com\n", `{"username":"a","email":"x@example.com"}` + "\n\n" + `{"username":"b","email":"X@example.com"}`, "line 3: email is that of line"},
		{"group twice", "username,groups\nada,x;x\n", "\n" + `{"username":"ada","groups":["x","x"]}`, "line 2: groups must not name a group twice"},
		{"group without a name", "username,groups\nada,x;\n", "\n" + `{"username":"ada","groups":["x",""]}`, "line 2: groups must hold"},
		{"too few fields", "username,email\nada\n", "\n[]", "line 2: "},
		{"not the format", "username\n\"ada\n", "\n{", "line 2: "},
		{"wrong type", "username\n\n\"a\"b\n", "\n\n" + `{"username":44}`, "line 3: "},
		{"broken UTF-8", "username,name\nada,\xff\n", "\n{\"username\":\"ada\",\"name\":\"\xff\"}", "UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for format, read := range map[string]func() ([]admin.ImportedUser, error){
				"CSV":    func() ([]admin.ImportedUser, error) { return admin.ReadUsersCSV(strings.NewReader(tt.csv)) },
				"NDJSON": func() ([]admin.ImportedUser, error) { return admin.ReadUsersNDJSON(strings.NewReader(tt.ndjson)) },
			} {
				users, err := read()
				var wrong *admin.ImportError
				if !errors.As(err, &wrong) || users != nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s = %v, %v, want an ImportError with %q", format, users, err, tt.want)
				} else if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s: the error repeats what stood in place of a hash: %v", format, err)
				}
			}
		})
	}
}

// TestManyProblems: the first hundred are told, and how many more there are.
func TestManyProblems(t *testing.T) {
	_, err := admin.ReadUsersCSV(strings.NewReader("username\n" + strings.Repeat("a b\n", 130)))
	var wrong *admin.ImportError
	// From the second line on each is also that of the first.
	if !errors.As(err, &wrong) || len(wrong.Problems) != 100 || wrong.More != 159 || !strings.HasSuffix(err.Error(), "and 159 more") {
		t.Errorf("130 bad lines = %v, want 100 problems and 159 more", err)
	}
	long := `{"username":"` + strings.Repeat("a", 1<<16) + `"}`
	if _, err := admin.ReadUsersNDJSON(strings.NewReader(`{"username":"ada"}` + "\n" + long)); err == nil || !strings.Contains(err.Error(), "line 2: is longer") {
		t.Errorf("a line of 64 KiB = %v, want it refused", err)
	}
}

func (f *fixture) importFile(t *testing.T, query, media, body string) answer {
	t.Helper()
	return f.send(t, http.MethodPost, "/api/v1/users/import"+query, f.token, media, body)
}

// TestImport makes the users of a file with their groups, and one of them signs
// in with the password they had.
func TestImport(t *testing.T) {
	f := newFixture(t)
	file := "username,email,password_hash,groups\nbob,bob@example.com," + bcryptHash + ",STAFF\neve,,,\n"
	before, _ := f.entries(t)
	dry := f.importFile(t, "?dry_run=true", "text/csv; charset=utf-8", file)
	if after, _ := f.entries(t); dry.status != http.StatusCreated || dry.body["users"] != 2.0 || dry.body["dry_run"] != true || dry.body["txn"] != nil || after != before {
		t.Errorf("dry run = %d %s with %d audit entries, want a report and no trace", dry.status, dry.raw, after-before)
	}
	got := f.importFile(t, "", "text/csv", file)
	if got.status != http.StatusCreated || got.body["with_password"] != 1.0 || got.body["memberships"] != 1.0 {
		t.Fatalf("import = %d %s", got.status, got.raw)
	}
	f.update(t, func(tx idp.Tx) error {
		bob, err := tx.UserByLogin("bob@example.com")
		if err != nil {
			return err
		}
		groups, err := tx.GroupsOf(bob.ID)
		if len(groups) != 1 || string(groups[0]) != f.ids["group"] {
			t.Errorf("groups of bob = %v, want staff", groups)
		}
		if err != nil {
			return err
		}
		entries, err := tx.AuditEntries(idp.AuditFilter{Txn: got.body["txn"].(string)})
		if len(entries) != 3 || entries[0].Action != "user.import_file" || entries[1].Action != "user.import" {
			t.Errorf("audit entries of the import = %+v, want one each and one for the file", entries)
		}
		if err != nil {
			return err
		}
		signals, err := tx.SignalsOf(got.body["txn"].(string))
		if len(signals) != 1 || signals[0].Principal.UserID != bob.ID || len(signals[0].Principal.Groups) != 1 {
			t.Errorf("signals of the import = %+v, want bob's password with his groups", signals)
		}
		return err
	})
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := passwords.Authenticate(t.Context(), f.db, "bob", "open sesame"); err != nil {
		t.Errorf("Authenticate with the imported password = %v", err)
	}
}

// TestImportIsWhole: one bad line keeps the whole file out, and each is told.
func TestImportIsWhole(t *testing.T) {
	f := newFixture(t)
	before, _ := f.entries(t)
	for _, tt := range []struct {
		name, media, body string
		status            int
		want              []string
	}{
		{"taken and missing", "application/x-ndjson", `{"username":"bob"}` + "\n" + `{"username":"ADA"}` + "\n" + `{"username":"eve","email":"Ada@example.com","groups":["crew"]}`,
			422, []string{`"location":"line 2, username"`, `"location":"line 3, email"`, `"location":"line 3, groups"`, `no group \"crew\"`, "3 problems"}},
		{"bad file", "text/csv", "username\nbob\na b\n", 422, []string{`"location":"line 3, username"`}},
		{"media type", "application/json", `{"username":"bob"}`, 415, []string{"text/csv"}},
		{"no body", "text/csv", "", 400, nil},
		{"no media type", "", "username\nbob\n", 415, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := f.importFile(t, "", tt.media, tt.body)
			if got.status != tt.status {
				t.Errorf("import = %d %s, want %d", got.status, got.raw, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.raw, want) {
					t.Errorf("import = %s, want %s", got.raw, want)
				}
			}
			f.update(t, func(tx idp.Tx) error {
				if _, err := tx.UserByLogin("bob"); !errors.Is(err, idp.ErrNotFound) {
					t.Errorf("UserByLogin(bob) = %v, want that nobody was made", err)
				}
				return nil
			})
		})
	}
	if after, newest := f.entries(t); after != before {
		t.Errorf("audit entry %q of what was refused", newest.Action)
	}
}

// TestImportOfMany: a file beyond the usual limit of a body is taken.
func TestImportOfMany(t *testing.T) {
	f := newFixture(t)
	var file strings.Builder
	file.WriteString("username,name\n")
	n := 500
	for i := range n {
		fmt.Fprintf(&file, "user%d,%s\n", i, strings.Repeat("é", 100))
	}
	file.WriteString(strings.Repeat("\n", 1<<20)) // empty lines are none
	got := f.importFile(t, "?dry_run=true", "text/csv", file.String())
	if got.status != http.StatusCreated || got.body["users"] != float64(n) {
		t.Errorf("import of %d users = %d %.200s", n, got.status, got.raw)
	}
	if got := f.importFile(t, "", "text/csv", strings.Repeat("\n", admin.MaxImport+1)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("import of more than %d bytes = %d %.200s, want 413", admin.MaxImport, got.status, got.raw)
	}
}

func FuzzReadUsersCSV(f *testing.F) {
	f.Add("username,email,name,password_hash,groups\nbob,bob@example.com,Bob," + bcryptHash + ",staff;crew\n")
	f.Add("username\n\"a\"\"b\"\n")
	f.Add("\ufeffname,username\n,\n")
	f.Fuzz(func(t *testing.T, file string) {
		users, err := admin.ReadUsersCSV(strings.NewReader(file))
		checkRead(t, users, err)
	})
}

func FuzzReadUsersNDJSON(f *testing.F) {
	f.Add(`{"username":"bob","email":"bob@example.com","password_hash":"` + bcryptHash + `","groups":["staff"]}` + "\n\n")
	f.Add(`{"username":"a","groups":null}`)
	f.Add("[]\n{\"username\":1}")
	f.Fuzz(func(t *testing.T, file string) {
		users, err := admin.ReadUsersNDJSON(strings.NewReader(file))
		checkRead(t, users, err)
	})
}

// checkRead: a reader returns users that can be stored, or says where it does
// not.
func checkRead(t *testing.T, users []admin.ImportedUser, err error) {
	t.Helper()
	var wrong *admin.ImportError
	if err != nil && (!errors.As(err, &wrong) || len(wrong.Problems) == 0 || len(wrong.Problems) > 100 || users != nil) {
		t.Errorf("read = %d users, %v, want an ImportError", len(users), err)
	}
	if err == nil && len(users) == 0 {
		t.Error("read = no users and no error")
	}
	line := 0
	for _, u := range users {
		if err := (idp.User{Username: u.Username, Email: u.Email, Name: u.Name}).Validate(); err != nil || u.Line <= line {
			t.Errorf("read %+v after line %d: %v", u, line, err)
		}
		line = u.Line
	}
}
