// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package tocsin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestComments checks that every exported name says what it is, and every field
// of a Config what it does: for most readers that is all they ever see of it. A
// field that has the name of its type, as Keys *Keys, is said by the type.
func TestComments(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.Generated || strings.HasSuffix(f.Name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, f.Name, f.Source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range undocumented(file) {
			t.Errorf("%s:%d: %s is exported and has no comment", f.Name, fset.Position(name.Pos()).Line, name.Name)
		}
	}
}

func undocumented(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, undocumentedSpec(d, spec)...)
			}
		}
	}
	return names
}

// exportedReceiver says whether godoc shows d: a function, or a method of an
// exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	return d.Recv == nil || ast.IsExported(typeName(d.Recv.List[0].Type))
}

// typeName returns T for T, *T, T[P] and pkg.T, and "" for a type without name.
func typeName(typ ast.Expr) string {
	switch x := typ.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.IndexListExpr:
		return typeName(x.X)
	}
	return ""
}

// undocumentedSpec looks at one name of a declaration. A comment on a group of
// values speaks for all of them.
func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
			names = append(names, s.Name)
		}
		st, ok := s.Type.(*ast.StructType)
		if !ok || !strings.HasSuffix(s.Name.Name, "Config") {
			return names
		}
		for _, field := range st.Fields.List {
			for _, n := range field.Names {
				if n.IsExported() && field.Doc == nil && field.Comment == nil && typeName(field.Type) != n.Name {
					names = append(names, n)
				}
			}
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				names = append(names, n)
			}
		}
	}
	return names
}
