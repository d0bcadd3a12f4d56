// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tocsin-id/tocsin/internal/admin"
)

// chromium is a tab of a real browser with an empty profile.
type chromium struct {
	t   *testing.T
	ctx context.Context

	mu sync.Mutex // guards complaints
	// complaints is what the console says: scripts that fail, and what the
	// Content-Security-Policy stops.
	complaints []string
}

// newChromium starts Chromium. Where there is none the test is skipped, unless
// TOCSIN_TEST_REQUIRE names it.
func newChromium(t *testing.T) *chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("a real browser takes seconds to start; run without -short")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		required := strings.Split(os.Getenv("TOCSIN_TEST_REQUIRE"), ",")
		if slices.Contains(required, "chromium") {
			t.Fatal("chromium is not installed, and TOCSIN_TEST_REQUIRE names it")
		}
		t.Skip("chromium is not installed, so nothing is known about real browsers")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	c := &chromium{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, c.listen); err != nil {
		t.Fatal(err)
	}
	c.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return err
	}))
	return c
}

func (c *chromium) listen(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError && event.Entry.Source != log.EntrySourceNetwork {
			c.complaints = append(c.complaints, event.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		c.complaints = append(c.complaints, event.ExceptionDetails.Text)
	}
}

// do runs actions one after the other.
func (c *chromium) do(actions ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, actions...); err != nil {
		c.t.Fatal(err)
	}
}

// ask runs an action that has an answer.
func ask[T any](c *chromium, action chromedp.Action[T]) T {
	c.t.Helper()
	answer, err := chromedp.Run(c.ctx, action)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

// visible waits for an element, and press clicks it.
func visible(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

func press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

// checkConsole fails the test for anything that the browser complained about.
func (c *chromium) checkConsole() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, complaint := range c.complaints {
		c.t.Errorf("console: %s", complaint)
	}
	c.complaints = nil
}

// signIn fills in the form that is shown.
func signIn(login, password string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		visible("#login"), chromedp.SetValue(chromedp.CSS("#login"), login),
		chromedp.SendKeys(chromedp.CSS("#password"), password),
		press("main form button[type=submit]"),
	)
}

// relyingParty is an application on a port of its own. It gets the callbacks.
func relyingParty(t *testing.T) (callback string, received <-chan url.Values) {
	t.Helper()
	values := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/callback" {
			w.Write([]byte(`<!DOCTYPE html><title>Atlas</title><h1 id="arrived">Arrived</h1>`))
			values <- r.URL.Query()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/callback", values
}

// TestChromiumReturns checks that the way from our forms to an application of
// another origin is open. Chromium applies form-action to all redirects that
// follow a form, which no other test would notice.
func TestChromiumReturns(t *testing.T) {
	callback, received := relyingParty(t)
	w := newWorldWith(t, worldConfig{redirectURI: callback})
	c := newChromium(t)
	start := w.url + w.authorizeURL("atlas", callback, "prompt", "consent")

	c.do(chromedp.Navigate(start), signIn("ada", adasPassword),
		visible(`button[value=deny]`), press(`button[value=deny]`),
		visible(`#arrived`))
	if got := (<-received).Get("error"); got != "access_denied" {
		t.Errorf("error after Deny = %q, want access_denied", got)
	}
	c.do(chromedp.Navigate(start),
		visible(`button[value=allow]`), press(`button[value=allow]`),
		visible(`#arrived`))
	if (<-received).Get("code") == "" {
		t.Error("no code after Allow")
	}
	// The consent is remembered, so the password is the last form.
	c.do(chromedp.Navigate(w.url+w.authorizeURL("atlas", callback, "prompt", "login")), signIn("ada", adasPassword),
		visible(`#arrived`))
	if (<-received).Get("code") == "" {
		t.Error("no code after the password")
	}
	c.checkConsole()
}

// TestChromiumReveal checks the one script.
func TestChromiumReveal(t *testing.T) {
	w := newWorld(t)
	c := newChromium(t)
	kind := func() string {
		return ask(c, chromedp.AttributeValue(chromedp.CSS("#password"), "type")).Value
	}
	const button = "button[data-reveal=password]"
	c.do(chromedp.Navigate(w.url+"/sign-in"), visible(button))
	before := kind()
	c.do(press(button))
	shown, focus := kind(), ask(c, chromedp.Evaluate[string](`document.activeElement.id`))
	c.do(press(button))
	hidden := kind()
	if before != "password" || shown != "text" || hidden != "password" || focus != "password" {
		t.Errorf("type = %s, after a click %s, after another %s, focus on %q; want password, text, password, password", before, shown, hidden, focus)
	}
	c.checkConsole()
}

// TestChromiumScreens opens every page on a phone and on a desk, by day and by
// night: nothing may stick out, and nothing may be stopped by the policy. With
// go test -artifacts the pictures are kept.
func TestChromiumScreens(t *testing.T) {
	w := newWorld(t)
	token, err := admin.Bootstrap(t.Context(), w.db)
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range []string{"beacon", "compass", "payroll-and-expenses"} {
		w.createApplication(app, "https://"+app+".example/callback")
	}
	w.signedIn("ada", adasPassword)
	c := newChromium(t)
	request := w.url + w.authorizeURL("atlas", atlasCallback)

	pictures := t.ArtifactDir()
	for _, screen := range screens() {
		c.do(screen.emulate())
		shoot := func(name, address string) { c.shoot(filepath.Join(pictures, name+"-"+screen.name+".png"), address) }
		shoot("sign-in", w.url+"/sign-in")
		shoot("sign-in-for-application", request)
		shoot("setup", w.url+"/setup?token="+token)
		shoot("not-found", w.url+"/no/such/page")
		c.do(chromedp.Navigate(w.url+"/sign-in"), signIn("ada", adasPassword), visible(`nav[aria-label=Main]`))
		shoot("portal", w.url+"/")
		shoot("consent", request)
		shoot("account", w.url+"/account")
		shoot("password", w.url+"/account/password")
		shoot("sessions", w.url+"/account/sessions")
		shoot("sign-out", w.url+"/sign-out")
		c.do(press(`main form button[type=submit]`), visible(`a[href="/sign-in"]`))
		shoot("signed-out", w.url+"/sign-out")
		c.checkConsole()
	}
}

// screen is a size and a taste.
type screen struct {
	name          string
	width, height int64
	scheme        string
}

func screens() []screen {
	return []screen{
		{"phone-light", 390, 780, "light"}, {"phone-dark", 390, 780, "dark"},
		{"desk-light", 1280, 800, "light"}, {"desk-dark", 1280, 800, "dark"},
	}
}

func (s screen) emulate() chromedp.Action[chromedp.Void] {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	return chromedp.Steps(
		chromedp.EmulateViewport(s.width, s.height, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile = s.width < 500
		}),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media)
			return err
		}),
	)
}

// shoot takes a picture of a page and checks that it is not wider than the
// screen, and that its style arrived.
func (c *chromium) shoot(file, address string) {
	c.t.Helper()
	c.do(chromedp.Navigate(address), visible("main"))
	c.look(file)
}

// look is shoot for the page that is open.
func (c *chromium) look(file string) {
	c.t.Helper()
	excess := ask(c, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	styled := ask(c, chromedp.Evaluate[bool](`getComputedStyle(document.documentElement).getPropertyValue("--color-primary") !== ""`))
	picture := ask(c, chromedp.FullScreenshot(100))
	if excess > 0 || !styled {
		c.t.Errorf("%s: %d pixels too wide, styled %v; want 0, true", filepath.Base(file), excess, styled)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		c.t.Fatal(err)
	}
}
