// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// settingSetup keeps the hash of the setup token.
const settingSetup = "setup-token-hash"

// Bootstrap returns a setup token while there is no admin, and "" once there
// is one. Whoever has the token may make the first admin. It is not kept, so
// each call makes a new one and the last stops working.
func Bootstrap(ctx context.Context, db idp.DB) (token string, err error) {
	err = db.Update(ctx, func(tx idp.Tx) error {
		if _, admins, err := tx.CountUsers(); err != nil || admins > 0 {
			return err
		}
		token = idp.NewToken()
		return tx.PutSetting(settingSetup, encodeHash(idp.HashToken(token)))
	})
	if err != nil {
		return "", fmt.Errorf("setup token: %w", err)
	}
	return token, nil
}

// CheckSetup returns nil while token makes the first admin. Otherwise the error
// wraps idp.ErrDenied, or idp.ErrReused when there is an admin already.
func CheckSetup(tx idp.Tx, token string) error {
	_, admins, err := tx.CountUsers()
	if err != nil {
		return err
	}
	if admins > 0 {
		return fmt.Errorf("setup token: there is an admin already: %w", idp.ErrReused)
	}
	stored, err := tx.Setting(settingSetup)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	given := encodeHash(idp.HashToken(token)).Reveal()
	if err != nil || subtle.ConstantTimeCompare([]byte(stored.Reveal()), []byte(given)) != 1 {
		return fmt.Errorf("setup token: %w", idp.ErrDenied)
	}
	return nil
}

// CreateFirstAdmin makes the first admin for whoever holds the setup token,
// which works once. The errors are those of CheckSetup, and *idp.InvalidError
// for bad data.
func CreateFirstAdmin(ctx context.Context, tx idp.Tx, actor idp.Actor, token string, u idp.User, hash idp.Secret) (idp.User, error) {
	if err := CheckSetup(tx, token); err != nil {
		return idp.User{}, err
	}
	if hash.IsZero() {
		return idp.User{}, idp.Invalid("password", "must not be empty")
	}
	// Nobody is signed in: it is the setup that acts, at the peer's address.
	setup := idp.System()
	setup.Name, setup.Address, setup.UserAgent = "setup", actor.Address, actor.UserAgent
	u.Admin = true
	u, err := identity.CreateUser(ctx, tx, setup, u, hash, identity.Cause{Admin: "The first admin was created"})
	if err != nil {
		return idp.User{}, err
	}
	// Even if every admin were gone some day, this token has had its time.
	return u, tx.PutSetting(settingSetup, encodeHash(idp.HashToken(idp.NewToken())))
}

func encodeHash(h idp.Hash) idp.Secret {
	return idp.NewSecret(base64.RawURLEncoding.EncodeToString(h[:]))
}
