// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// serveProfile shows what is known about the user.
func (s *Site) serveProfile(v *visit) error {
	var groups []string
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		ids, err := tx.GroupsOf(v.user.ID)
		if err != nil {
			return err
		}
		groups, err = identity.GroupNames(tx, ids)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Profile{
		Frame: s.frame(v, "Profile", page.AccountProfile),
		Name:  v.user.Name, Username: v.user.Username, Email: v.user.Email, RecoveryEmail: v.user.RecoveryEmail,
		Groups: groups, Since: v.user.CreatedAt,
	}.Page())
}
