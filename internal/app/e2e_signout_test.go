// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"testing"
)

// TestSignOutReachesApplications is the main job: one sign-in for two
// applications, one sign-out at the identity provider, and both applications
// have ended their sessions and show why.
func TestSignOutReachesApplications(t *testing.T) {
	w := newWorld(t, false)
	v := w.visitor(mira)
	v.atlas.Picture("atlas-nobody")
	v.provider.Open(w.BaseURL)
	v.provider.AwaitText("h1", "Sign in")
	v.provider.Picture("sign-in")

	v.signInToAtlas()
	v.atlas.Picture("atlas-signed-in")
	v.signInToBeacon()
	v.provider.Open(w.BaseURL)
	v.provider.AwaitText("h1", "Applications")
	v.provider.Picture("applications")

	v.provider.Press("Sign out")
	v.provider.AwaitText("h1", "You are signed out")
	v.provider.Picture("signed-out")
	v.wantEnded("user")
	v.atlas.Picture("atlas-ended")
	v.beacon.Picture("beacon-ended")
}
