// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package tocsin_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const license = "// Copyright the Tocsin authors.\n// SPDX-License-Identifier: Apache-2.0\n\n"

// The longest a file may be, in lines, before it should be two.
const (
	maxLines     = 600
	maxTestLines = 800
)

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// TestLicense checks the header that says whose a file is, in case it is read
// or copied without the rest.
func TestLicense(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.Generated && !bytes.HasPrefix(f.Source, []byte(license)) {
			t.Errorf("%s: does not begin with the license header:\n%s", f.Name, license)
		}
	}
}

// TestFileLength checks that a file holds one idea. An exception has its path
// in docs/decisions.md, beside the reason.
func TestFileLength(t *testing.T) {
	decisions, err := os.ReadFile("docs/decisions.md")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, f := range goFiles(t) {
		limit := maxLines
		if strings.HasSuffix(f.Name, "_test.go") {
			limit = maxTestLines
		}
		lines := bytes.Count(f.Source, []byte("\n"))
		if !f.Generated && lines > limit && !bytes.Contains(decisions, []byte(f.Name)) {
			t.Errorf("%s: %d lines, over %d: split it by idea, or give the reason in docs/decisions.md", f.Name, lines, limit)
		}
	}
}

// machinePath matches what is true on one machine only: a folder of whoever
// wrote it, or the host of a registry that a clone may not reach. Its parts are
// kept apart here, or this file would match.
var machinePath = regexp.MustCompile(
	`(^|[^\w.-])/(work` + `|root` + `)/|proxy\.golang` + `\.org|registry\.npmjs` + `\.org|(deb|security)\.debian` + `\.org`)

// TestMachinePaths checks that the module does not depend on the machine that
// it was written on.
func TestMachinePaths(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("git ls-files: %v: only a clone knows which files are tracked", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if m := machinePath.Find(text); m != nil {
			t.Errorf("%s: contains %q, which holds on one machine only", name, m)
		}
	}
}

// goFile is one Go file of the module.
type goFile struct {
	Name      string // with forward slashes, from the module root
	Source    []byte
	Generated bool
}

// goFiles returns the Go files of the module, without testdata and without the
// modules that tools and the like keep in folders of their own.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(file, "go.mod"))
			if file != "." && (err == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		src, err := os.ReadFile(file)
		files = append(files, goFile{filepath.ToSlash(file), src, generated.Match(src)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
