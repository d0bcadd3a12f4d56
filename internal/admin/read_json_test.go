// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBodyIsStrict sends bodies that two readers might read in two ways, and
// numbers that no type holds.
func TestBodyIsStrict(t *testing.T) {
	f := newFixture(t)
	for _, tt := range []struct{ name, body, want string }{
		{"a member twice", `{"name":"staff","name":"admins"}`, `member \"name\" occurs twice`},
		{"two objects", `{"name":"staff"}{"name":"admins"}`, "not valid JSON"},
		{"a list", `[{"name":"staff"}]`, "not a JSON object"},
		{"invalid UTF-8", "{\"name\":\"\xff\"}", "not UTF-8"},
		{"deep", `{"name":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "nested more than 64 deep"},
		{"a number beyond all", `{"name":1e999}`, "out of range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := f.call(t, "POST", "/api/v1/groups", f.token, tt.body)
			if got.status != http.StatusBadRequest || !strings.Contains(got.raw, tt.want) {
				t.Errorf("POST /groups %s = %d %s, want 400 with %q", tt.body, got.status, got.raw, tt.want)
			}
		})
	}
}
