// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (t *tx) Setting(name string) (idp.Secret, error) {
	return one(t, "setting "+name, func(r row) (idp.Secret, error) {
		var sealed []byte
		if err := r.Scan(&sealed); err != nil {
			return idp.Secret{}, err
		}
		return t.open(sealed, "settings", "value", name)
	}, `SELECT value FROM settings WHERE name = ?`, name)
}

func (t *tx) PutSetting(name string, value idp.Secret) error {
	sealed, err := t.seal(value, "settings", "value", name)
	if err != nil {
		return err
	}
	_, err = t.exec("setting "+name, `
		INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, sealed)
	return err
}

// UseOnce lets the primary key decide, in one statement: there is no moment
// between looking and writing.
func (t *tx) UseOnce(kind string, value idp.Hash, expires time.Time) error {
	n, err := t.exec(kind, `
		INSERT INTO used_once (kind, value_hash, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		kind, value[:], millis(expires))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", kind, idp.ErrReused)
	}
	return nil
}

func (t *tx) ConfigVersion() (int64, error) {
	return one(t, "config version", scalar[int64], `SELECT version FROM versions WHERE name = 'config'`)
}

// bumpConfig raises the config version, once in a transaction: nobody else
// sees the steps in between.
func (t *tx) bumpConfig() error {
	if t.bumped {
		return nil
	}
	t.bumped = true
	return t.change("config version", `UPDATE versions SET version = version + 1 WHERE name = 'config'`)
}
