// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
)

// TestFactorUse signs in ten times, by turns with the code of an authenticator
// app and with a passkey. That is ten sessions and no change of a credential.
func TestFactorUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.visitor("mira")
	v.provider.BuiltIn()
	v.signInAtProvider()
	v.addPasskey("Laptop")
	// One app would give a code only every 30 seconds.
	var seeds []string
	for i := range 5 {
		seeds = append(seeds, v.addApp(fmt.Sprintf("Phone %d", i+1)))
	}
	v.endSession()
	w.settle()
	before := w.count(v)

	for _, seed := range seeds {
		v.signInAtProvider()
		v.provider.AwaitText("h1", "One more step")
		v.provider.Press("Use a code of your authenticator app")
		v.provider.AwaitText("main", "The six digits")
		v.provider.Type("code", codeAfter(t, seed, 1))
		v.provider.Press("Continue")
		v.endSession()
		v.passkeySignIn()
		v.endSession()
	}
	w.settle()
	for slug, after := range w.count(v) {
		for eventType, n := range map[string]int{
			string(caep.TypeCredentialChange): 0, string(caep.TypeSessionEstablished): 10, string(caep.TypeSessionRevoked): 10,
		} {
			if got := after[eventType] - before[slug][eventType]; got != n {
				t.Errorf("%s received %d %s for ten sign-ins, want %d", slug, got, eventType, n)
			}
		}
		if got := after[string(caep.TypeCredentialChange)]; got != 6 {
			t.Errorf("%s received %d credential-change in all, want one for each of six credentials", slug, got)
		}
	}
}

// count is how many SETs of each type each application received about the
// visitor.
func (w *world) count(v *visitor) map[string]map[string]int {
	w.t.Helper()
	counts := make(map[string]map[string]int)
	for _, a := range w.Applications {
		counts[a.Slug] = make(map[string]int)
		for _, c := range w.setsAbout(a, v.user.Username) {
			counts[a.Slug][c.eventType()]++
		}
	}
	return counts
}

// signInAtProvider gives the password; a second step may follow.
func (v *visitor) signInAtProvider() {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL)
	v.provider.AwaitText("h1", "Sign in")
	v.enterPassword(v.provider)
	v.provider.Await("the step behind the password", `document.querySelector("h1").innerText !== "Sign in"`)
}

// endSession signs out at the provider.
func (v *visitor) endSession() {
	v.w.t.Helper()
	if !strings.HasPrefix(v.provider.Text("h1"), "Applications") {
		v.provider.Await("the session", `document.querySelector("nav[aria-label=Main]")`)
		v.provider.Open(v.w.BaseURL)
		v.provider.AwaitText("h1", "Applications")
	}
	v.provider.Press("Sign out")
	v.provider.AwaitText("h1", "You are signed out")
}
