// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"fmt"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// MaxImport is how long a file of users may be, in bytes.
	MaxImport = 32 << 20
	// maxImportUsers is how many users it may hold: they are written in one
	// transaction, during which nobody else writes.
	maxImportUsers = 50_000
	// maxImportProblems is how many problems an ImportError tells.
	maxImportProblems = 100
	// maxImportLine is how long one user may be, in bytes.
	maxImportLine = 64 << 10
)

// ImportedUser is one user of a file.
type ImportedUser struct {
	// Line is where they begin, from 1.
	Line                  int
	Username, Email, Name string
	// PasswordHash is zero for a user without a password; see
	// identity.ImportedHash.
	PasswordHash idp.Secret
	// Groups are names of groups that exist.
	Groups []string
}

// ImportProblem says what is wrong with one line of a file.
type ImportProblem struct {
	// Line counts from 1.
	Line int
	// Field is the column; empty when it is the line as a whole.
	Field string
	// Reason completes the sentence "FIELD ...". It never holds a password
	// hash.
	Reason string
}

// ImportError says all that is wrong with a file of users, by line.
type ImportError struct {
	// Problems are the first 100.
	Problems []ImportProblem
	// More is how many there are beyond those.
	More int
}

// Error tells the problems, one a line.
func (e *ImportError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "line %d: ", p.Line)
		if p.Field != "" {
			b.WriteString(p.Field + " ")
		}
		b.WriteString(p.Reason)
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\nand %d more", e.More)
	}
	return b.String()
}

// importProblems gathers what is wrong with a file.
type importProblems struct{ found ImportError }

// add notes a problem of a line.
func (p *importProblems) add(line int, field, format string, args ...any) {
	if len(p.found.Problems) == maxImportProblems {
		p.found.More++
		return
	}
	p.found.Problems = append(p.found.Problems, ImportProblem{line, field, fmt.Sprintf(format, args...)})
}

// err is nil when nothing is wrong.
func (p *importProblems) err() error {
	if len(p.found.Problems) == 0 {
		return nil
	}
	return &p.found
}
