// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// newPasswordPath is the last step of a user who has to change their password.
const newPasswordPath = "/sign-in/password"

// serveNewPassword asks for a new password. Whoever did not come through all
// steps before it is led to the first.
func (s *Site) serveNewPassword(v *visit) error {
	p, proof, ok := s.progressOf(v)
	if !ok || !p.Password {
		return v.redirect(oidc.SignInPath)
	}
	return s.showNewPassword(v, http.StatusOK, p, proof, page.NewPassword{})
}

func (s *Site) showNewPassword(v *visit, status int, p progress, proof identity.Proof, view page.NewPassword) error {
	step, err := s.stepOf(v, p.form())
	if err != nil {
		return err
	}
	user, err := s.user(v, proof.UserID())
	if err != nil {
		return err
	}
	failure := ""
	if status != http.StatusOK {
		failure = "the new password"
	}
	view.Waiting, view.Username, view.Rule = waitingView(p.form(), step), user.Username, passwordRule()
	view.Frame = s.frame(v, signInTitle("New password", failure, step), "")
	return v.show(status, view.Page())
}

// takeNewPassword changes the password and begins the session, both or
// neither.
func (s *Site) takeNewPassword(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	p, proof, ok := s.progressOf(v)
	if !ok || !p.Password {
		return v.redirect(oidc.SignInPath)
	}
	ctx, fresh := v.r.Context(), values.Get("new")
	wrong, ok, err := s.checkReplacement(v, proof.UserID(), values)
	if err != nil {
		return err
	}
	if !ok {
		return s.showNewPassword(v, http.StatusUnprocessableEntity, p, proof, wrong)
	}
	hash, err := s.passwords.Hash(ctx, fresh)
	if err != nil {
		return err
	}
	// First the session, which the change then leaves alone.
	err = s.begin(v, p, proof, func(tx idp.Tx, actor idp.Actor) error {
		return identity.ChangePassword(ctx, tx, actor, proof, hash, identity.Cause{})
	})
	if err != nil {
		return s.stale(v, p, err)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "password changed", slog.Any("user", v.user), slog.Any("session", v.session))
	return s.arrive(v, p.form())
}

// checkReplacement finds what is wrong with a new password. The present one is
// not typed on this page, so that it is another is found by trying it.
func (s *Site) checkReplacement(v *visit, id idp.UserID, values url.Values) (page.NewPassword, bool, error) {
	found, ok := checkNewPassword(values)
	wrong := page.NewPassword{NewError: found.NewError, RepeatError: found.RepeatError}
	if !ok {
		return wrong, false, nil
	}
	user, err := s.user(v, id)
	if err != nil {
		return wrong, false, err
	}
	fresh := values.Get("new")
	if _, wrong.NewError = checkStrength(fresh, user); wrong.NewError != "" {
		return wrong, false, nil
	}
	_, err = s.passwords.Prove(v.r.Context(), s.db, id, fresh)
	if err == nil {
		wrong.NewError = "The new password is the current one."
		return wrong, false, nil
	}
	if !isRefusal(err) {
		return wrong, false, err
	}
	return wrong, true, nil
}

// user reads a user in a transaction of its own.
func (s *Site) user(v *visit, id idp.UserID) (idp.User, error) {
	var user idp.User
	err := s.db.View(v.r.Context(), func(tx idp.Tx) (err error) {
		user, err = tx.User(id)
		return err
	})
	return user, err
}
