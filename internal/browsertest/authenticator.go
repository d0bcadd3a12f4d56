// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is a device that holds passkeys and answers by itself, as if
// somebody had touched it and shown their face. It belongs to one tab.
type Authenticator struct {
	page *Page
	id   webauthn.AuthenticatorID
}

// BuiltIn gives the tab an authenticator that is part of the device, such as a
// fingerprint reader.
func (p *Page) BuiltIn() *Authenticator {
	p.t.Helper()
	return p.plugIn(webauthn.AuthenticatorTransportInternal)
}

// SecurityKey gives the tab an authenticator that hangs at a USB port.
func (p *Page) SecurityKey() *Authenticator {
	p.t.Helper()
	return p.plugIn(webauthn.AuthenticatorTransportUsb)
}

func (p *Page) plugIn(transport webauthn.AuthenticatorTransport) *Authenticator {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		p.fail("enable virtual authenticators: " + err.Error())
	}
	added, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: transport,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		p.fail("add a virtual authenticator: " + err.Error())
	}
	return &Authenticator{p, added.AuthenticatorID}
}

// Unplug takes the authenticator away with all that it holds.
func (a *Authenticator) Unplug() {
	a.page.t.Helper()
	_, err := chromedp.Call(a.page.ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: a.id})
	if err != nil {
		a.page.fail("remove a virtual authenticator: " + err.Error())
	}
}
