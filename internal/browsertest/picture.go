// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"context"
	"flag"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// screen is how a page is looked at.
type screen struct {
	name          string
	width, height int64
	scheme        string
}

// desktop is how tests look at pages.
func desktop() screen { return screen{"desktop-light", 1280, 800, "light"} }

// screens is how pictures show pages. The test goes on with the last one.
func screens() []screen {
	return []screen{
		{"phone-light", 390, 844, "light"},
		{"phone-dark", 390, 844, "dark"},
		{"desktop-dark", 1280, 800, "dark"},
		desktop(),
	}
}

// look makes a tab look that way. Nothing moves, so that a press meets what it
// aims at.
func look(s screen) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.EmulateViewport(s.width, s.height, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile = s.width < 500
		}),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: s.scheme},
					{Name: "prefers-reduced-motion", Value: "reduce"},
				},
			})
			return err
		}),
	)
}

// Picture looks at the page on a phone and on a desk, light and dark: nothing
// may stick out to the side. It keeps pictures of the whole page when somebody
// wants them: in the folder TOCSIN_SCREENSHOTS, or with go test -artifacts
// among the artifacts of the test.
func (p *Page) Picture(name string) {
	p.t.Helper()
	wanted := os.Getenv("TOCSIN_SCREENSHOTS") != "" || flag.Lookup("test.artifacts").Value.String() == "true"
	for _, s := range screens() {
		p.do("look as "+s.name, look(s))
		p.Await("fonts and colours", `document.readyState === "complete" && document.fonts.status === "loaded" && document.getAnimations().length === 0`)
		var excess int
		p.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &excess)
		if excess > 0 {
			p.t.Errorf("%s: %d pixels wider than the screen of %s", name, excess, s.name)
		}
		if wanted {
			p.photograph(p.ctx, name+"-"+s.name)
		}
	}
}

// photograph writes one picture of the page as it is.
func (p *Page) photograph(ctx context.Context, name string) {
	p.t.Helper()
	dir := os.Getenv("TOCSIN_SCREENSHOTS")
	if dir == "" {
		dir = p.t.ArtifactDir()
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Errorf("picture %s: %v", name, err)
	}
}
