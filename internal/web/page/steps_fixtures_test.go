// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"github.com/a-h/templ"

	"github.com/tocsin-id/tocsin/internal/web/page"
)

// steps is the pages of a sign-in after the first, and what passkeys add to it.
func steps() map[string]templ.Component {
	const options = `{"challenge":"Y2hhbGxlbmdl","rpId":"id.example.com","userVerification":"required"}`
	forAtlas := page.Waiting{Request: "req-1", Application: &atlas}
	second := func(v page.SecondStep) templ.Component {
		if v.Title == "" {
			v.Frame = stranger("One more step")
		}
		return v.Page()
	}
	return map[string]templ.Component{
		"passkey": page.SignIn{Frame: stranger("Sign in"), Passkey: options}.Page(),
		"passkey-only": page.SignIn{Frame: stranger("Sign in to Atlas"), Waiting: forAtlas, Passkey: options, Only: true,
			Failure: "The passkey was not accepted. Try again, or sign in with your password."}.Page(),
		"app": second(page.SecondStep{Waiting: page.Waiting{Next: "/account?x=1&y=2"}, By: page.ByApp,
			Others: []page.Way{page.ByPasskey, page.ByRecovery}, Remember: "30 days"}),
		"app-wrong": second(page.SecondStep{Frame: stranger("Error: One more step to Atlas"), Waiting: forAtlas, By: page.ByApp,
			Others: []page.Way{page.ByRecovery}, Remember: "30 days", Failure: "That code is not right or was used before."}),
		"second-passkey": second(page.SecondStep{Waiting: forAtlas, By: page.ByPasskey, Passkey: options,
			Others: []page.Way{page.ByApp, page.ByRecovery}, Remember: "30 days"}),
		"passkey-demanded": second(page.SecondStep{Frame: frame("One more step to Atlas", ""), Waiting: forAtlas, By: page.ByPasskey, Passkey: options}),
		"recovery":         second(page.SecondStep{By: page.ByRecovery, Others: []page.Way{page.ByApp}, Remember: "30 days"}),
		"new-password":     page.NewPassword{Frame: stranger("New password"), Username: "ada", Rule: "At least 10 characters."}.Page(),
		"new-password-wrong": page.NewPassword{Frame: stranger("Error: New password"), Waiting: forAtlas, Username: "ada", Rule: "At least 10 characters.",
			NewError: "The new password is the current one.", RepeatError: "The two new passwords differ."}.Page(),
		"unmet":         page.Unmet{Frame: frame("More is needed for Atlas", ""), Waiting: forAtlas}.Page(),
		"unmet-passkey": page.Unmet{Frame: frame("More is needed for Atlas", ""), Waiting: forAtlas, Passkey: true}.Page(),
	}
}
