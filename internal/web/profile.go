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

const profilePath = "/account/profile"

// serveProfileForm lets users change what is known about them.
func (s *Site) serveProfileForm(v *visit) error {
	return s.showProfileForm(v, v.user, nil)
}

func (s *Site) showProfileForm(v *visit, u idp.User, errs map[string]string) error {
	status, title := http.StatusOK, "Edit your profile"
	if len(errs) > 0 {
		status, title = http.StatusUnprocessableEntity, "Error: "+title
	}
	return v.show(status, page.ProfileForm{
		Frame: s.frame(v, title, page.AccountProfile), Errors: errs,
		Name: u.Name, Username: u.Username, Email: u.Email, RecoveryEmail: u.RecoveryEmail,
	}.Page())
}

// changeProfile stores it. A name is only a name; what lets people in, or tells
// applications who somebody is, needs a recent proof.
func (s *Site) changeProfile(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	u := v.user
	for _, f := range []struct {
		field string
		value *string
	}{{"name", &u.Name}, {"username", &u.Username}, {"email", &u.Email}, {"recovery_email", &u.RecoveryEmail}} {
		*f.value = strings.TrimSpace(values.Get(f.field))
	}
	if errs := checkProfile(u); len(errs) > 0 {
		return s.showProfileForm(v, u, errs)
	}
	err = s.sensitively(v, values, func() error { return s.storeProfile(v, u) })
	if errors.Is(err, idp.ErrConflict) {
		return s.showProfileForm(v, u, map[string]string{"": "This user name or e-mail address is somebody else's."})
	}
	return err
}

// checkProfile finds what is wrong, by field.
func checkProfile(u idp.User) map[string]string {
	errs := map[string]string{}
	var invalid *idp.InvalidError
	if errors.As(u.Validate(), &invalid) {
		errs[invalid.Field] = "This " + invalid.Reason + "."
	}
	return errs
}

func (s *Site) storeProfile(v *visit, u idp.User) error {
	ctx, old := v.r.Context(), v.user
	if (u.Username != old.Username || u.Email != old.Email) && !v.proved() {
		return identity.ErrProveAgain
	}
	err := s.db.Update(ctx, func(tx idp.Tx) error {
		// One change, so one txn for its signals.
		cause := identity.Cause{Txn: identity.NewTxn()}
		if u.RecoveryEmail != old.RecoveryEmail {
			if err := identity.ChangeRecoveryEmail(ctx, tx, s.actor(v, old), u.ID, u.RecoveryEmail, cause); err != nil {
				return err
			}
		}
		if u.Name == old.Name && u.Username == old.Username && u.Email == old.Email {
			return nil
		}
		_, err := identity.UpdateUser(ctx, tx, s.actor(v, old), u, cause)
		return err
	})
	if err != nil {
		return err
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "profile changed", slog.Any("user", u), slog.Any("session", v.session))
	s.cookies.leaveNotice(v.w, noticeProfile, 0)
	return v.redirect(string(page.AccountProfile))
}
