// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ErrCredentials says that a sign-in failed. It is all that the person may
// learn: show its own text. What wraps it says why, for the log: idp.ErrNotFound
// for an unknown user, idp.ErrDisabled for a disabled one.
var ErrCredentials = errors.New("the user name or password is wrong")

// Authenticate proves a user by user name or e-mail address and password. A
// wrong password, an unknown user, one without a password and a disabled one
// all are ErrCredentials after the same work.
func (p *Passwords) Authenticate(ctx context.Context, db idp.DB, login, password string) (Proof, error) {
	return p.prove(ctx, db, password, func(tx idp.Tx) (idp.User, error) {
		return tx.UserByLogin(login)
	})
}

// Prove is Authenticate for a user who is known already, before something that
// asks for their password again.
func (p *Passwords) Prove(ctx context.Context, db idp.DB, user idp.UserID, password string) (Proof, error) {
	return p.prove(ctx, db, password, func(tx idp.Tx) (idp.User, error) {
		return tx.User(user)
	})
}

func (p *Passwords) prove(ctx context.Context, db idp.DB, password string, find func(idp.Tx) (idp.User, error)) (Proof, error) {
	var user idp.User
	var credential idp.Credential
	missing := db.View(ctx, func(tx idp.Tx) (err error) {
		if user, err = find(tx); err != nil {
			return err
		}
		credential, err = passwordOf(tx, user.ID)
		return err
	})
	if missing != nil && !errors.Is(missing, idp.ErrNotFound) {
		return Proof{}, missing
	}
	if err := p.Verify(ctx, credential.Secret, password); err != nil {
		if missing != nil && errors.Is(err, ErrCredentials) {
			return Proof{}, fmt.Errorf("%w: %w", err, missing)
		}
		return Proof{}, err
	}
	if user.Disabled() {
		return Proof{}, fmt.Errorf("%w: user %s: %w", ErrCredentials, user.ID, idp.ErrDisabled)
	}
	if err := p.renew(ctx, db, credential, password); err != nil {
		return Proof{}, err
	}
	proof := Proof{user: user.ID, at: time.Now()}
	return proof.with(ACRPassword, usedCredential{credential.ID, credential.UpdatedAt}, "pwd"), nil
}

// passwordOf returns a user's password credential or idp.ErrNotFound.
func passwordOf(tx idp.Tx, user idp.UserID) (idp.Credential, error) {
	credentials, err := tx.Credentials(user)
	if err != nil {
		return idp.Credential{}, err
	}
	for _, c := range credentials {
		if c.Kind == idp.CredentialPassword {
			return c, nil
		}
	}
	return idp.Credential{}, fmt.Errorf("password of user %s: %w", user, idp.ErrNotFound)
}
