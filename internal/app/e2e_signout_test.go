// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"testing"
)

// TestSignOut is the main job: one sign-in for two applications, one sign-out
// at the identity provider, and both have ended their sessions and show why.
func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.visitor("mira")
	v.watched = true
	v.atlas.Picture("atlas-nobody")
	v.signIn()
	v.atlas.Picture("atlas-signed-in")
	v.signOutAtProvider()
	v.atlas.Picture("atlas-ended")
	v.beacon.Picture("beacon-ended")

	// What was signed out stays signed out: the session is gone, not hidden.
	v.atlas.Press("Sign in again")
	v.atlas.AwaitText("main", "to continue to Atlas")
}

// TestSignOutWithTLS is the same over https, where cookies are locked to their
// host.
func TestSignOutWithTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	v := w.signedIn("mira")
	// Browsers share cookies among the ports of a host, so these are all.
	var names []string
	for _, c := range v.atlas.Cookies(w.BaseURL) {
		names = append(names, c.Name)
		if !c.Secure || !c.HTTPOnly {
			t.Errorf("cookie %s: Secure %v, HttpOnly %v; want both", c.Name, c.Secure, c.HTTPOnly)
		}
	}
	slices.Sort(names)
	if want := []string{"__Host-atlas_session", "__Host-beacon_session", "__Host-tocsin", "__Host-tocsin-device"}; !slices.Equal(names, want) {
		t.Errorf("cookies %q, want %q", names, want)
	}
	v.signOutAtProvider()
}

func (v *visitor) signOutAtProvider() {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL)
	v.provider.AwaitText("h1", "Applications")
	v.look(v.provider, "applications")
	v.provider.Press("Sign out")
	v.provider.AwaitText("h1", "You are signed out")
	v.look(v.provider, "signed-out")
	v.wantEnded("You ended it at Tocsin.")
	v.wantSET("session-revoked", v.sid, "user: “The user signed out”")
}

// TestSignOutAtApplication signs out at Atlas, which takes its user to the
// identity provider and back (OIDC RPL §2): the session ends there, and so at
// Beacon.
func TestSignOutAtApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.signedIn("mira")
	v.atlas.Press("Sign out")
	v.beacon.AwaitText(".who h2", "Your session has ended")
	v.wantLoadedOnce(tab{v.beacon, "Beacon"})
	v.atlas.AwaitURL(w.application("atlas").URL)
	v.atlas.AwaitText(".who h2", "Nobody is signed in here")
	v.wantSET("session-revoked", v.sid, "user: “The user signed out”")

	v.provider.Open(w.BaseURL)
	v.provider.AwaitText("h1", "Sign in")
	v.provider.Picture("sign-in")
}

// TestApplicationErrors is what Atlas says when a sign-in does not work.
func TestApplicationErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.visitor("mira")
	v.atlas.Press("Sign in with Tocsin")
	v.enterPassword(v.atlas)
	v.atlas.AwaitText("h1", "Let Atlas use your account?")
	v.atlas.Press("Deny")
	v.atlas.AwaitText("main", "Tocsin did not sign you in")
	v.atlas.Picture("atlas-denied")

	// Answers that nobody asked for, or that are not Tocsin's.
	callback := w.application("beacon").URL + "/callback"
	v.beacon.Open(callback + "?code=a&state=b")
	v.beacon.AwaitText("main", "This sign-in was not started here")
	v.beacon.Open(w.application("beacon").URL)
	v.beacon.Press("Sign in with Tocsin")
	v.beacon.AwaitURL(w.BaseURL)
	v.beacon.Open(callback + "?state=b&error=x&error_description=Call+this+number")
	v.beacon.AwaitText("main", "The answer belongs to another sign-in")

	v.provider.Open(w.BaseURL + "/nothing-here")
	v.provider.Picture("not-found")
	v.provider.Open(w.BaseURL + "/oauth2/authorize?client_id=nobody")
	v.provider.Picture("authorize-error")
}
