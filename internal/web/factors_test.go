// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var (
	stateField     = regexp.MustCompile(`name="state" value="([^"]+)"`)
	authURL        = regexp.MustCompile(`href="(otpauth://[^"]+)"`)
	recoveryCode   = regexp.MustCompile(`<li class="select-all">([a-z0-9-]+)</li>`)
	credentialLink = regexp.MustCompile(`/account/factors/edit\?credential=([^"]+)"`)
)

// first is what a pattern found in a page.
func first(t *testing.T, pattern *regexp.Regexp, page string) string {
	t.Helper()
	m := pattern.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%v is not in the page:\n%s", pattern, page)
	}
	return html.UnescapeString(m[1])
}

// codeNow is what an authenticator app shows now, or a step away.
func codeNow(t *testing.T, seed string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(seed, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// addApp adds an authenticator app and returns its seed.
func (b *browser) addApp(name string) string {
	b.t.Helper()
	page := b.get("/account/factors/app").body
	u, err := url.Parse(first(b.t, authURL, page))
	if err != nil {
		b.t.Fatal(err)
	}
	seed := u.Query().Get("secret")
	a := b.post("/account/factors/app", "state", first(b.t, stateField, page), "name", name, "code", codeNow(b.t, seed, -1))
	if a.status != http.StatusSeeOther || a.location != "/account/factors" {
		b.t.Fatalf("adding an app = %d to %q, want 303 to the list:\n%s", a.status, a.location, a.body)
	}
	return seed
}

func (w *world) credentials(user idp.User, kind idp.CredentialKind) []idp.Credential {
	w.t.Helper()
	var list []idp.Credential
	w.update(func(tx idp.Tx) error {
		all, err := tx.Credentials(user.ID)
		for _, c := range all {
			if c.Kind == kind {
				list = append(list, c)
			}
		}
		return err
	})
	return list
}

func TestAuthenticatorApp(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	page := b.get("/account/factors/app").body
	state := first(t, stateField, page)
	if !strings.Contains(page, `src="data:image/png;base64,`) {
		t.Errorf("no picture to scan:\n%s", page)
	}
	t.Run("wrong code keeps the seed and the name", func(t *testing.T) {
		a := b.post("/account/factors/app", "state", state, "name", "Phone", "code", "000000")
		if a.status != http.StatusUnprocessableEntity || first(t, authURL, a.body) != first(t, authURL, page) ||
			!strings.Contains(a.body, "This is not the code") || !strings.Contains(a.body, `value="Phone"`) {
			t.Errorf("POST = %d, want 422 with the same seed:\n%s", a.status, a.body)
		}
	})
	t.Run("seeds are not chosen by the form", func(t *testing.T) {
		bobs := first(t, stateField, w.signedIn("bob", bobsPassword).get("/account/factors/app").body)
		for _, forged := range []string{"", "x", bobs, state[:len(state)-2]} {
			if a := b.post("/account/factors/app", "state", forged, "name", "Phone", "code", "000000"); a.status != http.StatusBadRequest {
				t.Errorf("POST with state %q = %d, want 400", forged, a.status)
			}
		}
	})
	if n := len(w.credentials(w.ada, idp.CredentialTOTP)); n != 0 {
		t.Fatalf("%d apps after refused forms, want 0", n)
	}

	seed := b.addApp("Phone")
	b.addApp("Tablet")
	list := b.get("/account/factors").body
	if !strings.Contains(list, "Phone") || !strings.Contains(list, "Tablet") || !strings.Contains(list, "The app is added.") {
		t.Errorf("the list does not show the apps:\n%s", list)
	}
	id := first(t, credentialLink, list)

	t.Run("rename", func(t *testing.T) {
		if a := b.post("/account/factors/rename", "credential", id, "name", " "); a.status != http.StatusUnprocessableEntity {
			t.Errorf("renaming to nothing = %d, want 422", a.status)
		}
		if a := b.post("/account/factors/rename", "credential", id, "name", "Old phone"); a.status != http.StatusSeeOther {
			t.Errorf("renaming = %d, want 303", a.status)
		}
		if got := w.credentials(w.ada, idp.CredentialTOTP)[0].Name; got != "Old phone" {
			t.Errorf("name = %q, want Old phone", got)
		}
	})
	t.Run("asks for the code too", func(t *testing.T) {
		w.grow(w.ada)
		a := b.post("/account/factors/remove", "credential", id, "again", "password", "again_password", adasPassword)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "not enough") || !strings.Contains(a.body, `name="again_code"`) {
			t.Errorf("the password alone = %d, want 422 that asks for a code:\n%s", a.status, a.body)
		}
		a = b.post("/account/factors/remove", "credential", id, "again", "password", "again_password", adasPassword, "again_code", codeNow(t, seed, 0))
		if a.status != http.StatusSeeOther || a.location != "/account/factors" {
			t.Errorf("password and code = %d to %q, want it removed", a.status, a.location)
		}
		if n := len(w.credentials(w.ada, idp.CredentialTOTP)); n != 1 {
			t.Errorf("%d apps, want 1", n)
		}
	})
	t.Run("too many", func(t *testing.T) {
		for i := range 19 {
			b.addApp(fmt.Sprint("App ", i))
		}
		page := b.get("/account/factors/app").body
		u, _ := url.Parse(first(t, authURL, page))
		a := b.post("/account/factors/app", "state", first(t, stateField, page), "name", "One more", "code", codeNow(t, u.Query().Get("secret"), 0))
		if a.status != http.StatusConflict {
			t.Errorf("app 21 = %d, want 409", a.status)
		}
	})
}

// TestFactorsOfOthers checks that nobody sees or touches another's.
func TestFactorsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.signedIn("ada", adasPassword).addApp("Phone")
	id := string(w.credentials(w.ada, idp.CredentialTOTP)[0].ID)
	b := w.signedIn("bob", bobsPassword)
	for what, a := range map[string]answer{
		"looking at": b.get("/account/factors/edit?credential=" + id),
		"renaming":   b.post("/account/factors/rename", "credential", id, "name", "Mine"),
		"removing":   b.post("/account/factors/remove", "credential", id),
	} {
		if a.status != http.StatusNotFound {
			t.Errorf("%s another's app = %d, want 404", what, a.status)
		}
	}
	password := string(w.credentials(w.bob, idp.CredentialPassword)[0].ID)
	if a := b.post("/account/factors/remove", "credential", password); a.status != http.StatusBadRequest {
		t.Errorf("removing a password as a factor = %d, want 400", a.status)
	}
}

// TestFactorsAskAgain checks that each way to change factors asks who is there.
func TestFactorsAskAgain(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	form := b.get("/account/factors/app").body
	w.grow(w.ada)
	seed, err := url.Parse(first(t, authURL, form))
	if err != nil {
		t.Fatal(err)
	}
	for what, ask := range map[string]func() answer{
		"the form for an app":    func() answer { return b.get("/account/factors/app") },
		"the form for a passkey": func() answer { return b.get("/account/factors/passkey") },
		"adding an app": func() answer {
			return b.post("/account/factors/app", "state", first(t, stateField, form), "name", "Phone", "code", codeNow(t, seed.Query().Get("secret"), 0))
		},
		"making codes": func() answer { return b.post("/account/factors/codes") },
		"removing codes": func() answer {
			return b.post("/account/factors/codes/remove")
		},
		"renaming": func() answer { return b.post("/account/factors/rename", "credential", "x", "name", "y") },
		"removing": func() answer { return b.post("/account/factors/remove", "credential", "x") },
	} {
		if a := ask(); a.status != http.StatusOK || !strings.Contains(a.body, "Is it still you?") {
			t.Errorf("%s = %d, want the question who is there:\n%s", what, a.status, a.body)
		}
	}
	if n := len(w.credentials(w.ada, idp.CredentialTOTP)) + len(w.credentials(w.ada, idp.CredentialRecoveryCodes)); n != 0 {
		t.Errorf("%d credentials were made, want none", n)
	}
}

func TestRecoveryCodes(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada", adasPassword)
	b.addApp("Phone")
	a := b.post("/account/factors/codes")
	codes := recoveryCode.FindAllStringSubmatch(a.body, -1)
	if a.status != http.StatusOK || len(codes) != 10 {
		t.Fatalf("POST = %d with %d codes, want 200 with 10:\n%s", a.status, len(codes), a.body)
	}
	file, err := url.PathUnescape(first(t, regexp.MustCompile(`href="data:text/plain;charset=utf-8,([^"]+)"`), a.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		if !strings.Contains(file, code[1]+"\r\n") {
			t.Errorf("the file does not have %s:\n%s", code[1], file)
		}
	}
	if body := b.get("/account/factors").body; !strings.Contains(body, "10 codes left") || strings.Contains(body, codes[0][1]) {
		t.Errorf("the list = %s\nwant 10 codes left, and none of them shown", body)
	}

	w.grow(w.ada)
	a = b.post("/account/factors/codes", "again", "password", "again_password", adasPassword, "again_code", strings.ToUpper(codes[3][1]))
	fresh := recoveryCode.FindAllStringSubmatch(a.body, -1)
	if len(fresh) != 10 || fresh[0][1] == codes[0][1] {
		t.Errorf("POST with a recovery code = %d, want ten new codes:\n%s", a.status, a.body)
	}
	w.grow(w.ada)
	a = b.post("/account/factors/codes/remove", "again", "password", "again_password", adasPassword, "again_code", codes[4][1])
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("an old code = %d, want 422: it was replaced", a.status)
	}
	a = b.post("/account/factors/codes/remove", "again", "password", "again_password", adasPassword, "again_code", fresh[4][1])
	if a.status != http.StatusSeeOther || len(w.credentials(w.ada, idp.CredentialRecoveryCodes)) != 0 {
		t.Errorf("removing = %d, want 303 and no codes left", a.status)
	}
}
