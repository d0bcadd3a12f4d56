// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// importRecord is one user as a file spells them. The members are also the
// columns of a CSV file, where groups are separated by semicolons.
type importRecord struct {
	Username     string   `json:"username"`
	Email        string   `json:"email"`
	Name         string   `json:"name"`
	PasswordHash string   `json:"password_hash"`
	Groups       []string `json:"groups"`
}

func importColumns() []string {
	return []string{"username", "email", "name", "password_hash", "groups"}
}

// usersReader gathers the users of a file and what is wrong with it.
type usersReader struct {
	importProblems
	users []ImportedUser
	// lines are where user names and addresses stand, in lower case.
	lines map[string]int
}

// ReadUsersCSV reads users from CSV. The first line names the columns:
// username, and any of email, name, password_hash and groups in any order. The
// error is an *ImportError with all that is wrong, or that of reading.
func ReadUsersCSV(file io.Reader) ([]ImportedUser, error) {
	in := &usersReader{lines: make(map[string]int)}
	buffered := bufio.NewReader(file)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		buffered.Discard(3) // spreadsheets begin files with it
	}
	lines := csv.NewReader(buffered)
	lines.FieldsPerRecord = -1
	columns, err := lines.Read()
	if err == io.EOF {
		in.add(1, "", "must name the columns, such as username,email,name,password_hash,groups")
		return nil, in.err()
	}
	if err == nil {
		in.checkColumns(columns)
	} else if !in.malformed(err) {
		return nil, err
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			return in.done()
		}
		if err != nil {
			if !in.malformed(err) {
				return nil, err
			}
			continue
		}
		line, _ := lines.FieldPos(0)
		if len(fields) != len(columns) {
			in.add(line, "", "has %d fields, and the first line names %d columns", len(fields), len(columns))
			continue
		}
		in.take(line, csvRecord(columns, fields))
	}
}

// malformed notes an error of the CSV itself and reports whether it is one.
func (in *usersReader) malformed(err error) bool {
	var wrong *csv.ParseError
	if !errors.As(err, &wrong) {
		return false
	}
	in.add(wrong.Line, "", "is no CSV: %v", wrong.Err)
	return true
}

// checkColumns refuses what a column cannot be called.
func (in *usersReader) checkColumns(columns []string) {
	known := importColumns()
	for i, c := range columns {
		switch {
		case !slices.Contains(known, c):
			in.add(1, "", "names the column %.64q; columns are %s", c, strings.Join(known, ", "))
		case slices.Contains(columns[:i], c):
			in.add(1, "", "names the column %s twice", c)
		}
	}
	if !slices.Contains(columns, "username") {
		in.add(1, "", "must name the column username")
	}
}

func csvRecord(columns, fields []string) (r importRecord) {
	for i, c := range columns {
		switch c {
		case "username":
			r.Username = fields[i]
		case "email":
			r.Email = fields[i]
		case "name":
			r.Name = fields[i]
		case "password_hash":
			r.PasswordHash = fields[i]
		case "groups":
			if fields[i] != "" {
				r.Groups = strings.Split(fields[i], ";")
			}
		}
	}
	return r
}

// ReadUsersNDJSON reads users from lines of JSON: one object each, with the
// member username and any of email, name, password_hash and groups, a list of
// strings. Empty lines are skipped. The error is an *ImportError with all that
// is wrong, or that of reading.
func ReadUsersNDJSON(file io.Reader) ([]ImportedUser, error) {
	in := &usersReader{lines: make(map[string]int)}
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 4096), maxImportLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		record, err := jsonRecord(line)
		if err != nil {
			in.note(n, err)
			continue
		}
		in.take(n, record)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		in.add(n+1, "", "is longer than %d bytes", maxImportLine)
	} else if lines.Err() != nil {
		return nil, lines.Err()
	}
	return in.done()
}

// jsonRecord decodes a line. Members are compared exactly, which the decoder
// does not do by itself.
func jsonRecord(line []byte) (r importRecord, err error) {
	if err := secevent.CheckJSON(line); err != nil {
		return r, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return r, errors.New("is no JSON object")
	}
	for name := range members {
		if !slices.Contains(importColumns(), name) {
			return r, fmt.Errorf("has the member %.64q; members are %s", name, strings.Join(importColumns(), ", "))
		}
	}
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(line, &r); errors.As(err, &wrong) {
		want := "a string"
		if strings.HasPrefix(wrong.Field, "groups") {
			want = "a list of strings"
		}
		return r, idp.Invalid(wrong.Field, "must be %s", want)
	} else if err != nil {
		return r, errors.New("is no JSON object")
	}
	return r, nil
}

// take checks a record and keeps it.
func (in *usersReader) take(line int, r importRecord) {
	if len(in.users) == maxImportUsers {
		in.add(line, "", "is one user too many: a file holds at most %d; import the rest after it", maxImportUsers)
		return
	}
	u := ImportedUser{Line: line, Username: r.Username, Email: r.Email, Name: r.Name, Groups: r.Groups}
	in.note(line, u.noun().Validate())
	if r.PasswordHash != "" {
		hash, err := identity.ImportedHash(r.PasswordHash)
		in.note(line, err)
		u.PasswordHash = hash
	}
	in.unique(line, "username", u.Username)
	in.unique(line, "email", u.Email)
	for i, g := range u.Groups {
		if strings.TrimSpace(g) != g || g == "" || !utf8.ValidString(g) {
			in.add(line, "groups", "must hold names of groups, without spaces at their ends")
		} else if slices.Contains(u.Groups[:i], g) {
			in.add(line, "groups", "must not name a group twice; %.64q is", g)
		}
	}
	in.users = append(in.users, u)
}

// noun is the user as they would be stored.
func (u ImportedUser) noun() idp.User {
	return idp.User{Username: u.Username, Email: u.Email, Name: u.Name}
}

// note notes what a check found.
func (in *usersReader) note(line int, err error) {
	var invalid *idp.InvalidError
	if errors.As(err, &invalid) {
		in.add(line, invalid.Field, "%s", invalid.Reason)
	} else if err != nil {
		in.add(line, "", "%v", err)
	}
}

// unique notes a value that an earlier line has too.
func (in *usersReader) unique(line int, field, value string) {
	if value == "" {
		return
	}
	key := field + " " + strings.ToLower(value)
	if before, taken := in.lines[key]; taken {
		in.add(line, field, "is that of line %d too", before)
		return
	}
	in.lines[key] = line
}

// done returns what was read, unless something is wrong with it.
func (in *usersReader) done() ([]ImportedUser, error) {
	if len(in.users) == 0 && in.err() == nil {
		in.add(1, "", "is where the file ends: it holds no users")
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return in.users, nil
}
