// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Cited is one citation with the place where it stands.
type Cited struct {
	Citation
	// File is relative to the root that was walked, with forward slashes.
	File string
	// Line is where the comment or paragraph begins, from 1.
	Line int
}

// WalkCitations returns the citations in the comments of every Go file below
// root and in every Markdown file, in the order of file names. Folders that
// begin with a dot and testdata are left out.
func WalkCitations(docs []*Document, root string) ([]Cited, error) {
	var cited []Cited
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		split := paragraphs
		switch filepath.Ext(file) {
		case ".go":
			split = comments
		case ".md":
		default:
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte("§")) {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		for _, b := range split(text) {
			for _, c := range FindCitations(docs, b.text) {
				cited = append(cited, Cited{c, filepath.ToSlash(rel), b.line})
			}
		}
		return nil
	})
	return cited, err
}

// block is text that is read as a whole, because a citation may be broken
// across its lines.
type block struct {
	line int
	text string
}

// comments returns the comments of Go source. Line comments that follow one
// another are one block. Only the scanner runs: no comment needs a parse.
func comments(src []byte) []block {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, scanner.ScanComments)
	var blocks []block
	open := false
	for {
		pos, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return blocks
		case tok != token.COMMENT:
			open = false
		case open && strings.HasPrefix(lit, "//"):
			blocks[len(blocks)-1].text += "\n" + strings.TrimPrefix(lit, "//")
		default:
			open = strings.HasPrefix(lit, "//")
			lit = strings.TrimPrefix(lit, "//")
			blocks = append(blocks, block{file.Line(pos), lit})
		}
	}
}

// paragraphs returns the parts of a text between empty lines.
func paragraphs(src []byte) []block {
	var blocks []block
	line := 1
	for part := range strings.SplitSeq(string(src), "\n\n") {
		blocks = append(blocks, block{line, part})
		line += strings.Count(part, "\n") + 2
	}
	return blocks
}
