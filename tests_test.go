// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package tocsin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoSleep checks that no test waits for real time to pass: on a busy
// machine it is too short, on any other too long. Inside a synctest bubble time
// is not real; elsewhere wait for a condition or a channel.
func TestNoSleep(t *testing.T) {
	forEachTestFile(t, func(name string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if isCall(call, "time", "Sleep") {
				t.Errorf("%s:%d: time.Sleep outside a synctest bubble", name, fset.Position(call.Pos()).Line)
			}
			return !isCall(call, "synctest", "Test")
		})
	})
}

// TestFuzzSeeds checks that every fuzz target has a seed, by F.Add or in
// testdata. A plain go test runs the seeds only, so a target without one is
// never run by it; .ci/fuzz makes up new input.
func TestFuzzSeeds(t *testing.T) {
	forEachTestFile(t, func(name string, _ *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || fn.Type.Params.NumFields() != 1 {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(name), "testdata", "fuzz", fn.Name.Name))
			if err != nil && !addsSeed(fn) {
				t.Errorf("%s: %s has no seed, so go test never runs it", name, fn.Name.Name)
			}
		}
	})
}

// addsSeed says whether fn calls the Add method of its parameter.
func addsSeed(fn *ast.FuncDecl) bool {
	names := fn.Type.Params.List[0].Names
	if len(names) == 0 {
		return false
	}
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && isCall(call, names[0].Name, "Add")
		return !found
	})
	return found
}

// isCall says whether call is written as recv.name(...).
func isCall(call *ast.CallExpr, recv, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == recv
}

func forEachTestFile(t *testing.T, f func(name string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	for _, g := range goFiles(t) {
		if !strings.HasSuffix(g.Name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, g.Name, g.Source, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		f(g.Name, fset, file)
	}
}
