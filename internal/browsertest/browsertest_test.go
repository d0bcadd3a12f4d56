// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/browsertest"
)

// trial is a test that is watched rather than failed.
type trial struct {
	testing.TB
	errors []string
	ends   []func()
}

func (t *trial) Helper()            {}
func (t *trial) Cleanup(end func()) { t.ends = append(t.ends, end) }
func (t *trial) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func (t *trial) end() {
	for _, end := range slices.Backward(t.ends) {
		end()
	}
}

// TestComplaints checks that a test notices what it does not look for: scripts
// that throw, what the policy of a page stops, and pages that are too wide.
func TestComplaints(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "script-src 'unsafe-inline'; img-src 'none'")
		switch r.URL.Path {
		case "/throws":
			fmt.Fprint(w, `<h1>Page</h1><script>throw new Error("broken")</script>`)
		case "/stopped":
			fmt.Fprint(w, `<h1>Page</h1><img src="/picture">`)
		case "/wide":
			fmt.Fprint(w, `<h1 style="width: 1000px">Page</h1>`)
		default:
			fmt.Fprint(w, `<h1>Page</h1>`)
		}
	}))
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/":        "",
		"/missing": "",
		"/throws":  "broken",
		"/stopped": "Content Security Policy",
		"/wide":    "pixels wider than the screen of phone-light",
	} {
		watched := &trial{TB: t}
		p := browsertest.Start(watched, browsertest.Config{}).Window()
		p.Open(server.URL + path)
		p.AwaitText("h1", "Page")
		p.Picture("page")
		watched.end()
		if got := strings.Join(watched.errors, "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: errors %q, want %q", path, got, want)
		}
	}
}
