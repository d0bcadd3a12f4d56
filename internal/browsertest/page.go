// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is a tab. What it cannot do fails the test, with a picture of the page
// among the test's artifacts. It belongs to the goroutine of the test.
type Page struct {
	t       testing.TB
	browser *Browser
	ctx     context.Context
}

// open opens a tab that fails the test when a script of a page throws, or when
// the page breaks its own content security policy.
func (b *Browser) open(parent context.Context, options ...chromedp.ContextOption) *Page {
	b.t.Helper()
	var complaints complaints
	options = append(options, chromedp.WithListener(complaints.hear))
	ctx, end := chromedp.NewContext(parent, options...)
	b.t.Cleanup(end)
	b.t.Cleanup(func() {
		for _, text := range complaints.all() {
			b.t.Errorf("a page complained: %s", text)
		}
	})
	p := &Page{t: b.t, browser: b, ctx: ctx}
	if err := chromedp.Do(ctx, look(desktop())); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	return p
}

// Tab opens another tab of the same window.
func (p *Page) Tab() *Page {
	p.t.Helper()
	return p.browser.open(p.ctx)
}

// Open goes to an address.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// Press presses the button or link that says text, once it can be seen.
func (p *Page) Press(text string) {
	p.t.Helper()
	p.PressIn("", text)
}

// PressIn is Press within the element whose text holds part: with several
// buttons that say the same, it tells which.
func (p *Page) PressIn(part, text string) {
	p.t.Helper()
	path := fmt.Sprintf(`//*[self::a or self::button][normalize-space()=%q or @aria-label=%q]`, text, text)
	if part != "" {
		path = fmt.Sprintf(`//*[self::li or self::tr or self::section][contains(., %q)]%s`, part, path)
	}
	p.do("press "+text, chromedp.Click(path))
}

// Type types text into the field with that name, in place of what is there.
func (p *Page) Type(name, text string) {
	p.t.Helper()
	field := chromedp.CSS(fmt.Sprintf("[name=%q]", name))
	p.do("type into "+name, chromedp.Clear(field, chromedp.NodeVisible), chromedp.SendKeys(field, text))
}

// AwaitText waits until the first element of a CSS selector shows text.
func (p *Page) AwaitText(selector, text string) {
	p.t.Helper()
	p.Await(fmt.Sprintf("%s to say %q", selector, text), fmt.Sprintf(
		`document.querySelector(%s)?.innerText.replace(/\s+/g, " ").includes(%s)`, quote(selector), quote(text)))
}

// AwaitURL waits until the page's address begins with prefix.
func (p *Page) AwaitURL(prefix string) {
	p.t.Helper()
	p.Await("the address "+prefix, fmt.Sprintf(`location.href.startsWith(%s) && document.readyState === "complete"`, quote(prefix)))
}

// Await waits until a JavaScript expression is true, across navigations.
func (p *Page) Await(what, expression string) {
	p.t.Helper()
	// The expression is evaluated from here rather than by a function in the
	// page, which a content security policy would stop.
	guarded := "(() => { try { return Boolean(" + expression + ") } catch { return false } })()"
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		// An error is a page that is being left; the next one may answer.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](guarded)); err == nil && ok {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.fail("wait for " + what)
		}
	}
}

// Text returns what the first element of a CSS selector shows, with single
// spaces. Nothing there is "".
func (p *Page) Text(selector string) string {
	p.t.Helper()
	var text string
	p.value("text of "+selector, fmt.Sprintf(`(document.querySelector(%s)?.innerText ?? "").replace(/\s+/g, " ").trim()`, quote(selector)), &text)
	return text
}

// Texts is Text of all elements of a CSS selector.
func (p *Page) Texts(selector string) []string {
	p.t.Helper()
	var texts []string
	p.value("texts of "+selector, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.replace(/\s+/g, " ").trim())`, quote(selector)), &texts)
	return texts
}

// Eval evaluates a JavaScript expression and stores its value.
func (p *Page) Eval(expression string, value any) {
	p.t.Helper()
	p.value(expression, expression, value)
}

// Do runs JavaScript for what it does.
func (p *Page) Do(statement string) {
	p.t.Helper()
	p.do(statement, chromedp.Evaluate[chromedp.Void](statement))
}

func (p *Page) value(what, expression string, value any) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify("+expression+")"))
	if err == nil {
		err = json.Unmarshal([]byte(text), value)
	}
	if err != nil {
		p.fail(what + ": " + err.Error())
	}
}

// Cookies returns the cookies that the browser would send to an address.
func (p *Page) Cookies(url string) []*network.Cookie {
	p.t.Helper()
	found, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{url}})
	if err != nil {
		p.fail("cookies of " + url + ": " + err.Error())
	}
	return found.Cookies
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	err := chromedp.Do(ctx, steps...)
	for replaced(err) {
		err = chromedp.Do(ctx, steps...)
	}
	if err != nil {
		p.fail(what + ": " + err.Error())
	}
}

// replaced says whether a script of the page replaced an element between the
// moment that it was found and the one that it was to be used. Nothing was
// done then.
func replaced(err error) bool {
	var protocol *cdproto.Error
	return errors.As(err, &protocol) && protocol.Code == -32000 && strings.Contains(protocol.Message, "node")
}

// fail ends the test, and says what the page showed.
func (p *Page) fail(what string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 5*time.Second)
	defer stop()
	shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body?.innerText ?? "")`))
	p.photograph(ctx, "failed")
	p.t.Fatalf("%s: did not happen. The page shows:\n%s", what, shown)
}

// quote is text as a JavaScript string.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted)
}

// complaints are the errors that pages report to their console.
type complaints struct {
	mu   sync.Mutex // guards list
	list []string
}

// hear is called for each event of a tab. A response such as 404 is no
// complaint: tests ask for these on purpose.
func (c *complaints) hear(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != "error" || e.Entry.Source == "network" {
			return
		}
		text = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, strings.TrimSpace(text))
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}
