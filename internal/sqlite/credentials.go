// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const credentialColumns = `id, user_id, kind, name, secret, data, created_at, updated_at, used_at`

// scanCredential opens what verifies the credential. It is sealed even where it
// is a hash already: a stolen file must not be enough to begin guessing.
func (t *tx) scanCredential(r row) (idp.Credential, error) {
	var c idp.Credential
	var secret, data []byte
	err := r.Scan(&c.ID, &c.UserID, &c.Kind, &c.Name, &secret, &data,
		asTime{&c.CreatedAt}, asTime{&c.UpdatedAt}, asTime{&c.UsedAt})
	if err != nil {
		return c, err
	}
	if c.Secret, err = t.open(secret, "credentials", "secret", string(c.ID)); err != nil {
		return c, err
	}
	opened, err := t.open(data, "credentials", "data", string(c.ID))
	if !opened.IsZero() {
		c.Data = json.RawMessage(opened.Reveal())
	}
	return c, err
}

func (t *tx) Credential(id idp.CredentialID) (idp.Credential, error) {
	return one(t, "credential "+string(id), t.scanCredential,
		`SELECT `+credentialColumns+` FROM credentials WHERE id = ?`, id)
}

func (t *tx) Credentials(user idp.UserID) ([]idp.Credential, error) {
	return many(t, "credentials of user "+string(user), t.scanCredential,
		`SELECT `+credentialColumns+` FROM credentials WHERE user_id = ? ORDER BY created_at, id`, user)
}

// PutCredential changes a row only for the user it has: the condition of the
// upsert turns somebody else's credential into no row.
func (t *tx) PutCredential(c idp.Credential) error {
	what := "credential " + string(c.ID)
	secret, err := t.seal(c.Secret, "credentials", "secret", string(c.ID))
	if err != nil {
		return err
	}
	data, err := t.seal(idp.NewSecret(string(c.Data)), "credentials", "data", string(c.ID))
	if err != nil {
		return err
	}
	n, err := t.exec(what, `
		INSERT INTO credentials (`+credentialColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET (kind, name, secret, data, updated_at, used_at) =
		  (excluded.kind, excluded.name, excluded.secret, excluded.data, excluded.updated_at, excluded.used_at)
		WHERE user_id = excluded.user_id`,
		c.ID, c.UserID, c.Kind, c.Name, secret, data,
		t.created(c.CreatedAt), t.created(c.UpdatedAt), millis(c.UsedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s belongs to another user: %w", what, idp.ErrConflict)
	}
	return nil
}

func (t *tx) DeleteCredential(id idp.CredentialID) error {
	return t.remove("credential "+string(id), `DELETE FROM credentials WHERE id = ?`, id)
}
