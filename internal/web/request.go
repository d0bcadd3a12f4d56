// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// continueRequest takes the next step of an authorization request.
func (s *Site) continueRequest(v *visit, f signInForm) error {
	step, err := s.oidc.Resume(v.r.Context(), f.request, v.sessionOrNil())
	if err != nil {
		return requestError(err)
	}
	return s.follow(v, f, step)
}

// follow does what a step asks for: a page of ours, each at its own address,
// or the way back to the application.
func (s *Site) follow(v *visit, f signInForm, step oidc.Step) error {
	if done, ok := step.(oidc.Continue); ok {
		return s.leave(v, done.URL)
	}
	path := oidc.SignInPath
	if _, ok := step.(oidc.Consent); ok {
		path = consentPath
	}
	if v.r.Method == http.MethodPost || v.r.URL.Path != path {
		return v.redirect(at(path, f.request))
	}
	switch step := step.(type) {
	case oidc.SignIn:
		if step.StepUp {
			return s.stepUp(v, f, step)
		}
		return s.askWhole(v, f, step)
	case oidc.Consent:
		return s.showConsent(v, f.request, step)
	case oidc.Denied:
		return v.show(http.StatusForbidden, page.Denied{
			Frame: s.frame(v, "No access to "+step.Application.Name, ""), Request: f.request,
			Application: applicationView(step.Application), Reason: step.Reason,
		}.Page())
	default:
		return fmt.Errorf("authorization request: unknown step %T", step)
	}
}

// askWhole asks for a sign-in from its first step.
func (s *Site) askWhole(v *visit, f signInForm, step oidc.SignIn) error {
	if f.login = step.LoginHint; f.login == "" {
		f.login = v.user.Username
	}
	return s.showSignIn(v, http.StatusOK, f, "", step)
}

// stepUp asks the user of a session for what it lacks. After a recent sign-in
// that is one more step; otherwise it is all of them again, because what was
// proved long ago is no part of a fresh proof.
func (s *Site) stepUp(v *visit, f signInForm, step oidc.SignIn) error {
	var factors identity.Factors
	var proof identity.Proof
	err := s.db.View(v.r.Context(), func(tx idp.Tx) (err error) {
		if factors, err = identity.FactorsOf(tx, v.user.ID); err != nil {
			return err
		}
		proof, err = identity.ProofOfSession(v.r.Context(), tx, v.session.ID)
		return err
	})
	old := errors.Is(err, identity.ErrProveAgain)
	switch {
	case err != nil && !old:
		return err
	case !canMeet(step.Need, factors):
		return v.show(http.StatusForbidden, page.Unmet{
			Frame:   s.frame(v, "More is needed for "+step.Application.Name, ""),
			Waiting: waitingView(f, step), Passkey: step.Need == idp.PolicyPasskey,
		}.Page())
	case old:
		return s.askWhole(v, f, step)
	}
	p := f.progress()
	p.Session = v.session.ID
	return s.keep(v, p, proof, factorPath)
}

// canMeet reports whether a user has what a policy needs.
func canMeet(need idp.SignInPolicy, factors identity.Factors) bool {
	return factors.Passkeys > 0 || need == idp.PolicyFactor && factors.TOTP > 0
}

// at is a page of an authorization request.
func at(path, request string) string {
	return path + "?request=" + url.QueryEscape(request)
}

// requestError explains a request that cannot go on.
func requestError(err error) error {
	if errors.Is(err, idp.ErrNotFound) || errors.Is(err, idp.ErrExpired) || errors.Is(err, idp.ErrReused) {
		over := *errRequestOver
		over.cause = err
		return &over
	}
	return err
}

// applicationView is an application as its user sees it.
func applicationView(a idp.Application) page.ApplicationView {
	return page.ApplicationView{Name: a.Name, Icon: a.Icon, URL: a.LaunchURL}
}
