// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/tocsin-id/tocsin/internal/web"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// agents is what real browsers say, and what they are.
var agents = []struct {
	agent, words string
	kind         page.DeviceKind
}{
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows", page.Computer},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows", page.Computer},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari on macOS", page.Computer},
	{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on ChromeOS", page.Computer},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux", page.Computer},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/120.0.0.0", "Opera on Linux", page.Computer},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone", page.Phone},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone", page.Phone},
	{"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1", "Chrome on iPad", page.Tablet},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android", page.Phone},
	{"Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on an Android tablet", page.Tablet},
	{"Mozilla/5.0 (Windows NT 10.0) SomethingNew/1.0", "A browser on Windows", page.Computer},
	{"curl/8.5.0", "curl", page.Program},
	{"Go-http-client/1.1", "Go-http-client", page.Program},
	{"", "Unknown program", page.Program},
	{strings.Repeat("x", 100), "Unknown program", page.Program},
	{"\u202etxt.exe/1", "Unknown program", page.Program},
}

func TestDevice(t *testing.T) {
	for _, test := range agents {
		if got := web.DeviceOf(test.agent); got.Words != test.words || got.Kind != test.kind {
			t.Errorf("DeviceOf(%q) = %q, a %s; want %q, a %s", test.agent, got.Words, got.Kind, test.words, test.kind)
		}
	}
}

// FuzzDevice checks that whatever a client says, the words stay short and
// printable.
func FuzzDevice(f *testing.F) {
	for _, a := range agents {
		f.Add(a.agent)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		d := web.DeviceOf(agent)
		if d.Words == "" || len(d.Words) > 60 || strings.ContainsFunc(d.Words, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
			t.Errorf("DeviceOf(%q) = %q, want 1 to 60 printable characters", agent, d.Words)
		}
	})
}
