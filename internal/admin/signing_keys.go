// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
)

// SigningKeys returns all signing keys.
func SigningKeys(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.SigningKey, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.SigningKeys()
}

// SigningKey returns one signing key.
func SigningKey(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.KeyID) (idp.SigningKey, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.SigningKey{}, err
	}
	return tx.SigningKey(id)
}

// AddSigningKey stores a key that signing.Generate or signing.ImportPEM made.
func AddSigningKey(_ context.Context, tx idp.Tx, actor idp.Actor, k idp.SigningKey) error {
	o := created("signing_key", k.ID, k.Name)
	if err := allow(tx, actor, "signing_key.create", o, identity.Cause{}); err != nil {
		return err
	}
	if err := k.Validate(); err != nil {
		return err
	}
	return tx.CreateSigningKey(k)
}

// RotateSigningKey publishes next, which signing.Next made, as the version
// that signs after overlap; see signing.Rotate. The caller forgets the key in
// signing.Keys once the transaction has committed.
func RotateSigningKey(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.KeyID, next idp.KeyVersion, overlap time.Duration) error {
	o := object{kind: "signing_key", id: string(id)}
	if err := allow(tx, actor, "signing_key.rotate", o, identity.Cause{}); err != nil {
		return err
	}
	_, err := signing.Rotate(tx, id, next, overlap)
	return err
}

// DeleteSigningKey erases a key that no provider uses. The key of ID tokens
// cannot be deleted. Both are idp.ErrConflict.
func DeleteSigningKey(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.KeyID) error {
	o := object{kind: "signing_key", id: string(id)}
	if err := allow(tx, actor, "signing_key.delete", o, identity.Cause{}); err != nil {
		return err
	}
	if err := signing.Deletable(tx, id); err != nil {
		return err
	}
	return tx.DeleteSigningKey(id)
}
