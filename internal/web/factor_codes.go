// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// makeCodes makes recovery codes and shows them, this once: the answer to the
// form is the only page that ever has them.
func (s *Site) makeCodes(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	return s.sensitively(v, values, func() error {
		ctx := v.r.Context()
		var codes []string
		err := s.db.Update(ctx, func(tx idp.Tx) (err error) {
			codes, err = identity.GenerateRecoveryCodes(ctx, tx, s.actor(v, v.user), v.user.ID, identity.Cause{})
			return err
		})
		if err != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "recovery codes made", slog.Any("user", v.user), slog.Any("session", v.session))
		return v.show(http.StatusOK, page.NewCodes{
			Frame: s.frame(v, "Your recovery codes", page.AccountFactors), Codes: codes, File: s.codesFile(v.user, codes),
		}.Page())
	})
}

// codesFile is the codes as a data URL, so that the browser saves them without
// another request.
func (s *Site) codesFile(u idp.User, codes []string) string {
	text := "Recovery codes of " + u.Username + " at " + s.base.Host + "\r\n" +
		"Each works once, instead of your device.\r\n\r\n" + strings.Join(codes, "\r\n") + "\r\n"
	return "data:text/plain;charset=utf-8," + url.PathEscape(text)
}

// removeCodes takes the codes away.
func (s *Site) removeCodes(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	return s.changeFactors(v, values, noticeCodes, func(ctx context.Context, tx idp.Tx, actor idp.Actor) error {
		return identity.RemoveRecoveryCodes(ctx, tx, actor, v.user.ID, identity.Cause{})
	})
}
