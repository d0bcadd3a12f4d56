// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"encoding/json"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var credentialChecks = []check{
	{"comes back as it was put", func(e *env) {
		u := e.user("ada")
		at := u.CreatedAt
		want := []idp.Credential{
			{ID: "new", UserID: u.ID, Kind: idp.CredentialPassword, Secret: idp.NewSecret("hash 2"),
				CreatedAt: at.Add(time.Minute), UpdatedAt: at.Add(time.Minute)},
			{ID: "old", UserID: u.ID, Kind: idp.CredentialTOTP, Name: "phone", Secret: idp.NewSecret("seed"),
				Data: json.RawMessage(`{"last_step": 1}`), CreatedAt: at, UpdatedAt: at, UsedAt: at.Add(time.Hour)},
		}
		for _, c := range want {
			write(e, idp.Tx.PutCredential, c)
		}
		want[0], want[1] = want[1], want[0]
		same(e, "Credentials, oldest first", read(e, idp.Tx.Credentials, u.ID), want)
		same(e, "Credential", read(e, idp.Tx.Credential, "old"), want[0])
		missing(e, idp.Tx.Credential, "none")
	}},
	{"needs no secret", func(e *env) {
		u := e.user("ada")
		want := idp.Credential{ID: "c", UserID: u.ID, Kind: idp.CredentialPasskey, Name: "key",
			Data: json.RawMessage(`{"id": "AQ"}`), CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
		write(e, idp.Tx.PutCredential, want)
		same(e, "Credential", read(e, idp.Tx.Credential, "c"), want)
	}},
	{"is not changed by its use", func(e *env) {
		u := e.user("ada")
		c := idp.Credential{ID: "c", UserID: u.ID, Kind: idp.CredentialPasskey, Name: "key",
			Data: json.RawMessage(`{"count":1}`), CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
		write(e, idp.Tx.PutCredential, c)
		e.later(c.UpdatedAt)
		e.update(func(tx idp.Tx) error {
			c.Data, c.UsedAt = json.RawMessage(`{"count":2}`), tx.Now()
			return tx.PutCredential(c)
		})
		same(e, "Credential", read(e, idp.Tx.Credential, "c"), c)
	}},
	{"is replaced by its id", func(e *env) {
		u := e.user("ada")
		c := idp.Credential{ID: "c", UserID: u.ID, Kind: idp.CredentialPassword, Secret: idp.NewSecret("old"),
			CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
		write(e, idp.Tx.PutCredential, c)
		e.update(func(tx idp.Tx) error {
			c.Secret, c.Name = idp.NewSecret("new"), "work"
			c.UpdatedAt = tx.Now()
			changed := c
			changed.CreatedAt = tx.Now().Add(time.Hour)
			return tx.PutCredential(changed)
		})
		same(e, "Credentials", read(e, idp.Tx.Credentials, u.ID), []idp.Credential{c})
	}},
	{"stays with its user", func(e *env) {
		ada, bob := e.user("ada"), e.user("bob")
		write(e, idp.Tx.PutCredential, idp.Credential{ID: "c", UserID: ada.ID, Kind: idp.CredentialPassword,
			Secret: idp.NewSecret("ada's")})
		refuse(e, idp.ErrConflict, idp.Tx.PutCredential, idp.Credential{ID: "c", UserID: bob.ID,
			Kind: idp.CredentialPassword, Secret: idp.NewSecret("bob's")})
		refuse(e, idp.ErrNotFound, idp.Tx.PutCredential, idp.Credential{ID: "d", UserID: "nobody",
			Kind: idp.CredentialPassword, Secret: idp.NewSecret("nobody's")})
	}},
	{"is deleted", func(e *env) {
		u := e.user("ada")
		write(e, idp.Tx.PutCredential, idp.Credential{ID: "c", UserID: u.ID, Kind: idp.CredentialPassword,
			Secret: idp.NewSecret("hash")})
		write(e, idp.Tx.DeleteCredential, "c")
		same(e, "Credentials", read(e, idp.Tx.Credentials, u.ID), []idp.Credential(nil))
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteCredential, "c")
	}},
}
