// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	classAttribute = regexp.MustCompile(`\sclass="([^"]*)"`)
	cssEscape      = regexp.MustCompile(`\\(.)`)
	cssClass       = regexp.MustCompile(`\.((?:[\w-]|\\.)+)`)
)

// TestStyleIsCurrent checks that the committed style sheet has every class that
// a page uses: a template was changed and style/build not run.
func TestStyleIsCurrent(t *testing.T) {
	css, err := os.ReadFile("../asset/app.css")
	if err != nil {
		t.Fatal(err)
	}
	// group marks an element for its children and styles nothing itself.
	known := map[string]bool{"group": true}
	for _, m := range cssClass.FindAllStringSubmatch(string(css), -1) {
		known[cssEscape.ReplaceAllString(m[1], "$1")] = true
	}
	var missing []string
	for _, c := range fixtures() {
		for _, m := range classAttribute.FindAllStringSubmatch(string(render(t, c)), -1) {
			for _, class := range strings.Fields(m[1]) {
				if !known[class] && !slices.Contains(missing, class) {
					missing = append(missing, class)
				}
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("asset/app.css has no %q: run internal/web/style/build", missing)
	}
}
