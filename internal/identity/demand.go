// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// RequirePasswordChange makes a user's next sign-in end at the page for a new
// password. A user without a password is idp.ErrNotFound.
//
// It records account-credential-change-required, or nothing when a new password
// is demanded already.
func RequirePasswordChange(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	u, err := tx.User(user)
	if err != nil || u.MustChangePassword {
		return err
	}
	if _, err := passwordOf(tx, user); err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "A new password was demanded", "You have to choose a new password")
	if err != nil {
		return err
	}
	u.MustChangePassword = true
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.record(p, risc.AccountCredentialChangeRequired{}); err != nil {
		return err
	}
	return c.enter("user.require_password_change", u)
}
