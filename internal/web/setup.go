// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

var errSetupOver = &pageError{status: http.StatusNotFound, heading: "This link does not work",
	text: "It was used already, or it is not the one that the server printed when it started."}

// serveSetup shows the form behind the one-time link of a new installation.
func (s *Site) serveSetup(v *visit) error {
	token := v.r.URL.Query().Get("token")
	if err := s.checkSetup(v, token); err != nil {
		return err
	}
	return s.showSetup(v, http.StatusOK, page.Setup{Token: token})
}

func (s *Site) checkSetup(v *visit, token string) error {
	return setupError(s.db.View(v.r.Context(), func(tx idp.Tx) error {
		return admin.CheckSetup(tx, token)
	}))
}

func setupError(err error) error {
	if errors.Is(err, idp.ErrDenied) || errors.Is(err, idp.ErrReused) {
		over := *errSetupOver
		over.cause = err
		return &over
	}
	return err
}

func (s *Site) showSetup(v *visit, status int, p page.Setup) error {
	title := "Create the first administrator"
	if status != http.StatusOK {
		title = "Error: " + title
	}
	p.Frame, p.Rule = s.frame(v, title, ""), passwordRule()
	return v.show(status, p.Page())
}

// createAdmin makes the first administrator, who then signs in like anybody
// else.
func (s *Site) createAdmin(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	token := values.Get("token")
	if err := s.checkSetup(v, token); err != nil {
		return err
	}
	user := idp.User{Username: values.Get("username"), Name: values.Get("name"), Email: values.Get("email")}
	errs := checkAdmin(user, values)
	if len(errs) == 0 {
		err := s.storeAdmin(v, token, user, values.Get("password"))
		if errors.Is(err, idp.ErrConflict) {
			errs["username"] = "This user name or e-mail address is taken."
		} else if err != nil {
			return setupError(err)
		}
	}
	if len(errs) > 0 {
		return s.showSetup(v, http.StatusUnprocessableEntity, page.Setup{
			Token: token, Username: user.Username, Name: user.Name, Email: user.Email, Errors: errs,
		})
	}
	s.log.LogAttrs(v.r.Context(), slog.LevelInfo, "first administrator created", slog.String("username", user.Username))
	s.cookies.leaveNotice(v.w, noticeAdmin, 0)
	return v.redirect("/sign-in")
}

func (s *Site) storeAdmin(v *visit, token string, user idp.User, password string) error {
	ctx := v.r.Context()
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx idp.Tx) error {
		_, err := admin.CreateFirstAdmin(ctx, tx, s.actor(v, idp.User{}), token, user, hash)
		return err
	})
}

// checkAdmin finds what is wrong with the form, by field.
func checkAdmin(user idp.User, values url.Values) map[string]string {
	errs := map[string]string{}
	var invalid *idp.InvalidError
	if errors.As(user.Validate(), &invalid) {
		errs[invalid.Field] = "This " + invalid.Reason + "."
	}
	switch password := values.Get("password"); {
	case errors.As(identity.CheckPassword(password), &invalid):
		errs["password"] = "The password " + invalid.Reason + "."
	case password != values.Get("repeat"):
		errs["repeat"] = "The two passwords differ."
	default:
		if _, weak := checkStrength(password, user); weak != "" {
			errs["password"] = weak
		}
	}
	return errs
}
