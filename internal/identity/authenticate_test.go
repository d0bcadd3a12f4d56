// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestAuthenticate(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		name, login, password string
		// cause is what the log learns; the person only ever sees
		// ErrCredentials.
		cause error
		good  bool
	}{
		{"user name", "ada", adaPassword, nil, true},
		{"user name in capitals", "ADA", adaPassword, nil, true},
		{"e-mail address", "Ada@Example.com", adaPassword, nil, true},
		{"wrong password", "ada", "wrong password", identity.ErrCredentials, false},
		{"unknown user", "nobody", adaPassword, idp.ErrNotFound, false},
		{"user without a password", "bob", adaPassword, idp.ErrNotFound, false},
		{"nothing", "", "", idp.ErrNotFound, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			proof, err := f.passwords.Authenticate(t.Context(), f.db, c.login, c.password)
			if c.good {
				if err != nil || proof.UserID() != f.ada.ID {
					t.Errorf("Authenticate(%q) = %q, %v, want Ada", c.login, proof.UserID(), err)
				}
				return
			}
			if !errors.Is(err, identity.ErrCredentials) || !errors.Is(err, c.cause) || proof.UserID() != "" {
				t.Errorf("Authenticate(%q) = %v, want ErrCredentials and %v", c.login, err, c.cause)
			}
		})
	}
}

func TestAuthenticateDisabled(t *testing.T) {
	f := newFixture(t)
	f.update(t, func(tx idp.Tx) error {
		return identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
	})
	_, err := f.passwords.Authenticate(t.Context(), f.db, "ada", adaPassword)
	if !errors.Is(err, identity.ErrCredentials) || !errors.Is(err, idp.ErrDisabled) {
		t.Errorf("Authenticate of a disabled user = %v, want ErrCredentials and ErrDisabled", err)
	}
	_, err = f.passwords.Authenticate(t.Context(), f.db, "ada", "wrong password")
	if !errors.Is(err, identity.ErrCredentials) || errors.Is(err, idp.ErrDisabled) {
		t.Errorf("Authenticate with a wrong password = %v, want ErrCredentials and no word of being disabled", err)
	}
}

// TestProofGoesStale changes the user between the verification of a password
// and the transaction that would use it.
func TestProofGoesStale(t *testing.T) {
	for name, change := range map[string]func(f *fixture, tx idp.Tx) error{
		"password changed": func(f *fixture, tx idp.Tx) error {
			return identity.ResetPassword(t.Context(), tx, f.root(), f.ada.ID, f.hash, identity.Cause{})
		},
		"password removed": func(f *fixture, tx idp.Tx) error {
			return identity.RemovePassword(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
		},
		"user disabled": func(f *fixture, tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
		},
		"user deleted": func(f *fixture, tx idp.Tx) error {
			return identity.DeleteUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.update(t, func(tx idp.Tx) error { return change(f, tx) })
			wantStale(t, f, f.proof)
		})
	}
	t.Run("no proof", func(t *testing.T) { wantStale(t, newFixture(t), identity.Proof{}) })
}

func wantStale(t *testing.T, f *fixture, proof identity.Proof) {
	t.Helper()
	for name, use := range map[string]func(tx idp.Tx) error{
		"SignIn": func(tx idp.Tx) error {
			_, _, err := identity.SignIn(t.Context(), tx, f.user(), identity.SessionPolicy{}, proof, identity.Cause{})
			return err
		},
		"Reauthenticate": func(tx idp.Tx) error {
			_, _, err := identity.Reauthenticate(t.Context(), tx, f.user(), f.first.ID, proof)
			return err
		},
		"ChangePassword": func(tx idp.Tx) error {
			return identity.ChangePassword(t.Context(), tx, f.user(), proof, f.hash, identity.Cause{})
		},
	} {
		if err := f.db.Update(t.Context(), use); !errors.Is(err, identity.ErrStale) {
			t.Errorf("%s = %v, want ErrStale", name, err)
		}
	}
}

// TestPasswordWorksOnce: after a change the new password signs in and the old
// one does not.
func TestPasswordWorksOnce(t *testing.T) {
	f := newFixture(t)
	const changed = "another fine password"
	hash, err := f.passwords.Hash(t.Context(), changed)
	if err != nil {
		t.Fatal(err)
	}
	f.update(t, func(tx idp.Tx) error {
		return identity.ChangePassword(t.Context(), tx, f.user(), f.proof, hash, identity.Cause{})
	})
	if _, err := f.passwords.Prove(t.Context(), f.db, f.ada.ID, changed); err != nil {
		t.Errorf("Prove with the new password = %v", err)
	}
	if _, err := f.passwords.Prove(t.Context(), f.db, f.ada.ID, adaPassword); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("Prove with the old password = %v, want ErrCredentials", err)
	}
	f.update(t, func(tx idp.Tx) error {
		err := identity.ResetPassword(t.Context(), tx, f.root(), f.ada.ID, idp.Secret{}, identity.Cause{})
		var invalid *idp.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("ResetPassword without a hash = %v, want an InvalidError", err)
		}
		return nil
	})
}
