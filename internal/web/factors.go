// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

var (
	errLastWayIn = &pageError{status: http.StatusConflict, heading: "It is the only one left",
		text: "Without it you could not sign in. Add a passkey or set a password first.",
		link: page.Link{Text: "Back to your factors", URL: string(page.AccountFactors)}}
	errTooMany = &pageError{status: http.StatusConflict, heading: "You have enough of these",
		text: "Remove one that you no longer use, then add this one.",
		link: page.Link{Text: "Back to your factors", URL: string(page.AccountFactors)}}
)

// serveFactors lists what the user signs in with beside the password.
func (s *Site) serveFactors(v *visit) error {
	credentials, err := s.credentials(v)
	if err != nil {
		return err
	}
	p := page.Factors{Frame: s.frame(v, "How you prove that it is you", page.AccountFactors), NoPasskeys: s.passkeys == nil}
	for _, c := range credentials {
		switch c.Kind {
		case idp.CredentialTOTP:
			p.Apps = append(p.Apps, factorView(c))
		case idp.CredentialPasskey:
			p.Passkeys = append(p.Passkeys, factorView(c))
		case idp.CredentialRecoveryCodes:
			p.Codes = &page.CodesView{Left: identity.RecoveryCodesLeft(c), AddedAt: c.UpdatedAt}
		}
	}
	return v.show(http.StatusOK, p.Page())
}

func (s *Site) credentials(v *visit) ([]idp.Credential, error) {
	var credentials []idp.Credential
	err := s.db.View(v.r.Context(), func(tx idp.Tx) (err error) {
		credentials, err = tx.Credentials(v.user.ID)
		return err
	})
	return credentials, err
}

// factorView is a credential as its user sees it. A passkey whose data cannot
// be read is shown all the same, so that it can be removed.
func factorView(c idp.Credential) page.FactorView {
	view := page.FactorView{ID: string(c.ID), Name: c.Name, AddedAt: c.CreatedAt, UsedAt: c.UsedAt}
	if c.Kind != idp.CredentialPasskey {
		return view
	}
	if key, err := identity.PasskeyOf(c); err == nil && key.Device != c.Name {
		view.Kind = key.Device
	}
	return view
}

// serveFactorForm shows one of them, to rename or remove it.
func (s *Site) serveFactorForm(v *visit) error {
	return s.showFactorForm(v, http.StatusOK, v.r.URL.Query(), "")
}

func (s *Site) showFactorForm(v *visit, status int, values url.Values, nameError string) error {
	credentials, err := s.credentials(v)
	if err != nil {
		return err
	}
	p, others := page.FactorForm{NameError: nameError}, 0
	for _, c := range credentials {
		switch {
		case c.Kind != idp.CredentialTOTP && c.Kind != idp.CredentialPasskey:
		case string(c.ID) == values.Get("credential"):
			p.Factor = factorView(c)
		default:
			others++
		}
	}
	if p.Factor.ID == "" {
		return fmt.Errorf("credential of user %s: %w", v.user.ID, idp.ErrNotFound)
	}
	p.Name, p.Last = p.Factor.Name, others == 0
	title := p.Factor.Name
	if nameError != "" {
		p.Name, title = values.Get("name"), "Error: "+title
	}
	p.Frame = s.frame(v, title, page.AccountFactors)
	return v.show(status, p.Page())
}

// renameFactor gives one another name.
func (s *Site) renameFactor(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	name := strings.TrimSpace(values.Get("name"))
	err = s.changeFactors(v, values, noticeRenamed, func(ctx context.Context, tx idp.Tx, actor idp.Actor) error {
		return identity.RenameCredential(ctx, tx, actor, v.user.ID, idp.CredentialID(values.Get("credential")), name, identity.Cause{})
	})
	var invalid *idp.InvalidError
	if errors.As(err, &invalid) && invalid.Field == "name" {
		return s.showFactorForm(v, http.StatusUnprocessableEntity, values, "The name "+invalid.Reason+".")
	}
	return err
}

// removeFactor takes one away.
func (s *Site) removeFactor(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	err = s.changeFactors(v, values, noticeRemoved, func(ctx context.Context, tx idp.Tx, actor idp.Actor) error {
		return identity.RemoveCredential(ctx, tx, actor, v.user.ID, idp.CredentialID(values.Get("credential")), identity.Cause{})
	})
	return orPage(err, idp.ErrConflict, errLastWayIn)
}

// changeFactors runs a verb that needs a recent proof, then leads to the list.
func (s *Site) changeFactors(v *visit, values url.Values, notice string, verb func(context.Context, idp.Tx, idp.Actor) error) error {
	return s.sensitively(v, values, func() error {
		ctx := v.r.Context()
		err := s.db.Update(ctx, func(tx idp.Tx) error { return verb(ctx, tx, s.actor(v, v.user)) })
		if err != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "factors changed", slog.String("notice", notice),
			slog.Any("user", v.user), slog.Any("session", v.session))
		s.cookies.leaveNotice(v.w, notice, 0)
		return v.redirect(string(page.AccountFactors))
	})
}

// orPage shows a page for one sort of error.
func orPage(err, sort error, p *pageError) error {
	if !errors.Is(err, sort) {
		return err
	}
	shown := *p
	shown.cause = err
	return &shown
}
