// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package browsertest drives Chromium in tests, as a person would: it opens
// pages, presses what they can see, types, and waits for what they would wait
// for. It never waits for time to pass.
//
// A test that needs Chromium is skipped under -short and where there is none,
// unless TOCSIN_TEST_REQUIRE names chromium: then its absence is a failure.
package browsertest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to become what a test waits for. It is
// far more than it ever takes, so that a busy machine does not fail tests.
const patience = 3 * time.Minute

// Config is what a Browser is told at its start.
type Config struct {
	// CA is an authority to believe for this run, beside the ones that
	// Chromium knows. It is pinned by its public key, so no other certificate
	// error is ignored. Nil adds none.
	CA *x509.Certificate
}

// Browser is one Chromium with an empty profile. It ends with the test.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Start starts Chromium, or skips the test.
func Start(t testing.TB, c Config) *Browser {
	t.Helper()
	program := find(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"),
	)
	if c.CA != nil {
		pin := sha256.Sum256(c.CA.RawSubjectPublicKeyInfo)
		options = append(options, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(pin[:])))
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("end %s: %v", program, err)
		}
	})
	return &Browser{t: t, ctx: ctx}
}

// find returns the path of Chromium, or skips or fails the test.
func find(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("drives Chromium: left out by -short")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if required("chromium") {
		t.Fatal("TOCSIN_TEST_REQUIRE names chromium, and there is none in PATH")
	}
	t.Skip("drives Chromium, and there is none in PATH: install Debian's package chromium")
	return ""
}

// required says whether TOCSIN_TEST_REQUIRE, a list with commas, has a name.
func required(name string) bool {
	for entry := range strings.SplitSeq(os.Getenv("TOCSIN_TEST_REQUIRE"), ",") {
		if strings.TrimSpace(entry) == name {
			return true
		}
	}
	return false
}

// Window opens a window that shares nothing with the others: to the servers it
// is another browser.
func (b *Browser) Window() *Page {
	b.t.Helper()
	return b.open(b.ctx, chromedp.WithNewBrowserContext())
}
