// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"testing"
)

// TestFactorRecovery changes the addresses of an account, forgets the password
// at another browser, and gets back in with the mail that `tocsin dev` shows.
func TestFactorRecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.signedIn("june")
	v.provider.Open(w.BaseURL + "/account/profile")
	v.provider.Type("email", "june.castellan@example.com")
	v.provider.Type("recovery_email", "june@home.example")
	v.provider.Press("Save")
	v.provider.AwaitText("[role=status]", "Your profile is saved")

	phone := w.browser.Window()
	phone.Open(w.BaseURL + "/recover")
	phone.Type("login", "june.castellan@example.com")
	phone.Press("Mail me a link")
	phone.AwaitText("h1", "Look into your mail")
	phone.Open(w.BaseURL + "/dev/mail")
	phone.Await("the mail", `document.querySelector("article") ?? location.reload()`)
	phone.AwaitText("article p", "june@home.example")
	var link string
	phone.Eval(`document.querySelector("article a[href*='/recover?ticket=']").href`, &link)
	phone.Open(link)
	phone.AwaitText("h1", "Choose a new password")
	const fresh = "a few unrelated words"
	phone.Type("new", fresh)
	phone.Type("repeat", fresh)
	phone.Press("Set the password")
	phone.AwaitText("[role=status]", "Your password is set")
	v.wantEnded("You ended it at Tocsin.")

	phone.Open(link)
	phone.AwaitText("h1", "This link does not work")
	phone.Open(w.BaseURL + "/account/sessions")
	phone.Type("login", "june")
	phone.Type("password", fresh)
	phone.Press("Sign in")
	phone.AwaitText("h1", "Where you are signed in")
	phone.Press("Sign out everywhere")
	phone.AwaitText("h1", "You are signed out")
	v.wantGolden("recovery")
}

// TestFactorAdmin is what an admin does to an account through the API, while
// its user has an authenticator app and recovery codes.
func TestFactorAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.signedIn("tomas")
	v.addApp("Phone")
	v.makeCodes()

	user := "/users/" + w.userID("tomas")
	because := map[string]string{"reason_admin": "Phone lost", "reason_user": "You lost your phone"}
	var group struct {
		ID string `json:"id"`
	}
	w.api(http.MethodPost, "/groups", map[string]string{"name": "On call"}, &group)
	w.api(http.MethodPut, "/groups/"+group.ID+"/members/"+w.userID("tomas"), nil, nil)
	w.api(http.MethodPut, user+"/recovery-email", map[string]string{"recovery_email": "tomas@home.example", "reason_admin": "He asked"}, nil)
	w.api(http.MethodPost, user+"/credentials/reset-factors", because, nil)
	w.api(http.MethodPost, user+"/require-password-change", because, nil)
	w.api(http.MethodPost, user+"/sessions/"+v.sid+"/revoke", because, nil)
	v.wantEnded("You lost your phone.")

	// Without a second factor, and not without a new password.
	v.atlas.Press("Sign in again")
	v.enterPassword(v.atlas)
	v.atlas.AwaitText("h1", "Choose a new password")
	v.atlas.Type("new", "a few unrelated words")
	v.atlas.Type("repeat", "a few unrelated words")
	v.atlas.Press("Change and sign in")
	v.continueSession()
	w.api(http.MethodDelete, user+"?reason_admin=Left+the+company", nil, nil)
	v.wantEnded("Your account was deleted.")
	v.wantGolden("admin")
}
