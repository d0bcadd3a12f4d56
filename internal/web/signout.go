// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"log/slog"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// serveSignOut asks whether to sign out, or confirms that nobody is signed in.
func (s *Site) serveSignOut(v *visit) error {
	if !v.signedIn() {
		return v.show(http.StatusOK, page.SignedOut{Frame: s.frame(v, "Signed out", "")}.Page())
	}
	return v.show(http.StatusOK, page.SignOut{Frame: s.frame(v, "Sign out", "")}.Page())
}

// signOut ends the session of this browser. Who is signed out already is told
// the same.
func (s *Site) signOut(v *visit) error {
	if v.signedIn() {
		ctx := v.r.Context()
		err := s.db.Update(ctx, func(tx idp.Tx) error {
			return identity.SignOut(ctx, tx, s.actor(v, v.user), v.session.ID, identity.Cause{})
		})
		if err != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "signed out", slog.Any("user", v.user), slog.Any("session", v.session))
	}
	s.cookies.clearSession(v.w)
	return v.redirect("/sign-out")
}
