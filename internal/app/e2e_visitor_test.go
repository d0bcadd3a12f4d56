// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"github.com/tocsin-id/tocsin/internal/browsertest"
)

// visitor is a person at a browser of their own, with three tabs open. The
// tabs of the applications are loaded once: what they show afterwards has
// come to them live.
type visitor struct {
	w                       *world
	username                string
	provider, atlas, beacon *browsertest.Page
}

func (w *world) visitor(username string) *visitor {
	w.t.Helper()
	v := &visitor{w: w, username: username, atlas: w.browser.Window()}
	v.beacon, v.provider = v.atlas.Tab(), v.atlas.Tab()
	v.atlas.Open(w.application("atlas").URL)
	v.beacon.Open(w.application("beacon").URL)
	return v
}

// signInToAtlas signs in at the identity provider, for Atlas.
func (v *visitor) signInToAtlas() {
	v.w.t.Helper()
	v.atlas.Press("Sign in with Tocsin")
	v.atlas.AwaitText("main", "to continue to A Atlas")
	v.atlas.Picture("sign-in-for-atlas")
	v.atlas.Type("login", v.username)
	v.atlas.Type("password", v.w.password(v.username))
	v.atlas.Press("Sign in")
	v.consent(v.atlas, "Atlas")
}

// signInToBeacon signs in to Beacon with the session that there is.
func (v *visitor) signInToBeacon() {
	v.w.t.Helper()
	v.beacon.Press("Sign in with Tocsin")
	v.consent(v.beacon, "Beacon")
}

func (v *visitor) consent(p *browsertest.Page, name string) {
	v.w.t.Helper()
	p.AwaitText("h1", "Let "+name+" use your account?")
	p.Picture("consent-" + name)
	p.Press("Allow")
	p.AwaitText(".who h2", "Signed in as Mira Lindqvist")
}

func (v *visitor) wantEnded(by string) {
	v.atlas.AwaitText(".who h2", "Your session has ended")
	v.beacon.AwaitText(".who h2", "Your session has ended")
}
