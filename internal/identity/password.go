// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// ChangePassword gives a user the password that hash was made of. The proof is
// that of their present password; ErrStale when it no longer holds. The
// session through which the actor acts stays, all others end.
//
// It records a credential-change "update" and a session-revoked for each
// session that it ends.
func ChangePassword(_ context.Context, tx idp.Tx, actor idp.Actor, proof Proof, hash idp.Secret, cause Cause) error {
	u, err := proof.holds(tx)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "The user changed their password", "")
	if err != nil {
		return err
	}
	return c.replacePassword(u, hash, actor.Session, "user.change_password")
}

// ResetPassword gives a user a password without knowing the present one, and
// ends all their sessions.
//
// It records a credential-change, "create" for a first password and otherwise
// "update", and a session-revoked for each session that it ends.
func ResetPassword(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, hash idp.Secret, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "An administrator reset the password", "An administrator reset your password")
	if err != nil {
		return err
	}
	return c.replacePassword(u, hash, "", "user.reset_password")
}

// RemovePassword takes a user's password, so that they cannot sign in with one
// until another is set. Their sessions stay. A user without a password is
// idp.ErrNotFound; users who remove their own need a passkey: idp.ErrConflict.
//
// It records a credential-change "delete".
func RemovePassword(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	credential, err := passwordOf(tx, user)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "The password was removed", "")
	if err != nil {
		return err
	}
	if err := c.keepAWayIn(credential); err != nil {
		return err
	}
	if err := tx.DeleteCredential(credential.ID); err != nil {
		return err
	}
	if err := c.credentialChanged(u, credential, caep.ChangeDelete); err != nil {
		return err
	}
	return c.enter("user.remove_password", u)
}

func (c change) replacePassword(u idp.User, hash idp.Secret, keep idp.SessionID, action string) error {
	if err := c.setPassword(u, hash); err != nil {
		return err
	}
	p, err := principal(c.tx, u)
	if err != nil {
		return err
	}
	if err := c.endOthers(p, keep, "password changed"); err != nil {
		return err
	}
	if err := c.tx.ForgetDevices(u.ID); err != nil {
		return err
	}
	return c.enter(action, u)
}

// setPassword stores the hash in the user's password credential, which keeps
// its ID, and records the change.
func (c change) setPassword(u idp.User, hash idp.Secret) error {
	if hash.IsZero() {
		return idp.Invalid("password", "must not be empty")
	}
	kind := caep.ChangeUpdate
	credential, err := passwordOf(c.tx, u.ID)
	if errors.Is(err, idp.ErrNotFound) {
		kind = caep.ChangeCreate
		credential = idp.Credential{
			ID: idp.NewID[idp.CredentialID](), UserID: u.ID,
			Kind: idp.CredentialPassword, CreatedAt: c.tx.Now(),
		}
	} else if err != nil {
		return err
	}
	credential.Secret, credential.UpdatedAt = hash, c.tx.Now()
	if err := c.tx.PutCredential(credential); err != nil {
		return err
	}
	if u.MustChangePassword {
		u.MustChangePassword = false
		if err := c.tx.UpdateUser(u); err != nil {
			return err
		}
	}
	return c.credentialChanged(u, credential, kind)
}
