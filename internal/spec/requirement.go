// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed requirements.tsv
var requirementsFile string

// Status says how far a requirement is met.
type Status string

// The values of a Status.
const (
	// Yes is met, and a test shows it.
	Yes Status = "yes"
	// Partial is met in part, and the note says which part.
	Partial Status = "partial"
	// No is not met or not shown, and the note says why.
	No Status = "no"
	// NotApplicable does not bind this Transmitter, and the note says why.
	NotApplicable Status = "n/a"
)

// Requirement is one rule that binds a Transmitter: a MUST or SHOULD, or a
// definition (DEF) that an answer breaks if it differs, as a status code.
type Requirement struct {
	// ID is the citation and a number within the section, as "SSF §8.1.2 #2".
	ID string
	// Citation is the section that the rule stands in.
	Citation Citation
	// Level is one of the words of Levels.
	Level string
	// Gist is the rule in a few words of our own.
	Gist string
	// Status says whether we meet it.
	Status Status
	// Test names a test function with its package, as
	// "internal/transmitter.TestStatus" or, with the literal name of a subtest,
	// "internal/transmitter.TestStatus/unknown stream". Empty if there is none.
	Test string
	// Note is for a reader: what is missing, or why the rule does not bind us.
	Note string
}

// Levels returns the words that a requirement may have as its level.
func Levels() []string {
	return []string{"MUST", "MUST NOT", "SHALL", "SHOULD", "SHOULD NOT", "DEF"}
}

// header is the first line of requirements.tsv.
var header = []string{"id", "document", "section", "level", "gist", "status", "test", "note"}

// Requirements returns the ledger in the order of its file.
func Requirements() ([]Requirement, error) {
	return ParseRequirements(requirementsFile)
}

// ParseRequirements reads a header and rows of columns separated by tabs. It
// fails on a row that is not well formed; whether the section and the test
// exist is for Citation.Check and FindTest to say.
func ParseRequirements(text string) ([]Requirement, error) {
	var reqs []Requirement
	seen := make(map[string]bool)
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != len(header) {
			return nil, fmt.Errorf("requirements.tsv:%d: %d columns, want %d", i+1, len(fields), len(header))
		}
		if i == 0 {
			if !slices.Equal(fields, header) {
				return nil, fmt.Errorf("requirements.tsv:1: header %q, want %q", fields, header)
			}
			continue
		}
		r := Requirement{
			ID:       fields[0],
			Citation: Citation{Document: fields[1], Section: fields[2]},
			Level:    fields[3],
			Gist:     fields[4],
			Status:   Status(fields[5]),
			Test:     fields[6],
			Note:     fields[7],
		}
		if err := r.validate(); err != nil {
			return nil, fmt.Errorf("requirements.tsv:%d: %s: %w", i+1, r.ID, err)
		}
		if seen[r.ID] {
			return nil, fmt.Errorf("requirements.tsv:%d: %s: listed twice", i+1, r.ID)
		}
		seen[r.ID] = true
		reqs = append(reqs, r)
	}
	return reqs, nil
}

// validate checks a row by itself.
func (r Requirement) validate() error {
	switch {
	case !strings.HasPrefix(r.ID, r.Citation.String()+" #"):
		return fmt.Errorf("id does not begin with %q", r.Citation.String()+" #")
	case !slices.Contains(Levels(), r.Level):
		return fmt.Errorf("level %q is not one of %q", r.Level, Levels())
	case r.Gist == "":
		return fmt.Errorf("no gist")
	case !slices.Contains([]Status{Yes, Partial, No, NotApplicable}, r.Status):
		return fmt.Errorf("status %q is not yes, partial, no or n/a", r.Status)
	case (r.Status == Yes || r.Status == Partial) && r.Test == "":
		return fmt.Errorf("status %q needs a test", r.Status)
	case r.Status != Yes && r.Note == "":
		return fmt.Errorf("status %q needs a note", r.Status)
	}
	return nil
}
