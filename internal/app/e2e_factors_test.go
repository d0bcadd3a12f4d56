// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// TestFactorPasskey registers a passkey, signs in with nothing else, renames
// it and removes it. The two sign-ins are no change of the credential.
func TestFactorPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.visitor("mira")
	v.provider.BuiltIn()
	v.signIn()
	v.addPasskey("Laptop")
	v.signOutAtProvider()

	v.passkeySignIn()
	v.continueSession()
	v.editFactor("Laptop")
	v.provider.Type("name", "Work laptop")
	v.provider.Press("Rename")
	v.provider.AwaitText("[role=status]", "The name is changed")
	v.removeFactor("Work laptop")
	v.provider.AwaitText("main", "No passkey yet")
	v.signOutAtProvider()

	v.provider.Open(w.BaseURL)
	v.provider.Press("Sign in with a passkey")
	v.provider.AwaitText("main", "The passkey was not accepted")
	v.wantGolden("passkey")
}

// TestFactorSecurityKey tells a key at a USB port from a passkey of the
// device, and removes both.
func TestFactorSecurityKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.visitor("mira")
	v.signInAtProvider()
	laptop := v.provider.BuiltIn()
	v.addPasskey("")
	laptop.Unplug()
	v.provider.SecurityKey()
	v.addPasskey("Blue key")
	v.removeFactor("Blue key")
	v.wantGolden("security-key")
}

// TestFactorApp adds an authenticator app and recovery codes, signs in with
// each, changes the password, and removes all again.
func TestFactorApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.signedIn("june")
	seed := v.addApp("Phone")
	codes := v.makeCodes()
	v.signOutAtProvider()

	v.atlas.Press("Sign in again")
	v.enterPassword(v.atlas)
	v.atlas.AwaitText("h1", "One more step")
	v.atlas.Type("code", codeAfter(t, seed, 1))
	v.atlas.Press("Continue")
	v.continueSession()
	v.signOutAtProvider()

	v.atlas.Press("Sign in again")
	v.enterPassword(v.atlas)
	v.atlas.Press("Use a recovery code")
	v.atlas.AwaitText("main", "Each of your codes works once")
	v.atlas.Type("code", codes[3])
	v.atlas.Press("Continue")
	v.continueSession()

	v.changePassword("a few unrelated words")
	v.provider.Open(w.BaseURL + "/account/factors")
	v.provider.AwaitText("main", "9 codes left")
	v.provider.Press("Remove the codes")
	v.provider.AwaitText("[role=status]", "The recovery codes are removed")
	v.removeFactor("Phone")
	v.signOutAtProvider()
	v.wantGolden("app")
}

// addPasskey lets the tab's authenticator make one.
func (v *visitor) addPasskey(name string) {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL + "/account/factors")
	v.provider.Press("Add a passkey")
	v.provider.AwaitText("h1", "Add a passkey")
	if name != "" {
		v.provider.Type("name", name)
	}
	v.provider.Press("Add the passkey")
	v.provider.AwaitText("[role=status]", "The passkey is added")
}

// passkeySignIn signs in at the provider without a name or a password.
func (v *visitor) passkeySignIn() {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL)
	v.provider.AwaitText("h1", "Sign in")
	v.provider.Press("Sign in with a passkey")
	v.provider.AwaitText("h1", "Applications")
}

// continueSession goes on to both applications with the session that the
// provider has by now.
func (v *visitor) continueSession() {
	v.w.t.Helper()
	for _, p := range v.tabs() {
		p.Await("a way to sign in, or the user", `document.querySelector(".who.in, .who a[href='/sign-in']")`)
		var in bool
		p.Eval(`document.querySelector(".who.in") !== null`, &in)
		if !in {
			p.Press("Sign in again")
		}
		v.arrive(p)
	}
	v.atlas.Eval(`document.querySelector(".who code").title`, &v.sid)
}

// addApp adds an authenticator app, which is this test, and returns its seed.
func (v *visitor) addApp(name string) string {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL + "/account/factors/app")
	v.provider.AwaitText("h1", "Add an authenticator app")
	var seed string
	v.provider.Eval(`new URL(document.querySelector("a[href^='otpauth:']").href).searchParams.get("secret")`, &seed)
	v.provider.Type("name", name)
	v.provider.Type("code", codeAfter(v.w.t, seed, 0))
	v.provider.Press("Add the app")
	v.provider.AwaitText("[role=status]", "The app is added")
	return seed
}

// makeCodes returns new recovery codes.
func (v *visitor) makeCodes() []string {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL + "/account/factors")
	v.provider.Press("Make recovery codes")
	v.provider.AwaitText("h1", "Your recovery codes")
	codes := v.provider.Texts("ol[aria-label='Recovery codes'] li")
	if len(codes) != 10 {
		v.w.t.Fatalf("the page shows %q, want ten recovery codes", codes)
	}
	return codes
}

func (v *visitor) editFactor(name string) {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL + "/account/factors")
	v.provider.Press("Edit " + name)
	v.provider.AwaitText("h1", name)
}

func (v *visitor) removeFactor(name string) {
	v.w.t.Helper()
	v.editFactor(name)
	v.provider.Press("Remove")
	v.provider.AwaitText("[role=status]", "It is removed")
}

func (v *visitor) changePassword(fresh string) {
	v.w.t.Helper()
	v.provider.Open(v.w.BaseURL + "/account/password")
	v.provider.AwaitText("h1", "Change your password")
	v.provider.Type("current", v.user.Password)
	v.provider.Type("new", fresh)
	v.provider.Type("repeat", fresh)
	v.provider.Press("Change password")
	v.provider.AwaitText("[role=status]", "Your password is changed")
	v.user.Password = fresh
}

// codeAfter is what an authenticator app shows so many steps from now. Codes
// of the step before and after are taken too, so a code of now and then one of
// the next step always work, each once.
func codeAfter(t *testing.T, seed string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(seed, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
