// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// factorPath is the page of the second step.
const factorPath = "/sign-in/factor"

// serveSecondStep asks for a second proof. Without the first it leads back to it.
func (s *Site) serveSecondStep(v *visit) error {
	p, proof, ok := s.progressOf(v)
	if !ok || p.Password {
		return v.redirect(oidc.SignInPath)
	}
	return s.showSecondStep(v, http.StatusOK, p, proof, page.Way(v.r.URL.Query().Get("by")), "")
}

// showSecondStep shows the page for one of the ways that the user has; an unknown
// one stands for the first.
func (s *Site) showSecondStep(v *visit, status int, p progress, proof identity.Proof, by page.Way, failure string) error {
	step, err := s.stepOf(v, p.form())
	if err != nil {
		return err
	}
	ways, err := s.ways(v, proof, step)
	if err != nil {
		return err
	}
	if len(ways) == 0 { // they were removed meanwhile
		s.forget(v)
		return v.redirect(p.form().page())
	}
	if !slices.Contains(ways, by) {
		by = ways[0]
	}
	view := page.SecondStep{
		Waiting: waitingView(p.form(), step), By: by, Failure: failure,
		Others: slices.DeleteFunc(ways, func(w page.Way) bool { return w == by }),
	}
	if by == page.ByPasskey {
		user := proof.UserID()
		if view.Passkey, err = s.askPasskey(v, &user); err != nil {
			return err
		}
	}
	if step.Need != idp.PolicyPasskey {
		view.Remember = rememberWords
	}
	view.Frame = s.frame(v, signInTitle("One more step", failure, step), "")
	return v.show(status, view.Page())
}

// ways are how the user can go on from a proof, the strongest first. Where only
// a passkey will do there is no other.
func (s *Site) ways(v *visit, proof identity.Proof, step oidc.SignIn) ([]page.Way, error) {
	var factors identity.Factors
	err := s.db.View(v.r.Context(), func(tx idp.Tx) (err error) {
		factors, err = identity.FactorsOf(tx, proof.UserID())
		return err
	})
	if err != nil {
		return nil, err
	}
	var ways []page.Way
	if factors.Passkeys > 0 && s.passkeys != nil {
		ways = append(ways, page.ByPasskey)
	}
	if step.Need == idp.PolicyPasskey && !step.Wished && len(ways) > 0 {
		return ways, nil
	}
	if factors.TOTP > 0 {
		ways = append(ways, page.ByApp)
	}
	if factors.RecoveryCodes > 0 && factors.Any() {
		ways = append(ways, page.ByRecovery)
	}
	return ways, nil
}

// takeSecondStep checks the second proof and goes on.
func (s *Site) takeSecondStep(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	p, proof, ok := s.progressOf(v)
	if !ok || p.Password {
		return v.redirect(oidc.SignInPath)
	}
	step, err := s.stepOf(v, p.form())
	if err != nil {
		return err
	}
	by := page.Way(values.Get("by"))
	more, err := s.addFactor(v, proof, by, values)
	switch {
	case errors.Is(err, identity.ErrStale):
		return s.stale(v, p, err)
	case isRefusal(err):
		s.logFailure(v, err)
		return s.showSecondStep(v, http.StatusUnauthorized, p, proof, by, factorFailure(by))
	case err != nil:
		return s.orSlow(err, factorPath)
	}
	if step.Wished {
		step.Need = idp.PolicyAny // it was asked for, and that is all a wish gets
	}
	if !identity.Satisfies(more.Level(), step.Need) && by == page.ByPasskey {
		return s.showSecondStep(v, http.StatusUnauthorized, p, proof, by,
			"This key did not check that it is you. Use one that asks for a finger, a face or a PIN.")
	}
	p.Remember = p.Remember || values.Get("remember") != "" && step.Need != idp.PolicyPasskey
	return s.proceed(v, p, step, more)
}

// addFactor proves one more thing. Tries are counted for the account alone and
// there are few of them: whoever fails here knows the password.
func (s *Site) addFactor(v *visit, proof identity.Proof, by page.Way, values url.Values) (identity.Proof, error) {
	ctx := v.r.Context()
	user, err := s.user(v, proof.UserID())
	if err != nil {
		return identity.Proof{}, err
	}
	more := proof
	err = s.try(v, user.Username, true, func() (err error) {
		switch by {
		case page.ByPasskey:
			more, err = s.provePasskey(v, values.Get("response"), &proof)
			return err
		case page.ByRecovery:
			return s.db.Update(ctx, func(tx idp.Tx) (err error) {
				more, err = identity.ProveRecoveryCode(ctx, tx, s.actor(v, user), proof, values.Get("code"), identity.Cause{})
				return err
			})
		default:
			return s.db.Update(ctx, func(tx idp.Tx) (err error) {
				more, err = identity.ProveTOTP(ctx, tx, proof, values.Get("code"))
				return err
			})
		}
	})
	return more, err
}

func factorFailure(by page.Way) string {
	switch by {
	case page.ByPasskey:
		return "The passkey was not accepted. Try again."
	case page.ByRecovery:
		return "That is none of your recovery codes, or it was used before."
	default:
		return "That code is not right or was used before. Wait for the next one and try again."
	}
}
