// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const credentialColumns = `id, user_id, kind, name, secret, created_at, updated_at`

// scanCredential opens the secret. It is sealed though a password is a hash
// already: a stolen file must not be enough to begin guessing.
func (t *tx) scanCredential(r row) (idp.Credential, error) {
	var c idp.Credential
	var sealed []byte
	err := r.Scan(&c.ID, &c.UserID, &c.Kind, &c.Name, &sealed, asTime{&c.CreatedAt}, asTime{&c.UpdatedAt})
	if err != nil {
		return c, err
	}
	c.Secret, err = t.open(sealed, "credentials", "secret", string(c.ID))
	return c, err
}

func (t *tx) Credentials(user idp.UserID) ([]idp.Credential, error) {
	return many(t, "credentials of user "+string(user), t.scanCredential,
		`SELECT `+credentialColumns+` FROM credentials WHERE user_id = ? ORDER BY created_at, id`, user)
}

// PutCredential changes a row only for the user it has: the condition of the
// upsert turns somebody else's credential into no row.
func (t *tx) PutCredential(c idp.Credential) error {
	what := "credential " + string(c.ID)
	sealed, err := t.seal(c.Secret, "credentials", "secret", string(c.ID))
	if err != nil {
		return err
	}
	n, err := t.exec(what, `
		INSERT INTO credentials (`+credentialColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET (kind, name, secret, updated_at) =
		  (excluded.kind, excluded.name, excluded.secret, ?)
		WHERE user_id = excluded.user_id`,
		c.ID, c.UserID, c.Kind, c.Name, sealed, t.created(c.CreatedAt), t.created(c.UpdatedAt), millis(t.now))
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
