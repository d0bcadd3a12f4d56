// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"slices"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// need is what a sign-in should prove: what the application demands or, where
// that is more, what this request wishes for by acr_values.
func (t turn) need() (policy idp.SignInPolicy, wished bool) {
	if wish := wish(t.request.ACRValues); !identity.Satisfies(levelOf(t.client.App.Policy), wish) {
		return wish, true
	}
	return t.client.App.Policy, false
}

// lacks returns what a session has still to prove, if it has to.
//
// A wish is voluntary (OIDC Core §3.1.2.1), so nobody is kept out by one: it
// asks those who have what it takes, and only once. Whoever signed in since
// the request was asked then.
func (t turn) lacks(user idp.User, s idp.Session) (step SignIn, lacking bool, err error) {
	step = SignIn{Application: t.client.App, LoginHint: t.request.LoginHint, StepUp: true}
	if demand := t.client.App.Policy; !identity.Satisfies(s.ACR, demand) {
		step.Need = demand
		return step, true, nil
	}
	step.Need, step.Wished = t.need()
	if !step.Wished || identity.Satisfies(s.ACR, step.Need) || s.AuthTime.After(t.request.CreatedAt) {
		return SignIn{}, false, nil
	}
	able, err := canProve(t.tx, user.ID, step.Need)
	return step, able, err
}

// wish is the policy of the first level in acr_values that we have; they are
// in order of preference. Others are ignored.
func wish(acrValues []string) idp.SignInPolicy {
	for _, acr := range acrValues {
		for _, p := range policies() {
			if acr == levelOf(p) {
				return p
			}
		}
	}
	return idp.PolicyAny
}

// policies are all of them, the strictest last.
func policies() []idp.SignInPolicy {
	return []idp.SignInPolicy{idp.PolicyAny, idp.PolicyFactor, idp.PolicyPasskey}
}

// levelOf is the "acr" that a policy asks for, no more and no less.
func levelOf(p idp.SignInPolicy) string {
	switch p {
	case idp.PolicyPasskey:
		return identity.ACRPasskey
	case idp.PolicyFactor:
		return identity.ACRFactor
	default:
		return identity.ACRPassword
	}
}

// levels are the values of "acr", for discovery.
func levels() []string {
	var names []string
	for _, p := range policies() {
		names = append(names, levelOf(p))
	}
	return names
}

// canProve reports whether a user has a credential that a policy takes.
func canProve(tx idp.Tx, user idp.UserID, p idp.SignInPolicy) (bool, error) {
	credentials, err := tx.Credentials(user)
	return slices.ContainsFunc(credentials, func(c idp.Credential) bool {
		return c.Kind == idp.CredentialPasskey || p == idp.PolicyFactor && c.Kind == idp.CredentialTOTP
	}), err
}
