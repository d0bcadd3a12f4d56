// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// renew replaces a hash that fits and is not of today's kind and cost with one
// that is. It changes what is stored and not the credential, so the credential
// keeps its UpdatedAt, and no signal tells of it.
func (p *Passwords) renew(ctx context.Context, db idp.DB, c idp.Credential, password string) error {
	if strings.HasPrefix(c.Secret.Reveal(), p.today) {
		return nil
	}
	hash, err := p.hash(ctx, password)
	if err != nil {
		return err
	}
	return db.Update(ctx, func(tx idp.Tx) error {
		now, err := tx.Credential(c.ID)
		if errors.Is(err, idp.ErrNotFound) {
			return nil // removed meanwhile: the proof will not hold
		}
		if err != nil || !now.Secret.Equal(c.Secret) {
			return err
		}
		now.Secret = hash
		return tx.PutCredential(now)
	})
}
