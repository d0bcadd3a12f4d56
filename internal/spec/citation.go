// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// Citation is one mention of a section of a document.
type Citation struct {
	// Document is the short name, or "" if the text names none that we know.
	Document string
	// Section is the number as written, as "8.1.1.3".
	Section string
}

// String returns the citation as it is written in a comment.
func (c Citation) String() string {
	return strings.TrimSpace(c.Document + " §" + c.Section)
}

var (
	sectionSign = regexp.MustCompile(`§(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)`)
	// inherits matches what may stand between two sections of one document,
	// as in "SSF §8.1.1.3, §8.1.1.4 and §8.1.2".
	inherits = regexp.MustCompile(`^(?: #\d+)?(?:,| and| or|, and|, or| to|–|/) ?$`)
	// unknownRFC matches an RFC for which there is no table of contents.
	unknownRFC = regexp.MustCompile(`RFC \d+ $`)
)

// FindCitations returns the citations in text, in order. Line ends count as
// spaces. A section that follows another with a comma or a conjunction takes
// its document.
func FindCitations(docs []*Document, text string) []Citation {
	text = strings.Join(strings.Fields(text), " ")
	var found []Citation
	var last string
	end := 0
	for _, m := range sectionSign.FindAllStringSubmatchIndex(text, -1) {
		before := text[:m[0]]
		doc := namedAtEnd(docs, before)
		if doc == "" && len(found) > 0 && inherits.MatchString(text[end:m[0]]) {
			doc = last
		}
		found = append(found, Citation{doc, text[m[2]:m[3]]})
		last, end = doc, m[1]
	}
	return found
}

// namedAtEnd returns the longest document name that text ends with before a
// space, or the name of an RFC that we do not have.
func namedAtEnd(docs []*Document, text string) string {
	var name string
	for _, d := range docs {
		if strings.HasSuffix(text, d.Name+" ") && len(d.Name) > len(name) {
			name = d.Name
		}
	}
	if name == "" {
		name = strings.TrimSuffix(unknownRFC.FindString(text), " ")
	}
	return name
}

// Check says what is wrong with a citation: no document, a document that has no
// table of contents here, or a section that the document does not have.
func (c Citation) Check(docs []*Document) error {
	if c.Document == "" {
		return fmt.Errorf("%s: names no document; write it as \"SSF §8.1.2\"", c)
	}
	for _, d := range docs {
		if d.Name != c.Document {
			continue
		}
		if _, ok := d.SectionTitle(c.Section); !ok {
			return fmt.Errorf("%s: %s has no such section", c, d.Title)
		}
		return nil
	}
	return fmt.Errorf("%s: no table of contents of that document in toc", c)
}
