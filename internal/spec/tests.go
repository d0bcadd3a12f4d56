// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// ErrNoTest means that a requirement names a test which does not exist.
var ErrNoTest = errors.New("no such test")

// testName splits the name of a test into folder, function and subtest.
var testName = regexp.MustCompile(`^([a-z0-9_/]+)\.((?:Test|Fuzz)\w+)(?:/(.+))?$`)

// FindTest returns the file, relative to root, that holds the test a
// requirement names. Each part of a subtest must stand in that file as a string
// literal: a name that is put together at run time cannot be found. The error
// is ErrNoTest if there is no such test.
func FindTest(root, test string) (string, error) {
	m := testName.FindStringSubmatch(test)
	if m == nil {
		return "", fmt.Errorf("%s: want folder.TestName or folder.TestName/subtest: %w", test, ErrNoTest)
	}
	dir, name, subtest := m[1], m[2], m[3]
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		f, src, err := parseTests(file, name)
		if err != nil {
			return "", err
		}
		if f == nil || !declares(f, name) {
			continue
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return "", err
		}
		if subtest != "" && !hasLiterals(src, strings.Split(subtest, "/")) {
			return "", fmt.Errorf("%s: %s has no subtest of that name: %w", test, rel, ErrNoTest)
		}
		return filepath.ToSlash(rel), nil
	}
	return "", fmt.Errorf("%s: %w", test, ErrNoTest)
}

// hasLiterals says whether each of names stands in src as a string literal.
func hasLiterals(src []byte, names []string) bool {
	for _, name := range names {
		if !bytes.Contains(src, []byte(strconv.Quote(name))) {
			return false
		}
	}
	return true
}

// parseTests parses a file that mentions name; for another it returns nil.
func parseTests(file, name string) (*ast.File, []byte, error) {
	src, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(src, []byte("func "+name+"(")) {
		return nil, nil, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
	return f, src, err
}

// declares says whether f has a top-level function of that name.
func declares(f *ast.File, name string) bool {
	for _, decl := range f.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == name {
			return true
		}
	}
	return false
}
