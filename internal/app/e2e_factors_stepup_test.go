// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"testing"
)

// TestFactorStepUp signs in to Atlas with the password. Beacon wants a second
// factor too: the user adds nothing but that, to the same session.
func TestFactorStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.setPolicy("beacon", "factor")
	v := w.visitor("mira")
	v.atlas.Press("Sign in with Tocsin")
	v.atlas.AwaitText("h1", "Sign in")
	v.enterPassword(v.atlas)
	v.arrive(tab{v.atlas, "Atlas"})
	seed := v.addApp("Phone")

	v.beacon.Press("Sign in with Tocsin")
	v.beacon.AwaitText("h1", "One more step")
	v.beacon.AwaitText("main", "to continue to Beacon")
	v.beacon.Type("code", codeAfter(t, seed, -1))
	v.beacon.Press("Continue")
	v.beacon.AwaitText("main", "That code is not right or was used before")
	v.beacon.Type("code", codeAfter(t, seed, 1))
	v.beacon.Press("Continue")
	v.arrive(tab{v.beacon, "Beacon"})

	var raised string
	v.atlas.Eval(`document.querySelector(".who code").title`, &v.sid)
	v.beacon.Eval(`document.querySelector(".who code").title`, &raised)
	if v.sid == "" || raised != v.sid {
		t.Errorf("Beacon has session %q, want Atlas's, %q", raised, v.sid)
	}
	v.signOutAtProvider()
	v.wantGolden("step-up")
}

// setPolicy says what a user has to prove to use an application.
func (w *world) setPolicy(slug, policy string) {
	w.t.Helper()
	var applications struct {
		Items []struct {
			ID   string `json:"id"`
			Slug string `json:"slug"`
		} `json:"items"`
	}
	w.api(http.MethodGet, "/applications", nil, &applications)
	for _, a := range applications.Items {
		if a.Slug == slug {
			w.api(http.MethodPatch, "/applications/"+a.ID, map[string]string{"policy": policy}, nil)
			return
		}
	}
	w.t.Fatalf("no application %s in %+v", slug, applications)
}
