// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tocsin-id/tocsin/internal/browsertest"
)

// visitor is a person at a browser of their own, with three tabs open. The
// tabs of the applications are not loaded again after the sign-in: what they
// show afterwards has come to them live.
type visitor struct {
	w                       *world
	user                    user
	provider, atlas, beacon *browsertest.Page
	// sid is the session at the identity provider.
	sid string
	// watched means that the pages on the way are looked at.
	watched bool
}

// tab is one application's tab.
type tab struct {
	*browsertest.Page
	name string
}

func (w *world) visitor(username string) *visitor {
	w.t.Helper()
	v := &visitor{w: w, user: w.user(username), atlas: w.browser.Window()}
	v.beacon, v.provider = v.atlas.Tab(), v.atlas.Tab()
	v.atlas.Open(w.application("atlas").URL)
	v.beacon.Open(w.application("beacon").URL)
	return v
}

// signedIn is a visitor who has signed in to both applications.
func (w *world) signedIn(username string) *visitor {
	w.t.Helper()
	v := w.visitor(username)
	v.signIn()
	return v
}

func (v *visitor) tabs() []tab { return []tab{{v.atlas, "Atlas"}, {v.beacon, "Beacon"}} }

// signIn signs in once, for Atlas; Beacon finds the session.
func (v *visitor) signIn() {
	v.w.t.Helper()
	v.atlas.Press("Sign in with Tocsin")
	v.atlas.AwaitText("h1", "Sign in")
	v.atlas.AwaitText("main", "to continue to Atlas")
	v.look(v.atlas, "sign-in-for-atlas")
	v.enterPassword(v.atlas)
	v.arrive(tab{v.atlas, "Atlas"})

	v.beacon.Press("Sign in with Tocsin")
	v.arrive(tab{v.beacon, "Beacon"})

	v.atlas.Eval(`document.querySelector(".who code").title`, &v.sid)
	var same string
	v.beacon.Eval(`document.querySelector(".who code").title`, &same)
	if v.sid == "" || same != v.sid {
		v.w.t.Fatalf("Atlas has session %q, Beacon %q; want one session for both", v.sid, same)
	}
}

func (v *visitor) enterPassword(p *browsertest.Page) {
	v.w.t.Helper()
	p.Type("login", v.user.Username)
	p.Type("password", v.user.Password)
	p.Press("Sign in")
}

// arrive gives consent, if this user has not given it before, and waits until
// the application shows them as signed in.
func (v *visitor) arrive(p tab) {
	v.w.t.Helper()
	const consent, here = `document.querySelector("button[value=allow]")`, `document.querySelector(".who.in")`
	p.Await("consent or "+p.name, consent+" || "+here)
	var asked bool
	p.Eval(consent+" !== null", &asked)
	if asked {
		p.AwaitText("h1", "Let "+p.name+" use your account?")
		v.look(p.Page, "consent-"+strings.ToLower(p.name))
		p.Press("Allow")
	}
	p.AwaitText(".who h2", "Signed in as "+v.user.Name)
	p.Await("the stream of changes", `document.documentElement.dataset.live === "on"`)
	p.Do("window.loadedOnce = true")
}

// look takes pictures of what every sign-in shows, if this one is watched.
func (v *visitor) look(p *browsertest.Page, name string) {
	v.w.t.Helper()
	if v.watched {
		p.Picture(name)
	}
}

// wantEnded waits until both applications have ended the session, and checks
// that the pages say so without having been loaded again.
func (v *visitor) wantEnded(why string) {
	v.w.t.Helper()
	for _, p := range v.tabs() {
		p.AwaitText(".who h2", "Your session has ended")
		if got := p.Text(".who"); !strings.Contains(got, why) {
			v.w.t.Errorf("%s says %q about the session, want %q", p.name, got, why)
		}
		v.wantLoadedOnce(p)
	}
}

// wantLive checks that both applications still know the session.
func (v *visitor) wantLive() {
	v.w.t.Helper()
	for _, p := range v.tabs() {
		if got := p.Text(".who h2"); got != "Signed in as "+v.user.Name {
			v.w.t.Errorf("%s says %q, want the session to live", p.name, got)
		}
		v.wantLoadedOnce(p)
		// The page may be about to change, and the application knows better.
		p.Open(v.w.application(strings.ToLower(p.name)).URL)
		p.AwaitText(".who h2", "Signed in as "+v.user.Name)
	}
}

func (v *visitor) wantLoadedOnce(p tab) {
	v.w.t.Helper()
	var once bool
	p.Eval("window.loadedOnce === true", &once)
	if !once {
		v.w.t.Errorf("%s: the page was loaded again, want it to change live", p.name)
	}
}

// latency is how the pages say how long a SET took.
var latency = regexp.MustCompile(`\b\d+ ms after the change`)

// wantSET waits until both pages show a SET of that type about the subject,
// with its latency and all else they have to say.
func (v *visitor) wantSET(eventType, subject, caused string) {
	v.w.t.Helper()
	for _, p := range v.tabs() {
		article := fmt.Sprintf(`[...document.querySelectorAll("article[data-type=%s]")].filter((a) => a.innerText.includes(%q))`, eventType, subject)
		p.Await(eventType+" about "+subject, article+".length > 0")
		var texts []string
		p.Eval(article+`.map((a) => a.innerText.replace(/\s+/g, " "))`, &texts)
		if len(texts) != 1 {
			v.w.t.Errorf("%s shows %d %s about %q, want 1", p.name, len(texts), eventType, subject)
		}
		for _, want := range []string{v.user.Name, caused, "signature and claims verified"} {
			if !strings.Contains(texts[0], want) {
				v.w.t.Errorf("%s shows %q, want it to say %q", p.name, texts[0], want)
			}
		}
		if !latency.MatchString(texts[0]) {
			v.w.t.Errorf("%s shows %q, want the latency in milliseconds", p.name, texts[0])
		}
	}
}
