// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// DisableUser switches an account off and ends its sessions and tokens. The
// last admin who can sign in stays: idp.ErrConflict.
//
// It records account-disabled and a session-revoked for the user as a whole. A
// user who is disabled already changes nothing and records nothing.
func DisableUser(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, cause Cause) error {
	u, err := tx.User(id)
	if err != nil || u.Disabled() {
		return err
	}
	if err := keepAnAdmin(tx, u); err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "The account was disabled", "Your account was disabled")
	if err != nil {
		return err
	}
	u.DisabledAt = tx.Now()
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	if err := c.leave(u, "user disabled", risc.AccountDisabled{}); err != nil {
		return err
	}
	return c.enter("user.disable", u)
}

// EnableUser switches an account on again. Its old sessions stay ended.
//
// It records account-enabled, or nothing when the user is enabled already.
func EnableUser(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, cause Cause) error {
	u, err := tx.User(id)
	if err != nil || !u.Disabled() {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "The account was enabled", "")
	if err != nil {
		return err
	}
	u.DisabledAt = time.Time{}
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.record(p, risc.AccountEnabled{}); err != nil {
		return err
	}
	return c.enter("user.enable", u)
}

// DeleteUser erases an account with all that belongs to it; its signals and
// audit entries stay. The last admin who can sign in stays: idp.ErrConflict.
//
// It records account-purged and a session-revoked for the user as a whole.
func DeleteUser(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, cause Cause) error {
	u, err := tx.User(id)
	if err != nil {
		return err
	}
	if err := keepAnAdmin(tx, u); err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "The account was deleted", "Your account was deleted")
	if err != nil {
		return err
	}
	// The signals come first: they tell the user's groups, which go with the
	// user.
	if err := c.leave(u, "user deleted", risc.AccountPurged{}); err != nil {
		return err
	}
	if err := tx.DeleteUser(id); err != nil {
		return err
	}
	return c.enter("user.delete", u)
}

// leave records why a user is gone, then ends everything they are signed in to.
func (c change) leave(u idp.User, reason string, event interface {
	secevent.Event
	Validate() error
}) error {
	p, err := principal(c.tx, u)
	if err != nil {
		return err
	}
	if err := c.record(p, event); err != nil {
		return err
	}
	return c.endAll(p, reason)
}
