// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// CreateUser stores a new user and, unless hash is zero, their password. It
// returns the user as stored, with a fresh ID if they had none.
//
// It records a credential-change "create" for the password. A user without one
// records nothing: no application knows them.
func CreateUser(_ context.Context, tx idp.Tx, actor idp.Actor, u idp.User, hash idp.Secret, cause Cause) (idp.User, error) {
	if u.ID == "" {
		u.ID = idp.NewID[idp.UserID]()
	}
	u.CreatedAt, u.UpdatedAt = tx.Now(), tx.Now()
	if err := u.Validate(); err != nil {
		return idp.User{}, err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "The account was created", "")
	if err != nil {
		return idp.User{}, err
	}
	if err := tx.CreateUser(u); err != nil {
		return idp.User{}, err
	}
	if !hash.IsZero() {
		if err := c.setPassword(u, hash); err != nil {
			return idp.User{}, err
		}
	}
	return u, c.enter("user.create", u)
}

// UpdateUser stores user name, e-mail address, name and the admin right of the
// user with u.ID, and returns the user as stored. The last admin who can sign
// in stays one: idp.ErrConflict.
//
// A new or removed e-mail address records identifier-changed about the user as
// they were; an address that there was none of before identifies nobody yet
// and records none (RISC §2.5). What applications see of the three members,
// the claims email, name and preferred_username, is also recorded as one
// token-claims-change. A new user name alone is recorded as that and no more:
// identifier-changed wants an e-mail address or phone number as its subject.
func UpdateUser(_ context.Context, tx idp.Tx, actor idp.Actor, u idp.User, cause Cause) (idp.User, error) {
	old, err := tx.User(u.ID)
	if err != nil {
		return idp.User{}, err
	}
	now := old
	now.Username, now.Email, now.Name, now.Admin = u.Username, u.Email, u.Name, u.Admin
	if err := now.Validate(); err != nil {
		return idp.User{}, err
	}
	if !now.Admin {
		if err := keepAnAdmin(tx, old); err != nil {
			return idp.User{}, err
		}
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "The account's data was changed", "")
	if err != nil {
		return idp.User{}, err
	}
	p, err := principal(tx, old)
	if err != nil {
		return idp.User{}, err
	}
	if err := tx.UpdateUser(now); err != nil {
		return idp.User{}, err
	}
	now.UpdatedAt = tx.Now()
	if old.Email != "" && old.Email != now.Email {
		if err := c.record(p, risc.IdentifierChanged{NewValue: now.Email}); err != nil {
			return idp.User{}, err
		}
	}
	if err := c.claimsChanged(p, claimsOf(old, now)); err != nil {
		return idp.User{}, err
	}
	return now, c.enter("user.update", now)
}

// claimsOf returns the claims that differ between two states of a user, with
// their new values (OIDC Core §5.1). A claim that is gone is null.
func claimsOf(old, now idp.User) map[string]any {
	changed := make(map[string]any)
	for _, claim := range []struct{ name, old, now string }{
		{"preferred_username", old.Username, now.Username},
		{"email", old.Email, now.Email},
		{"name", old.DisplayName(), now.DisplayName()},
	} {
		switch {
		case claim.old == claim.now:
		case claim.now == "":
			changed[claim.name] = nil
		default:
			changed[claim.name] = claim.now
		}
	}
	return changed
}

// claimsChanged records a token-claims-change, or nothing when there are no
// claims.
func (c change) claimsChanged(p idp.Principal, claims map[string]any) error {
	if len(claims) == 0 {
		return nil
	}
	event := caep.TokenClaimsChange{Common: c.common(), Claims: make(map[string]json.RawMessage)}
	for name, value := range claims {
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("claim %s: %w", name, err)
		}
		event.Claims[name] = raw
	}
	return c.record(p, event)
}

// keepAnAdmin is idp.ErrConflict when u is the only admin who can sign in:
// nobody could undo what comes next.
func keepAnAdmin(tx idp.Tx, u idp.User) error {
	if !u.Admin || u.Disabled() {
		return nil
	}
	_, admins, err := tx.CountUsers()
	if err != nil {
		return err
	}
	if admins <= 1 {
		return fmt.Errorf("user %s is the last admin who can sign in, make somebody else an admin first: %w", u.Username, idp.ErrConflict)
	}
	return nil
}
