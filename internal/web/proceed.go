// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// proceed goes on after each step of a sign-in: to the next one, or to where
// the user wanted to go. The step says what they should prove in the end.
func (s *Site) proceed(v *visit, p progress, step oidc.SignIn, proof identity.Proof) error {
	var factors identity.Factors
	var user idp.User
	ctx := v.r.Context()
	err := s.db.View(ctx, func(tx idp.Tx) (err error) {
		if user, err = tx.User(proof.UserID()); err != nil {
			return err
		}
		if factors, err = identity.FactorsOf(tx, user.ID); err != nil {
			return err
		}
		proof, err = identity.ProveDevice(ctx, tx, proof, s.cookies.device(v.r))
		return err
	})
	if err != nil {
		return s.stale(v, p, err)
	}
	if wants(step.Need, factors, proof) {
		return s.keep(v, p, proof, factorPath)
	}
	if user.MustChangePassword {
		return s.keep(v, p, proof, newPasswordPath)
	}
	if err := s.begin(v, p, proof, nil); err != nil {
		return s.stale(v, p, err)
	}
	return s.arrive(v, p.form())
}

// stale leads back to the first step when a proof no longer holds: it took too
// long, or what was proved with changed meanwhile. Other errors stay.
func (s *Site) stale(v *visit, p progress, err error) error {
	if !errors.Is(err, identity.ErrStale) && !errors.Is(err, identity.ErrFactorNeeded) {
		return err
	}
	s.logFailure(v, err)
	s.forget(v)
	return v.redirect(p.form().page())
}

// wants reports whether a proof should get another step: because the user has
// a second factor, or because the application needs what the user has. What
// they do not have cannot be asked; the page after the sign-in says so.
func wants(need idp.SignInPolicy, factors identity.Factors, proof identity.Proof) bool {
	switch {
	case !identity.Satisfies(proof.Level(), idp.PolicyFactor):
		return factors.Any()
	case !identity.Satisfies(proof.Level(), need):
		return factors.Passkeys > 0
	}
	return false
}

// begin gives the browser a session with a token that it did not have before,
// so that nobody who planted or saw an earlier one is signed in with it.
//
// A session of the same user goes on, so that applications keep it. One of
// somebody else ends: this browser is no longer theirs. More runs in the same
// transaction, as the user in their session; nil is nothing more.
func (s *Site) begin(v *visit, p progress, proof identity.Proof, more func(idp.Tx, idp.Actor) error) error {
	ctx := v.r.Context()
	var session idp.Session
	var user idp.User
	var token, device string
	err := s.db.Update(ctx, func(tx idp.Tx) (err error) {
		if user, err = tx.User(proof.UserID()); err != nil {
			return err
		}
		if session, token, err = s.enter(ctx, tx, v, user, proof); err != nil {
			return err
		}
		actor := s.actor(v, user)
		actor.Session = session.ID
		if more != nil {
			if err := more(tx, actor); err != nil {
				return err
			}
		}
		device, err = s.noteDevice(ctx, tx, v, actor, session, p.Remember)
		return err
	})
	if err != nil {
		return err
	}
	v.session, v.user = session, user
	s.cookies.setSession(v.w, token)
	s.cookies.set(v.w, s.cookies.deviceName(), device, int(deviceFor.Seconds()))
	s.forget(v)
	s.log.LogAttrs(ctx, slog.LevelInfo, "signed in", slog.Any("user", user), slog.Any("session", session), slog.String("acr", session.ACR))
	return nil
}

// enter renews the session of this browser or begins one.
func (s *Site) enter(ctx context.Context, tx idp.Tx, v *visit, user idp.User, proof identity.Proof) (idp.Session, string, error) {
	if v.signedIn() && v.user.ID == user.ID {
		session, token, err := identity.Reauthenticate(ctx, tx, s.actor(v, user), v.session.ID, proof)
		if !errors.Is(err, idp.ErrExpired) {
			return session, token, err
		}
	} else if v.signedIn() {
		if err := identity.SignOut(ctx, tx, s.actor(v, v.user), v.session.ID, identity.Cause{}); err != nil {
			return idp.Session{}, "", err
		}
	}
	actor := s.actor(v, user)
	actor.Session = ""
	return identity.SignIn(ctx, tx, actor, s.sessions, proof, identity.Cause{})
}

// arrive takes a user who is signed in to where they wanted to go.
func (s *Site) arrive(v *visit, f signInForm) error {
	if f.request != "" {
		return s.continueRequest(v, f)
	}
	return v.redirect(afterSignIn(f))
}
