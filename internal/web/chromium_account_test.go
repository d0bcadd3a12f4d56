// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// plugIn gives the browser an authenticator that answers by itself.
func (c *chromium) plugIn(transport webauthn.AuthenticatorTransport) {
	c.t.Helper()
	options := &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: transport,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}
	c.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: options})
		return err
	}))
}

// says waits until an element shows a text.
func says(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(`//` + selector + `[contains(normalize-space(), "` + text + `")]`)
}

// TestChromiumPasskey registers a passkey, signs in with it, renames it, proves
// with it who is there, and removes it.
func TestChromiumPasskey(t *testing.T) {
	w := newWorld(t)
	c := newChromium(t)
	c.plugIn(webauthn.AuthenticatorTransportInternal)
	c.do(chromedp.Navigate(w.url+"/sign-in?next=/account/factors"), signIn("ada", adasPassword),
		visible(`a[href="/account/factors/passkey"]`), press(`a[href="/account/factors/passkey"]`),
		visible("#name"), chromedp.SendKeys(chromedp.CSS("#name"), "Laptop"), press("form[data-passkey] button[type=submit]"),
		says("li", "Laptop"))
	list := w.credentials(w.ada, idp.CredentialPasskey)
	if len(list) != 1 || list[0].Name != "Laptop" || !list[0].UsedAt.IsZero() {
		t.Fatalf("passkeys = %+v, want Laptop, never used", list)
	}

	// The same authenticator again.
	c.do(press(`a[href="/account/factors/passkey"]`), visible("#name"), press("form[data-passkey] button[type=submit]"),
		says("p", "This device holds a passkey of your account already."))

	// Without a password.
	c.do(chromedp.Navigate(w.url+"/sign-out"), press("main form button[type=submit]"), visible(`a[href="/sign-in"]`),
		chromedp.Navigate(w.url+"/sign-in?next=/account/factors"),
		visible(`form[action="/sign-in/passkey"] button`), press(`form[action="/sign-in/passkey"] button`),
		says("li", "used just now"))
	if used := w.credentials(w.ada, idp.CredentialPasskey)[0].UsedAt; used.IsZero() {
		t.Error("the passkey was not used")
	}

	// What was typed outlives the question who is there.
	w.grow(w.ada)
	edit := `a[href="/account/factors/edit?credential=` + string(list[0].ID) + `"]`
	c.do(press(edit), visible("#name"), chromedp.SetValue(chromedp.CSS("#name"), "Work laptop"), press(`form[action="/account/factors/rename"] button`),
		visible("form[data-passkey=get] button"), press("form[data-passkey=get] button"),
		says("li", "Work laptop"))

	c.do(press(edit), press(`form[action="/account/factors/remove"] button`), says("p", "No passkey yet."))
	if n := len(w.credentials(w.ada, idp.CredentialPasskey)); n != 0 {
		t.Errorf("%d passkeys, want 0", n)
	}
	c.checkConsole()
}

// TestChromiumLive checks what changes on pages while they are open.
func TestChromiumLive(t *testing.T) {
	w := newWorld(t)
	atlas := w.stream(w.atlas)
	w.signedIn("ada", adasPassword)
	session := w.sessions(w.ada)[0]
	w.signInTo(w.atlas, session)
	c := newChromium(t)

	c.do(chromedp.Navigate(w.url+"/sign-in?next=/account/sessions"), signIn("ada", adasPassword),
		visible(`form[action="/account/sessions/end"] button`), press(`form[action="/account/sessions/end"] button`),
		says("span", "has not confirmed it yet"))
	w.fanOut(atlas)
	w.settle(atlas, idp.Acknowledged)
	c.do(says("span", "confirmed it just now"))

	c.do(chromedp.Navigate(w.url+"/account/password"), visible("#new"),
		chromedp.SendKeys(chromedp.CSS("#new"), "password"), says("span", "Very weak"),
		chromedp.SendKeys(chromedp.CSS("#new"), " of unrelated crocodiles"), says("span", "Strong"))
	c.checkConsole()
}

// TestChromiumAccount is TestChromiumScreens for the pages by which users keep
// their account safe.
func TestChromiumAccount(t *testing.T) {
	w := newWorld(t)
	atlas := w.stream(w.atlas)
	wiki := w.createApplication("wiki", "https://wiki.example/callback")
	c := newChromium(t)
	c.do(chromedp.Navigate(w.url+"/sign-in"), signIn("ada", adasPassword), visible(`nav[aria-label=Main]`))
	session := w.sessions(w.ada)[0]
	w.signInTo(w.atlas, session)
	c.shots(w, "empty-", map[string]string{"factors": "/account/factors", "profile-form": "/account/profile", "sessions": "/account/sessions", "recover": "/recover"})

	w.newBrowser().post("/recover", "login", "ada")
	c.shots(w, "", map[string]string{"recover-password": w.mailed(), "app": "/account/factors/app", "passkey": "/account/factors/passkey", "password": "/account/password"})

	other := w.signedIn("ada", adasPassword)
	ended := w.sessions(w.ada)[0]
	w.signInTo(w.atlas, ended)
	w.signInTo(wiki, ended)
	other.post("/sign-out")
	w.fanOut(atlas)
	w.settle(atlas, idp.Acknowledged)
	w.giveApp(w.ada)
	w.giveKey(w.ada, true)
	w.giveCodes(w.ada)
	id := string(w.credentials(w.ada, idp.CredentialPasskey)[0].ID)
	c.shots(w, "", map[string]string{"factors": "/account/factors", "factor": "/account/factors/edit?credential=" + id, "sessions": "/account/sessions"})
	c.do(chromedp.Navigate(w.url+"/account/factors"), press(`form[action="/account/factors/codes"] button`), says("h1", "Your recovery codes"))
	c.look(filepath.Join(t.ArtifactDir(), "codes-desk-dark.png"))

	w.grow(w.ada)
	c.shots(w, "", map[string]string{"again": "/account/factors/app"})
	c.checkConsole()
}

// shots takes pictures of pages on all screens.
func (c *chromium) shots(w *world, prefix string, pages map[string]string) {
	c.t.Helper()
	for _, screen := range screens() {
		c.do(screen.emulate())
		for name, path := range pages {
			c.shoot(filepath.Join(c.t.ArtifactDir(), prefix+name+"-"+screen.name+".png"), w.url+path)
		}
	}
}
