// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed toc/*.tsv
var tocs embed.FS

// Document is the table of contents of one document.
type Document struct {
	// Name is what a citation calls it, as "RFC 8935" or "OIDC Core".
	Name string
	// Title is its full title with the edition that the sections are from.
	Title string
	// Sections is in the order of the document.
	Sections []Section
}

// Section is one numbered section or lettered appendix, as "8.1.1.3" or "A.2".
type Section struct {
	Number, Title string
}

// SectionTitle returns the title of a section, and whether the document has it.
func (d *Document) SectionTitle(number string) (string, bool) {
	i := slices.IndexFunc(d.Sections, func(s Section) bool { return s.Number == number })
	if i < 0 {
		return "", false
	}
	return d.Sections[i].Title, true
}

// Documents returns all documents, sorted by file name. It fails only on a
// table of contents that is not well formed.
func Documents() ([]*Document, error) {
	files, err := tocs.ReadDir("toc")
	if err != nil {
		return nil, err
	}
	var docs []*Document
	for _, f := range files {
		text, err := tocs.ReadFile(path.Join("toc", f.Name()))
		if err != nil {
			return nil, err
		}
		name := strings.ReplaceAll(strings.TrimSuffix(f.Name(), ".tsv"), "_", " ")
		doc, err := parseTOC(name, string(text))
		if err != nil {
			return nil, fmt.Errorf("toc/%s: %w", f.Name(), err)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// parseTOC reads lines of section, tab, title. The first line has no section:
// it is the title of the document.
func parseTOC(name, text string) (*Document, error) {
	doc := &Document{Name: name}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		number, title, ok := strings.Cut(line, "\t")
		if !ok || title == "" || (number == "") != (i == 0) {
			return nil, fmt.Errorf("line %d: want section, tab, title, got %q", i+1, line)
		}
		if i == 0 {
			doc.Title = title
			continue
		}
		if _, dup := doc.SectionTitle(number); dup {
			return nil, fmt.Errorf("line %d: section %s is listed twice", i+1, number)
		}
		doc.Sections = append(doc.Sections, Section{number, title})
	}
	return doc, nil
}
