// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func scanSigningKey(r row) (idp.SigningKey, error) {
	var k idp.SigningKey
	err := r.Scan(&k.ID, &k.Name, &k.Algorithm, asTime{&k.CreatedAt})
	return k, err
}

// scanKeyVersion opens the private key; an erased one is NULL and stays zero.
func (t *tx) scanKeyVersion(r row) (idp.KeyVersion, error) {
	var v idp.KeyVersion
	var sealed []byte
	err := r.Scan(&v.KID, &v.Public, &sealed, asTime{&v.CreatedAt}, asTime{&v.ActiveFrom}, asTime{&v.RemovedAt})
	if err != nil {
		return v, err
	}
	v.Private, err = t.open(sealed, "key_versions", "private", v.KID)
	return v, err
}

func (t *tx) CreateSigningKey(k idp.SigningKey) error {
	err := t.insert(fmt.Sprintf("signing key %q", k.Name), "signing_keys", "id, name, algorithm, created_at",
		k.ID, k.Name, k.Algorithm, t.created(k.CreatedAt))
	if err != nil {
		return err
	}
	for _, v := range k.Versions {
		if err := t.PutKeyVersion(k.ID, v); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) SigningKey(id idp.KeyID) (idp.SigningKey, error) {
	k, err := one(t, "signing key "+string(id), scanSigningKey,
		`SELECT id, name, algorithm, created_at FROM signing_keys WHERE id = ?`, id)
	if err != nil {
		return k, err
	}
	k.Versions, err = t.keyVersions(id)
	return k, err
}

func (t *tx) keyVersions(id idp.KeyID) ([]idp.KeyVersion, error) {
	return many(t, "versions of signing key "+string(id), t.scanKeyVersion, `
		SELECT kid, public, private, created_at, active_from, removed_at
		FROM key_versions WHERE key_id = ? ORDER BY active_from, created_at, kid`, id)
}

// SigningKeys reads the versions key by key: there are a handful of keys.
func (t *tx) SigningKeys() ([]idp.SigningKey, error) {
	keys, err := many(t, "signing keys", scanSigningKey,
		`SELECT id, name, algorithm, created_at FROM signing_keys ORDER BY lower(name), id`)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if keys[i].Versions, err = t.keyVersions(keys[i].ID); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// PutKeyVersion seals the private key for its kid, so a row that is copied
// under another kid does not open. The condition of the upsert keeps a version
// with its key.
func (t *tx) PutKeyVersion(id idp.KeyID, v idp.KeyVersion) error {
	what := "version " + v.KID + " of signing key " + string(id)
	sealed, err := t.seal(v.Private, "key_versions", "private", v.KID)
	if err != nil {
		return err
	}
	n, err := t.exec(what, `
		INSERT INTO key_versions (kid, key_id, public, private, created_at, active_from, removed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kid) DO UPDATE SET (public, private, created_at, active_from, removed_at) =
		  (excluded.public, excluded.private, excluded.created_at, excluded.active_from, excluded.removed_at)
		WHERE key_id = excluded.key_id`,
		v.KID, id, v.Public, sealed, t.created(v.CreatedAt), t.created(v.ActiveFrom), millis(v.RemovedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s: the kid belongs to another key: %w", what, idp.ErrConflict)
	}
	return nil
}

func (t *tx) DeleteSigningKey(id idp.KeyID) error {
	return t.remove("signing key "+string(id), `DELETE FROM signing_keys WHERE id = ?`, id)
}

// KIDInUse leaves out dead letters: they are not delivered again as they are.
func (t *tx) KIDInUse(kid string) (bool, error) {
	return one(t, "kid "+kid, scalar[bool], `
		SELECT EXISTS (SELECT 1 FROM exceptions WHERE kind = 'retry' AND kid = ?)
		    OR EXISTS (SELECT 1 FROM handouts WHERE kid = ?)`, kid, kid)
}
