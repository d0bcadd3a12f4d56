// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package tocsin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"strings"
	"testing"
)

// TestNoSleep checks that no test waits for real time to pass: on a busy
// machine it is too short, on any other too long. Inside a synctest bubble time
// is not real; elsewhere wait for a condition or a channel.
//
// Inside a bubble is what stands in a call of synctest.Test, or in a call of a
// function of the same package that calls it, or in a function that calls
// synctest.Wait, which panics anywhere else.
func TestNoSleep(t *testing.T) {
	opens := make(map[string]bool) // folder and name of what opens a bubble
	forEachTestFunc(t, func(name string, _ *token.FileSet, fn *ast.FuncDecl) {
		if contains(fn, "synctest", "Test") {
			opens[path.Dir(name)+"."+fn.Name.Name] = true
		}
	})
	forEachTestFunc(t, func(name string, fset *token.FileSet, fn *ast.FuncDecl) {
		if contains(fn, "synctest", "Wait") {
			return
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if isCall(call, "time", "Sleep") {
				t.Errorf("%s:%d: time.Sleep outside a synctest bubble", name, fset.Position(call.Pos()).Line)
			}
			callee, ok := call.Fun.(*ast.Ident)
			return !isCall(call, "synctest", "Test") && !(ok && opens[path.Dir(name)+"."+callee.Name])
		})
	})
}

// TestFuzzSeeds checks that every fuzz target has a seed, by F.Add or in
// testdata. A plain go test runs the seeds only, so a target without one is
// never run by it; .ci/fuzz makes up new input.
func TestFuzzSeeds(t *testing.T) {
	forEachTestFunc(t, func(name string, _ *token.FileSet, fn *ast.FuncDecl) {
		if fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || fn.Type.Params.NumFields() != 1 {
			return
		}
		var param string
		if names := fn.Type.Params.List[0].Names; len(names) > 0 {
			param = names[0].Name
		}
		_, err := os.Stat(path.Join(path.Dir(name), "testdata", "fuzz", fn.Name.Name))
		if err != nil && !contains(fn, param, "Add") {
			t.Errorf("%s: %s has no seed, so go test never runs it", name, fn.Name.Name)
		}
	})
}

// contains says whether a call that is written as recv.name(...) stands in fn.
func contains(fn *ast.FuncDecl, recv, name string) bool {
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && isCall(call, recv, name)
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

func forEachTestFunc(t *testing.T, f func(name string, fset *token.FileSet, fn *ast.FuncDecl)) {
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
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				f(g.Name, fset, fn)
			}
		}
	}
}
