// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import "github.com/tocsin-id/tocsin/internal/idp"

// Step is what has to happen next with an authorization request. It is one of
// [SignIn], [Consent], [Denied] and [Continue].
type Step interface{ step() }

// SignIn asks the user to prove who they are.
type SignIn struct {
	// Application is what the user signs in to.
	Application idp.Application
	// LoginHint is what the application thinks the user's login is; empty
	// when it did not say. It comes from outside: show it, trust nothing.
	LoginHint string
	// Again means that there is a session, but the application wants a fresh
	// proof: by prompt=login, by max_age, or of another user (OIDC Core
	// §3.1.2.1).
	Again bool
	// Need is what the user should prove: what the application demands or,
	// where Wished is set, what it wishes for (acr_values). A wish is asked of
	// those who have what it takes, and stops nobody.
	Need   idp.SignInPolicy
	Wished bool
	// StepUp means that the session will do but for Need: only what is missing
	// has to be asked. It excludes Again.
	StepUp bool
}

// Consent asks the user to let the application have something.
type Consent struct {
	// Application is who asks.
	Application idp.Application
	// Scopes are those that the user has not granted yet, or all of them when
	// the application wants to hear it again (prompt=consent).
	Scopes []Scope
}

// Denied says that this user may not use the application. The page can offer
// to go back to it through [Provider.Deny].
type Denied struct {
	// Application is what the user may not use.
	Application idp.Application
	// Reason is a sentence for the user.
	Reason string
}

// Continue sends the browser back to the application.
type Continue struct {
	// URL is the redirect URI with a code, or with an error that the
	// application asked to get without a page (prompt=none). It works once and
	// must not be logged.
	URL string
}

func (SignIn) step()   {}
func (Consent) step()  {}
func (Denied) step()   {}
func (Continue) step() {}
