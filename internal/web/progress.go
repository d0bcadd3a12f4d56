// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// progress is a sign-in between two of its steps. It travels in a cookie that
// only this process can read or write, never in a form: a form can be sent
// without what came before it. It holds no longer than its proof.
type progress struct {
	Proof json.RawMessage `json:"proof"`
	// Request and Next are those of the signInForm.
	Request string `json:"request,omitempty"`
	Next    string `json:"next,omitempty"`
	// Session is the one that is stepped up, empty for a whole sign-in. What it
	// proved is worth nothing once it has ended.
	Session idp.SessionID `json:"session,omitempty"`
	// Remember means that the user wished not to be asked again on this device.
	Remember bool `json:"remember,omitempty"`
	// Password means that only a new password is missing.
	Password bool `json:"password,omitempty"`
}

// The purposes of sealed cookies. What was sealed for one opens for no other.
const (
	progressPurpose  = "sign-in progress"
	challengePurpose = "sign-in challenge"
)

func (c cookies) progressName() string { return c.name("tocsin-step", "tocsin_step") }

// challengeName is the cookie with our half of asking for a passkey.
func (c cookies) challengeName() string { return c.name("tocsin-challenge", "tocsin_challenge") }

func (p progress) form() signInForm { return signInForm{request: p.Request, next: p.Next} }

func (f signInForm) progress() progress { return progress{Request: f.request, Next: f.next} }

// keep gives the browser its progress and sends it to the page of the next
// step.
func (s *Site) keep(v *visit, p progress, proof identity.Proof, path string) error {
	var err error
	if p.Proof, err = proof.State(); err != nil {
		return err
	}
	p.Password = path == newPasswordPath
	state, err := json.Marshal(p)
	if err != nil {
		return err
	}
	s.cookies.set(v.w, s.cookies.progressName(), s.ceremonies.seal(progressPurpose, state), int(ceremonyFor.Seconds()))
	return v.redirect(path)
}

// progressOf returns how far the browser is, with the proof so far. False means
// that it has not begun, or that it took too long.
func (s *Site) progressOf(v *visit) (progress, identity.Proof, bool) {
	var p progress
	state, err := s.ceremonies.open(progressPurpose, s.cookies.value(v.r, s.cookies.progressName()))
	if err != nil || json.Unmarshal(state, &p) != nil {
		return progress{}, identity.Proof{}, false
	}
	if p.Session != "" && p.Session != v.session.ID {
		return progress{}, identity.Proof{}, false
	}
	proof, err := identity.ResumeProof(p.Proof)
	return p, proof, err == nil
}

// forget takes what the steps left in the browser.
func (s *Site) forget(v *visit) {
	for _, name := range []string{s.cookies.progressName(), s.cookies.challengeName()} {
		if s.cookies.value(v.r, name) != "" {
			s.cookies.set(v.w, name, "", -1)
		}
	}
}

// askPasskey makes a challenge for a passkey of the user, or of anybody when
// user is nil, and returns what the browser needs for it.
func (s *Site) askPasskey(v *visit, user *idp.UserID) (string, error) {
	if s.passkeys == nil {
		return "", nil
	}
	options, state, err := s.passkeys.BeginSignIn(v.r.Context(), s.db, user)
	if err != nil {
		return "", err
	}
	sealed := s.ceremonies.seal(challengePurpose, state)
	s.cookies.set(v.w, s.cookies.challengeName(), sealed, int(ceremonyFor.Seconds()))
	return string(options), nil
}

// provePasskey checks the answer to the challenge, which identity lets work
// once. Prior is what was proved before, nil when nothing was.
func (s *Site) provePasskey(v *visit, response string, prior *identity.Proof) (identity.Proof, error) {
	if s.passkeys == nil {
		return identity.Proof{}, errNotFound
	}
	state, err := s.ceremonies.open(challengePurpose, s.cookies.value(v.r, s.cookies.challengeName()))
	if err != nil {
		return identity.Proof{}, err
	}
	return s.passkeys.FinishSignIn(v.r.Context(), s.db, state, []byte(response), prior)
}
