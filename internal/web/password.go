// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// passwordRule is identity.CheckPassword in words.
func passwordRule() string {
	return fmt.Sprintf("At least %d characters. A few unrelated words make a good one.", identity.MinPassword)
}

func (s *Site) servePassword(v *visit) error {
	return s.showPassword(v, http.StatusOK, page.Password{})
}

// showPassword shows the form with the sessions that a change would end.
func (s *Site) showPassword(v *visit, status int, p page.Password) error {
	others, err := s.otherSessions(v)
	if err != nil {
		return err
	}
	title := "Change your password"
	if status != http.StatusOK {
		title = "Error: " + title
	}
	p.Frame, p.Rule = s.frame(v, title, page.AccountPassword), passwordRule()
	for _, session := range others {
		p.Others = append(p.Others, device(session))
	}
	return v.show(status, p.Page())
}

// changePassword checks the form, then the present password, then changes it.
func (s *Site) changePassword(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	p, ok := checkNewPassword(values)
	if found, wrong := checkStrength(values.Get("new"), v.user); ok && wrong != "" {
		p.NewError, p.Strength, ok = wrong, found, false
	}
	if !ok {
		return s.showPassword(v, http.StatusUnprocessableEntity, p)
	}
	others, err := s.otherSessions(v)
	if err != nil {
		return err
	}
	err = s.replacePassword(v, values.Get("current"), values.Get("new"))
	var slow *slowError
	switch {
	case errors.As(err, &slow):
		return s.slowDown(slow.wait, string(page.AccountPassword))
	case errors.Is(err, identity.ErrCredentials), errors.Is(err, identity.ErrStale):
		s.logFailure(v, err)
		return s.showPassword(v, http.StatusUnprocessableEntity, page.Password{CurrentError: "This is not your current password."})
	case err != nil:
		return err
	}
	s.log.LogAttrs(v.r.Context(), slog.LevelInfo, "password changed",
		slog.Any("user", v.user), slog.Any("session", v.session))
	s.cookies.leaveNotice(v.w, noticePassword, len(others))
	return v.redirect(string(page.AccountPassword))
}

// checkNewPassword finds what is wrong with the new password alone.
func checkNewPassword(values url.Values) (page.Password, bool) {
	var p page.Password
	var invalid *idp.InvalidError
	switch fresh := values.Get("new"); {
	case errors.As(identity.CheckPassword(fresh), &invalid):
		p.NewError = "The new password " + invalid.Reason + "."
	case fresh != values.Get("repeat"):
		p.RepeatError = "The two new passwords differ."
	case fresh == values.Get("current"):
		p.NewError = "The new password is the current one."
	default:
		return p, true
	}
	return p, false
}

// replacePassword proves the present password and sets the new one. A browser
// that was left open does not give endless guesses at the password.
func (s *Site) replacePassword(v *visit, current, fresh string) error {
	ctx := v.r.Context()
	var proof identity.Proof
	err := s.try(v, v.user.Username, false, func() (err error) {
		proof, err = s.passwords.Prove(ctx, s.db, v.user.ID, current)
		return err
	})
	if err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, fresh)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx idp.Tx) error {
		return identity.ChangePassword(ctx, tx, s.actor(v, v.user), proof, hash, identity.Cause{})
	})
}
