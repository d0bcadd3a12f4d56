// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// servePortal shows the applications that the user may open.
func (s *Site) servePortal(v *visit) error {
	var views []page.ApplicationView
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		groups, err := tx.GroupsOf(v.user.ID)
		if err != nil {
			return err
		}
		all, err := tx.Applications()
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.LaunchURL != "" && a.Admits(groups) {
				views = append(views, applicationView(a))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Home{
		Frame: s.frame(v, "Applications", page.Portal), Applications: views,
	}.Page())
}
