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
		chromedp.EmulateViewport(s.width, s.height),
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

// Picture takes pictures of the whole page, on a phone and on a desk, light
// and dark, when somebody wants them: into the folder TOCSIN_SCREENSHOTS, or
// among the artifacts of go test -artifacts. Otherwise it does nothing.
func (p *Page) Picture(name string) {
	p.t.Helper()
	if wanted := flag.Lookup("test.artifacts"); os.Getenv("TOCSIN_SCREENSHOTS") == "" && wanted.Value.String() != "true" {
		return
	}
	for _, s := range screens() {
		p.do("look as "+s.name, look(s))
		p.Await("fonts and colours", `document.readyState === "complete" && document.fonts.status === "loaded" && document.getAnimations().length === 0`)
		p.photograph(p.ctx, name+"-"+s.name)
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
