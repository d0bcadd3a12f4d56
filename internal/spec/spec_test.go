// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tocsin-id/tocsin/internal/spec"
)

var update = flag.Bool("update", false, "rewrite docs/conformance.md")

// root is the module root, seen from this package.
const root = "../.."

// TestCitations checks that every section a comment or a page cites exists in
// the edition of the document that we implement.
func TestCitations(t *testing.T) {
	docs := documents(t)
	for _, c := range walk(t) {
		if err := c.Check(docs); err != nil {
			t.Errorf("%s:%d: %v", c.File, c.Line, err)
		}
	}
}

// TestRequirements checks that each row of the ledger cites a section that
// exists, and that the test it names exists.
func TestRequirements(t *testing.T) {
	docs := documents(t)
	for _, r := range requirements(t) {
		if err := r.Citation.Check(docs); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		if r.Test == "" {
			continue
		}
		if _, err := spec.FindTest(root, r.Test); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

// TestConformance checks that docs/conformance.md is what the ledger and the
// code say now; with -update it writes the page.
func TestConformance(t *testing.T) {
	inCode := slices.DeleteFunc(walk(t), func(c spec.Cited) bool {
		return !strings.HasSuffix(c.File, ".go") || strings.HasSuffix(c.File, "_test.go") ||
			strings.HasPrefix(c.File, "internal/spec/") // examples
	})
	want := spec.Conformance(documents(t), requirements(t), inCode)
	page := filepath.Join(root, "docs", "conformance.md")
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/conformance.md is out of date: run go generate ./internal/spec")
	}
}

func TestParseRequirements(t *testing.T) {
	const header = "id\tdocument\tsection\tlevel\tgist\tstatus\ttest\tnote\n"
	const good = "SSF §8 #2\tSSF\t8\tMUST\tgist\tyes\tp.TestX\t\n"
	for _, tt := range []struct{ name, text, want string }{
		{"good", header + good, ""},
		{"no header", good, "header"},
		{"twice", header + good + good, "listed twice"},
		{"seven columns", header + "SSF §8 #2\tSSF\t8\tMUST\tgist\tyes\tp.TestX\n", "7 columns"},
		{"other id", header + "SSF §9 #2\tSSF\t8\tMUST\tgist\tyes\tp.TestX\t\n", "does not begin"},
		{"level", header + "SSF §8 #2\tSSF\t8\tmust\tgist\tyes\tp.TestX\t\n", "level"},
		{"status", header + "SSF §8 #2\tSSF\t8\tMUST\tgist\tmaybe\tp.TestX\t\n", "status"},
		{"yes without test", header + "SSF §8 #2\tSSF\t8\tMUST\tgist\tyes\t\tnote\n", "needs a test"},
		{"no without note", header + "SSF §8 #2\tSSF\t8\tMUST\tgist\tno\t\t\n", "needs a note"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := spec.ParseRequirements(tt.text)
			if tt.want == "" && err != nil {
				t.Errorf("ParseRequirements = %v, want nil", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("ParseRequirements = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestFindCitations(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []spec.Citation
	}{
		{"no section", nil},
		{"the status (SSF §8.1.2).", []spec.Citation{{"SSF", "8.1.2"}}},
		{"broken over\na line (RFC\n8935 §2.3)", []spec.Citation{{"RFC 8935", "2.3"}}},
		{"the longer name, CAEP Interop §2.6", []spec.Citation{{"CAEP Interop", "2.6"}}},
		{"RFC 6749 §A.14", []spec.Citation{{"RFC 6749", "A.14"}}},
		{"SSF §8.1.1.3, §8.1.1.4 and §8.1.2", []spec.Citation{{"SSF", "8.1.1.3"}, {"SSF", "8.1.1.4"}, {"SSF", "8.1.2"}}},
		{"SSF §7.1 says so. In §7.2 it does not", []spec.Citation{{"SSF", "7.1"}, {"", "7.2"}}},
		{"RFC 5322 §3.4.1", []spec.Citation{{"RFC 5322", "3.4.1"}}},
	} {
		got := spec.FindCitations(documents(t), tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("FindCitations(%q): (-want +got)\n%s", tt.text, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		cite spec.Citation
		want string // part of the error, "" for none
	}{
		{spec.Citation{Document: "SSF", Section: "8.1.1.1.1"}, ""},
		{spec.Citation{Document: "SSF", Section: "7.1.2"}, "no such section"},
		{spec.Citation{Document: "RFC 5322", Section: "3.4.1"}, "no table of contents"},
		{spec.Citation{Section: "8.1"}, "names no document"},
	} {
		err := tt.cite.Check(documents(t))
		if tt.want == "" && err != nil {
			t.Errorf("Check(%s) = %v, want nil", tt.cite, err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("Check(%s) = %v, want an error with %q", tt.cite, err, tt.want)
		}
	}
}

func TestFindTest(t *testing.T) {
	const self = "internal/spec."
	for _, name := range []string{self + "TestFindTest", self + "TestWalkCitations/page.md"} {
		if file, err := spec.FindTest(root, name); err != nil || file != "internal/spec/spec_test.go" {
			t.Errorf("FindTest(%q) = %q, %v, want internal/spec/spec_test.go", name, file, err)
		}
	}
	absent := "TestIs" + "Absent" // not a literal of this file
	for _, name := range []string{"TestFindTest", self + absent, self + "TestFindTest/" + absent, self + "requirements"} {
		if _, err := spec.FindTest(root, name); !errors.Is(err, spec.ErrNoTest) {
			t.Errorf("FindTest(%q) = %v, want %v", name, err, spec.ErrNoTest)
		}
	}
}

func TestWalkCitations(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"page.md":      "one\n\ntwo\nthree (SSF\n§8.1)\n",
		"code.go":      "package p\n\n// f does (CAEP\n// §3.1).\nfunc f() {} // RISC §2.1\nvar s = \"SSF §1\"\n",
		"other.txt":    "SSF §1\n",
		".git/page.md": "SSF §1\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := spec.WalkCitations(documents(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []spec.Cited{
		{Citation: spec.Citation{Document: "CAEP", Section: "3.1"}, File: "code.go", Line: 3},
		{Citation: spec.Citation{Document: "RISC", Section: "2.1"}, File: "code.go", Line: 5},
		{Citation: spec.Citation{Document: "SSF", Section: "8.1"}, File: "page.md", Line: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("WalkCitations: (-want +got)\n%s", diff)
	}
}

func documents(t *testing.T) []*spec.Document {
	t.Helper()
	docs, err := spec.Documents()
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func requirements(t *testing.T) []spec.Requirement {
	t.Helper()
	reqs, err := spec.Requirements()
	if err != nil {
		t.Fatal(err)
	}
	return reqs
}

func walk(t *testing.T) []spec.Cited {
	t.Helper()
	cited, err := spec.WalkCitations(documents(t), root)
	if err != nil {
		t.Fatal(err)
	}
	return cited
}
