// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// OIDCKeyName is what an admin sees for the key that signs ID tokens and
// access tokens.
const OIDCKeyName = "OpenID Connect"

const (
	settingJTIKey  = "jti-key"
	settingOIDCKey = "oidc-signing-key"
)

// Secrets is what the program made for itself at its first start.
type Secrets struct {
	// JTIKey is for SETsConfig.
	JTIKey idp.Secret
	// OIDCKey signs ID tokens and access tokens with RS256.
	OIDCKey idp.KeyID
}

// Bootstrap returns the program's own secrets and makes those that are
// missing. It may run any number of times, by several processes at once.
func Bootstrap(ctx context.Context, db idp.DB) (Secrets, error) {
	s, err := readSecrets(ctx, db)
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, idp.ErrNotFound) {
		return Secrets{}, fmt.Errorf("signing: %w", err)
	}
	// The RSA key takes long, so it is made before the transaction; when
	// another process was faster it is thrown away.
	key, err := Generate(OIDCKeyName, secevent.RS256)
	if err != nil {
		return Secrets{}, fmt.Errorf("signing: %w", err)
	}
	err = db.Update(ctx, func(tx idp.Tx) error { return writeSecrets(tx, key) })
	if err != nil {
		return Secrets{}, fmt.Errorf("signing: %w", err)
	}
	return readSecrets(ctx, db)
}

func readSecrets(ctx context.Context, db idp.DB) (s Secrets, err error) {
	err = db.View(ctx, func(tx idp.Tx) error {
		if s.JTIKey, err = tx.Setting(settingJTIKey); err != nil {
			return err
		}
		id, err := tx.Setting(settingOIDCKey)
		s.OIDCKey = idp.KeyID(id.Reveal())
		return err
	})
	return s, err
}

// writeSecrets stores what is missing; each setting counts alone.
func writeSecrets(tx idp.Tx, key idp.SigningKey) error {
	if _, err := tx.Setting(settingJTIKey); errors.Is(err, idp.ErrNotFound) {
		raw := make([]byte, jtiKeySize)
		rand.Read(raw)
		value := idp.NewSecret(base64.RawURLEncoding.EncodeToString(raw))
		if err := tx.PutSetting(settingJTIKey, value); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	_, err := tx.Setting(settingOIDCKey)
	if !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	if err := tx.CreateSigningKey(key); err != nil {
		return err
	}
	return tx.PutSetting(settingOIDCKey, idp.NewSecret(string(key.ID)))
}

// Deletable returns idp.ErrConflict for the key that signs ID tokens. Whether
// an SSF provider uses a key the database knows itself.
func Deletable(tx idp.Tx, id idp.KeyID) error {
	own, err := tx.Setting(settingOIDCKey)
	if errors.Is(err, idp.ErrNotFound) {
		return nil
	}
	if err == nil && idp.KeyID(own.Reveal()) == id {
		return fmt.Errorf("signing key %s signs ID tokens, rotate it instead: %w", id, idp.ErrConflict)
	}
	return err
}
