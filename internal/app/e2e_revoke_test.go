// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAdminRevokesSession has one user at two browsers. An admin revokes the
// session of one through the API: that one dies, the other lives.
func TestAdminRevokesSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	home, office := w.signedIn("tomas"), w.signedIn("tomas")

	w.api(http.MethodPost, "/users/"+w.userID("tomas")+"/sessions/"+office.sid+"/revoke",
		map[string]string{"reason_admin": "Laptop lost", "reason_user": "Your laptop was reported as lost"}, nil)

	office.wantEnded("Your laptop was reported as lost.")
	office.wantSET("session-revoked", office.sid, "admin: “Laptop lost”")
	home.wantLive()
	home.provider.Open(w.BaseURL + "/account/sessions")
	home.provider.AwaitText("h1", "Where you are signed in")
	if got := home.provider.Texts("main h1 ~ ul > li"); len(got) != 1 || !strings.Contains(got[0], "This browser") {
		t.Errorf("the account page lists %q, want the session that is left", got)
	}
	home.provider.AwaitText("[aria-labelledby=ended] li", "Atlas confirmed it")
}

// TestUserRevokesSession revokes one session from the account page of another:
// only that one dies.
func TestUserRevokesSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	home, office := w.signedIn("june"), w.signedIn("june")
	home.provider.Open(w.BaseURL + "/account/sessions")
	home.provider.AwaitText("h1", "Where you are signed in")
	home.provider.Picture("account-sessions")
	home.provider.PressIn("Chrome on Linux", "Sign out")
	home.provider.AwaitText("[role=status]", "That session is signed out")

	office.wantEnded("You ended it at Tocsin.")
	office.wantSET("session-revoked", office.sid, "user: “The user revoked the session”")
	home.wantLive()
}

// TestSignOutEverywhere ends all sessions of a user from the account page of
// one, with one SET about the user.
func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	home, office := w.signedIn("june"), w.signedIn("june")
	home.provider.Open(w.BaseURL + "/account/sessions")
	home.provider.Press("Sign out everywhere")
	home.provider.AwaitText("h1", "You are signed out")
	for _, v := range []*visitor{home, office} {
		v.wantEnded("You ended it at Tocsin.")
		v.wantSET("session-revoked", "the user", "user: “The user signed out everywhere”")
	}
	home.beacon.Picture("beacon-everywhere")
}

// TestChangePassword shows as a credential-change in both applications, and
// ends the other session.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	home, office := w.signedIn("tomas"), w.signedIn("tomas")
	home.provider.Open(w.BaseURL + "/account/password")
	home.provider.AwaitText("h1", "Change your password")
	home.provider.Picture("account-password")
	const fresh = "a few unrelated words"
	home.provider.Type("current", home.user.Password)
	home.provider.Type("new", fresh)
	home.provider.Type("repeat", fresh)
	home.provider.Press("Change password")
	home.provider.AwaitText("[role=status]", "One other session was signed out")

	for _, v := range []*visitor{home, office} {
		v.wantSET("credential-change", "Noted that the password", "user: “The user changed their password”")
	}
	office.wantEnded("You ended it at Tocsin.")
	office.wantSET("session-revoked", office.sid, "user: “The user changed their password”")
	home.wantLive()
	home.atlas.Do(`document.querySelector("details").open = true`)
	home.atlas.Picture("atlas-credential-change")

	office.user.Password = fresh
	office.atlas.Press("Sign in again")
	office.enterPassword(office.atlas)
	office.arrive(tab{office.atlas, "Atlas"})
}
