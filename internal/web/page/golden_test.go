// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden compares each page with the file that was last looked at.
func TestGolden(t *testing.T) {
	pages := fixtures()
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		t.Run(name, func(t *testing.T) {
			got := render(t, pages[name])
			file := filepath.Join("testdata", "golden", name+".html")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: go test ./internal/web/page -update writes it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-golden +rendered):\n%s", name, diff)
			}
		})
	}
	if files, err := filepath.Glob("testdata/golden/*.html"); err != nil || len(files) != len(pages) {
		t.Errorf("%d golden files (%v), want one for each of %d pages", len(files), err, len(pages))
	}
}

var (
	inlineStyle  = regexp.MustCompile(`(?i)<style|\sstyle\s*=`)
	inlineScript = regexp.MustCompile(`(?i)<script[^>]*>[^<]|\son[a-z]+\s*=|javascript:`)
	label        = regexp.MustCompile(`<label for="([^"]+)"`)
	input        = regexp.MustCompile(`<input[^>]*>`)
	hiddenInput  = regexp.MustCompile(`type="hidden"|\shidden`)
	inputID      = regexp.MustCompile(`\sid="([^"]+)"`)
	heading      = regexp.MustCompile(`<h1[ >]`)
	mainLandmark = regexp.MustCompile(`<main[ >]`)
	autofocus    = regexp.MustCompile(`\sautofocus`)
)

// TestEveryPage checks what holds for all pages: nothing that the policy would
// stop, one heading, one main landmark, and a label for each input.
func TestEveryPage(t *testing.T) {
	for name, c := range fixtures() {
		t.Run(name, func(t *testing.T) {
			html := render(t, c)
			if m := inlineStyle.Find(html); m != nil {
				t.Errorf("inline style %q: style-src 'self' stops it", m)
			}
			if m := inlineScript.Find(html); m != nil {
				t.Errorf("inline script %q: script-src 'self' stops it", m)
			}
			for what, re := range map[string]*regexp.Regexp{"h1": heading, "main": mainLandmark} {
				if n := len(re.FindAll(html, -1)); n != 1 {
					t.Errorf("%d %s elements, want 1", n, what)
				}
			}
			if n := len(autofocus.FindAll(html, -1)); n > 1 {
				t.Errorf("%d elements want the focus, at most one can have it", n)
			}
			checkLabels(t, html)
		})
	}
}

func checkLabels(t *testing.T, html []byte) {
	t.Helper()
	labelled := map[string]bool{}
	for _, m := range label.FindAllSubmatch(html, -1) {
		labelled[string(m[1])] = true
	}
	for _, in := range input.FindAll(html, -1) {
		if hiddenInput.Match(in) {
			continue
		}
		id := inputID.FindSubmatch(in)
		if id == nil || !labelled[string(id[1])] {
			t.Errorf("%s has no label", in)
		}
	}
}

func render(t *testing.T, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), '\n')
}
