// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"html"
	"regexp"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// app is an authenticator app. It shows each code once, as a person who waits
// for the next one.
type app struct {
	t    *testing.T
	seed idp.Secret
	next time.Time
}

// giveApp gives a user an authenticator app. Setting it up used up the code
// before this one.
func (w *world) giveApp(user idp.User) *app {
	w.t.Helper()
	a := &app{t: w.t, seed: identity.NewTOTPSeed(), next: time.Now().Add(-30 * time.Second)}
	w.update(func(tx idp.Tx) error {
		_, err := identity.AddTOTP(w.t.Context(), tx, idp.System(), user.ID, "Phone", a.seed, a.code(), identity.Cause{})
		return err
	})
	return a
}

// code is one that was not shown before. There are two in a test: that of now
// and, for clocks that are off, the next.
func (a *app) code() string {
	a.t.Helper()
	code, err := totp.GenerateCodeCustom(a.seed.Reveal(), a.next, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		a.t.Fatal(err)
	}
	a.next = a.next.Add(30 * time.Second)
	return code
}

// giveCodes gives a user recovery codes.
func (w *world) giveCodes(user idp.User) []string {
	w.t.Helper()
	var codes []string
	w.update(func(tx idp.Tx) (err error) {
		codes, err = identity.GenerateRecoveryCodes(w.t.Context(), tx, idp.System(), user.ID, identity.Cause{})
		return err
	})
	return codes
}

// key is a passkey or security key that somebody holds.
type key struct {
	w             *world
	authenticator virtualwebauthn.Authenticator
	credential    virtualwebauthn.Credential
}

// rp is this site, as authenticators know it.
func (w *world) rp() virtualwebauthn.RelyingParty {
	return virtualwebauthn.RelyingParty{ID: "localhost", Name: "Tocsin", Origin: w.url}
}

// giveKey gives a user a passkey, or a security key that does not check who
// holds it.
func (w *world) giveKey(user idp.User, verifies bool) *key {
	w.t.Helper()
	k := &key{w: w, credential: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
		authenticator: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{
			UserHandle: []byte(user.ID), UserNotVerified: !verifies,
		})}
	options, state, err := w.passkeys.BeginRegistration(w.t.Context(), w.db, user.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	asked, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		w.t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAttestationResponse(w.rp(), k.authenticator, k.credential, *asked)
	if _, err := w.passkeys.FinishRegistration(w.t.Context(), w.db, idp.System(), user.ID, state, "Key", []byte(answer)); err != nil {
		w.t.Fatal(err)
	}
	return k
}

var passkeyOptions = regexp.MustCompile(`data-passkey="get" data-options="([^"]*)"`)

// answer is what the browser sends for the passkey that a page asks for.
func (k *key) answer(page answer) string {
	k.w.t.Helper()
	m := passkeyOptions.FindStringSubmatch(page.body)
	if m == nil {
		k.w.t.Fatalf("the page asks for no passkey (%d):\n%s", page.status, page.body)
	}
	asked, err := virtualwebauthn.ParseAssertionOptions(html.UnescapeString(m[1]))
	if err != nil {
		k.w.t.Fatal(err)
	}
	k.credential.Counter++
	return virtualwebauthn.CreateAssertionResponse(k.w.rp(), k.authenticator, k.credential, *asked)
}

// demand sets what an application demands of its users.
func (w *world) demand(a idp.Application, p idp.SignInPolicy) {
	w.t.Helper()
	a.Policy = p
	w.update(func(tx idp.Tx) error { return tx.UpdateApplication(a) })
}

// session is the user's only live one.
func (w *world) session(user idp.User) idp.Session {
	w.t.Helper()
	sessions := w.sessions(user)
	if len(sessions) != 1 {
		w.t.Fatalf("%d live sessions of %s, want 1", len(sessions), user.Username)
	}
	return sessions[0]
}
