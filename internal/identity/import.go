// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ImportUser stores a user who comes from another program, in groups that
// exist, with their password if hash is not zero; see ImportedHash.
//
// It records what CreateUser does: a credential-change "create" for the
// password, for those applications that the groups admit to.
func ImportUser(_ context.Context, tx idp.Tx, actor idp.Actor, u idp.User, hash idp.Secret, groups []idp.GroupID, cause Cause) (idp.User, error) {
	if u.ID == "" {
		u.ID = idp.NewID[idp.UserID]()
	}
	u.CreatedAt, u.UpdatedAt = tx.Now(), tx.Now()
	if err := u.Validate(); err != nil {
		return idp.User{}, err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "The account was imported", "")
	if err != nil {
		return idp.User{}, err
	}
	if err := tx.CreateUser(u); err != nil {
		return idp.User{}, err
	}
	// The groups come before the signal, which tells them.
	for _, g := range groups {
		if err := tx.AddMember(g, u.ID); err != nil {
			return idp.User{}, err
		}
	}
	if !hash.IsZero() {
		if err := c.setPassword(u, hash); err != nil {
			return idp.User{}, err
		}
	}
	return u, c.enter("user.import", u)
}
