// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// ImportReport says what an import did, or would do.
type ImportReport struct {
	// Users are those made, WithPassword those of them who can sign in at
	// once, Memberships how many groups they joined, counted per user.
	Users, WithPassword, Memberships int
	// Txn finds the audit entries and signals of the import.
	Txn string
}

// ImportUsers makes all users of a file, or none of them. An *ImportError says
// which lines name what is taken or does not exist; it is found before
// anything is written. For a dry run the caller gives the transaction up. See
// identity.ImportUser for what is recorded.
func ImportUsers(ctx context.Context, tx idp.Tx, actor idp.Actor, users []ImportedUser, r Reason) (ImportReport, error) {
	report := ImportReport{Users: len(users), Txn: identity.NewTxn()}
	o := created("import", report.Txn, fmt.Sprintf("%d users", len(users)))
	entry, err := permit(tx, actor, "user.import_file", o)
	if err != nil {
		return ImportReport{}, err
	}
	groups, err := checkImport(tx, users)
	if err != nil {
		return ImportReport{}, err
	}
	for _, u := range users {
		var member []idp.GroupID
		for _, name := range u.Groups {
			member = append(member, groups[strings.ToLower(name)])
		}
		cause := identity.Cause{Txn: report.Txn, Admin: r.Admin, User: r.User}
		if _, err := identity.ImportUser(ctx, tx, actor, u.noun(), u.PasswordHash, member, cause); err != nil {
			return ImportReport{}, fmt.Errorf("line %d: %w", u.Line, err)
		}
		if !u.PasswordHash.IsZero() {
			report.WithPassword++
		}
		report.Memberships += len(member)
	}
	entry.Reason, entry.Txn = r.Admin, report.Txn
	return report, tx.AppendAudit(entry)
}

// checkImport finds what of a file collides with what there is, and returns
// the groups by name in lower case.
func checkImport(tx idp.Tx, users []ImportedUser) (map[string]idp.GroupID, error) {
	known, err := tx.Groups()
	if err != nil {
		return nil, err
	}
	groups := make(map[string]idp.GroupID)
	for _, g := range known {
		groups[strings.ToLower(g.Name)] = g.ID
	}
	var problems importProblems
	for _, u := range users {
		for _, login := range []struct{ field, value string }{{"username", u.Username}, {"email", u.Email}} {
			if login.value == "" {
				continue
			}
			_, err := tx.UserByLogin(login.value)
			if err == nil {
				problems.add(u.Line, login.field, "is that of a user who exists already")
			} else if !errors.Is(err, idp.ErrNotFound) {
				return nil, err
			}
		}
		for _, name := range u.Groups {
			if groups[strings.ToLower(name)] == "" {
				problems.add(u.Line, "groups", "must exist already; there is no group %.64q", name)
			}
		}
	}
	return groups, problems.err()
}
