// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

const passkeyPath = "/account/factors/passkey"

// passkeyPurpose binds a registration to its user.
func passkeyPurpose(u idp.User) string { return "passkey of " + string(u.ID) }

// servePasskeyForm begins to register a passkey.
func (s *Site) servePasskeyForm(v *visit) error {
	if s.passkeys == nil {
		return errNotFound
	}
	if !v.proved() {
		return s.proveFirst(v)
	}
	return s.showPasskeyForm(v, page.PasskeyForm{})
}

// showPasskeyForm shows the form with a fresh challenge.
func (s *Site) showPasskeyForm(v *visit, p page.PasskeyForm) error {
	options, state, err := s.passkeys.BeginRegistration(v.r.Context(), s.db, v.user.ID)
	if err != nil {
		return err
	}
	status, title := http.StatusOK, "Add a passkey"
	if p.NameError != "" || p.Failure != "" {
		status, title = http.StatusUnprocessableEntity, "Error: "+title
	}
	p.Frame = s.frame(v, title, page.AccountFactors)
	p.Options, p.State = string(options), s.ceremonies.seal(passkeyPurpose(v.user), state)
	return v.show(status, p.Page())
}

// addPasskey checks what the authenticator made and stores it. What was made
// cannot wait for another proof: who took so long begins again.
func (s *Site) addPasskey(v *visit) error {
	if s.passkeys == nil {
		return errNotFound
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	state, err := s.ceremonies.open(passkeyPurpose(v.user), values.Get("state"))
	if err != nil {
		return err
	}
	ctx, name := v.r.Context(), strings.TrimSpace(values.Get("name"))
	_, err = s.passkeys.FinishRegistration(ctx, s.db, s.actor(v, v.user), v.user.ID, state, name, []byte(values.Get("response")))
	var invalid *idp.InvalidError
	switch {
	case errors.Is(err, identity.ErrProveAgain):
		return v.redirect(passkeyPath)
	case errors.Is(err, identity.ErrPasskey), errors.Is(err, idp.ErrReused):
		s.logFailure(v, err)
		return s.showPasskeyForm(v, page.PasskeyForm{Name: name, Failure: "That passkey could not be added. Try again."})
	case errors.As(err, &invalid) && invalid.Field == "name":
		return s.showPasskeyForm(v, page.PasskeyForm{Name: name, NameError: "The name " + invalid.Reason + "."})
	case err != nil:
		return orPage(err, idp.ErrConflict, errTooMany)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "passkey added", slog.Any("user", v.user), slog.Any("session", v.session))
	s.cookies.leaveNotice(v.w, noticePasskey, 0)
	return v.redirect(string(page.AccountFactors))
}
