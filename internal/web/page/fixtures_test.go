// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-id/tocsin/internal/web/page"
)

var now = time.Date(2026, 11, 23, 14, 30, 0, 0, time.UTC)

// hostile is what a person or an administrator may have typed anywhere.
const hostile = `<script>alert("1")</script> & 'co'`

func frame(title string, here page.Place) page.Frame {
	return page.Frame{
		Title: title, Here: here, Now: now,
		Assets: page.Assets{Style: "/assets/app.css", Reveal: "/assets/reveal.js", Passkey: "/assets/passkey.js", Live: "/assets/live.js", Icon: "/assets/icon.svg"},
		Viewer: &page.Viewer{Name: "Ada Lovelace", Username: "ada", Email: "ada@example.com"},
	}
}

func stranger(title string) page.Frame {
	f := frame(title, "")
	f.Viewer = nil
	return f
}

func noticed(f page.Frame, text string) page.Frame {
	f.Notice = text
	return f
}

var (
	atlas   = page.ApplicationView{Name: "Atlas", URL: "https://atlas.example.com/start"}
	devices = []page.Device{
		{Kind: page.Phone, Words: "Safari on iPhone", Address: "2001:db8:85a3:1234:5678:8a2e:370:7334"},
		{Kind: page.Program, Words: "curl", Address: "198.51.100.23"},
	}
)

// fixtures is every page in every state that looks different.
func fixtures() map[string]templ.Component {
	pages := map[string]templ.Component{
		"continue": page.Continue{Frame: stranger("Continue"), URL: "https://atlas.example.com/callback?code=c&state='x'"}.Page(),
		"denied": page.Denied{Frame: frame("No access to Atlas", ""), Request: "req-1", Application: atlas,
			Reason: "Your account is not allowed to use Atlas."}.Page(),
		"sign-out":   page.SignOut{Frame: frame("Sign out", "")}.Page(),
		"signed-out": page.SignedOut{Frame: stranger("Signed out")}.Page(),
		"error": page.Error{Frame: stranger("Not found"), Status: 404, Heading: "There is no such page",
			Text: "The address may be mistyped, or the page is gone.", Link: page.Link{Text: "Go to your applications", URL: "/"}, RequestID: "4kq9-000017"}.Page(),
		"portal": page.Home{Frame: frame("Applications", page.Portal), Applications: []page.ApplicationView{
			atlas,
			{Name: "Beacon", URL: "https://beacon.example.com"},
			{Name: "Payroll and expenses of the whole company", URL: "https://payroll.a-very-long-host-name.example.com/"},
			{Name: "Wiki", URL: "https://wiki.example.com"},
			{Name: "Étoile", URL: "https://etoile.example.com"},
			{Name: "Tickets", URL: "https://tickets.example.com", Icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath fill='%23b44' d='M0 0h8v8H0z'/%3E%3Cpath fill='%23fff' d='M2 3h4v2H2z'/%3E%3C/svg%3E"},
			{Name: hostile, URL: "javascript:alert(1)"},
		}}.Page(),
		"portal-empty": page.Home{Frame: frame("Applications", page.Portal)}.Page(),
		"consent": page.Consent{Frame: frame("Atlas", ""), Request: "req-1", Application: atlas, ReturnTo: "atlas.example.com",
			Scopes: []string{"Know that it is you", "See your name and user name", "See your e-mail address", "Stay connected while you are away"}}.Page(),
	}
	for name, c := range signIns() {
		pages["sign-in"+name] = c
	}
	for name, c := range steps() {
		pages["step-"+name] = c
	}
	for name, c := range accounts() {
		pages["account-"+name] = c
	}
	for name, c := range ownAccount() {
		pages["account-"+name] = c
	}
	for name, c := range recoveries() {
		pages["recover"+name] = c
	}
	for name, c := range setups() {
		pages["setup"+name] = c
	}
	return pages
}

func signIns() map[string]templ.Component {
	return map[string]templ.Component{
		"":       page.SignIn{Frame: stranger("Sign in"), Waiting: page.Waiting{Next: "/account"}}.Page(),
		"-for":   page.SignIn{Frame: stranger("Sign in to Atlas"), Waiting: page.Waiting{Request: "req-1", Application: &atlas}, Login: "ada@example.com"}.Page(),
		"-again": page.SignIn{Frame: frame("Sign in to Atlas", ""), Waiting: page.Waiting{Request: "req-1", Application: &atlas}, Again: true, Login: "ada"}.Page(),
		"-failed": page.SignIn{Frame: stranger("Error: Sign in"), Login: hostile,
			Failure: "That user name and password do not match. Check both and try again."}.Page(),
	}
}

func accounts() map[string]templ.Component {
	const rule = "At least 10 characters. A few unrelated words make a good one."
	return map[string]templ.Component{
		"profile": page.Profile{Frame: frame("Profile", page.AccountProfile), Name: "Ada Lovelace", Username: "ada",
			Email: "ada@example.com", RecoveryEmail: "ada@home.example", Groups: []string{"engineering", "on call"}, Since: now.AddDate(-1, 0, 0)}.Page(),
		"profile-bare": page.Profile{Frame: frame("Profile", page.AccountProfile), Username: strings.Repeat("a", 64), Since: now}.Page(),
		"password":     page.Password{Frame: frame("Password", page.AccountPassword), Rule: rule, Others: devices}.Page(),
		"password-wrong": page.Password{Frame: frame("Error: Password", page.AccountPassword), Rule: rule,
			CurrentError: "This is not your current password."}.Page(),
		"password-weak": page.Password{Frame: frame("Error: Password", page.AccountPassword), Rule: rule,
			NewError: "This password is easy to guess.", Strength: page.Strength{Score: 1, Words: "Weak"}}.Page(),
		"sessions": page.Sessions{Frame: noticed(frame("Sessions", page.AccountSessions), "That session is signed out."),
			Sessions: []page.SessionView{
				{ID: "s1", Device: page.Device{Kind: page.Computer, Words: "Firefox on Windows", Address: "203.0.113.7"},
					SignedInAt: now.Add(-3 * time.Hour), LastSeenAt: now, Current: true, Applications: []string{"Atlas", "Beacon"}},
				{ID: "s2", Device: devices[0], SignedInAt: now.Add(-49 * time.Hour), LastSeenAt: now.Add(-61 * time.Minute)},
				{ID: "s3", Device: page.Device{Kind: page.Tablet, Words: "Chrome on an Android tablet"}, SignedInAt: now.Add(-60 * 24 * time.Hour), LastSeenAt: now.Add(-time.Minute)},
				{ID: "s4", Device: devices[1], SignedInAt: now.Add(-time.Minute), LastSeenAt: now.Add(-time.Second)},
			}, Endings: endings()}.Page(),
	}
}

func setups() map[string]templ.Component {
	return map[string]templ.Component{
		"": page.Setup{Frame: stranger("Set up"), Token: "once", Rule: "At least 10 characters."}.Page(),
		"-wrong": page.Setup{Frame: stranger("Error: Set up"), Token: "once", Username: "-", Rule: "At least 10 characters.",
			Errors: map[string]string{"username": "The user name must begin and end with a letter or digit.", "repeat": "The two passwords differ."}}.Page(),
	}
}
