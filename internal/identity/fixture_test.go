// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

// adaPassword is Ada's password in each fixture.
const adaPassword = "correct horse battery"

// fixture is a database with Ada, who has an e-mail address, a password, the
// group staff and two live sessions with an access token each; Bob, who has
// nothing and is disabled; and the only admin.
type fixture struct {
	db              idp.DB
	passwords       *identity.Passwords
	ada, bob, admin idp.User
	staff, guests   idp.Group
	app             idp.Application
	first, second   idp.Session
	// cookie is that of the first session.
	cookie string
	// proof is a fresh proof of Ada's password.
	proof identity.Proof
	hash  idp.Secret
	// cleo is set in fixtures of newFixtureWithCleo.
	cleo *keyring
	t    *testing.T
}

// newFixture makes hashes that cost next to nothing.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{db: db, passwords: cheapPasswords(t), t: t}
	if f.hash, err = f.passwords.Hash(t.Context(), adaPassword); err != nil {
		t.Fatal(err)
	}
	f.update(t, func(tx idp.Tx) error { return f.fill(t.Context(), tx) })
	if f.proof, err = f.passwords.Authenticate(t.Context(), db, "ada", adaPassword); err != nil {
		t.Fatal(err)
	}
	f.first, f.cookie = f.session(t)
	f.second, _ = f.session(t)
	return f
}

// newFixtureWithCleo is newFixture with a user who has every factor.
func newFixtureWithCleo(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.cleo = newKeyring(t, f)
	return f
}

func cheapPasswords(t *testing.T) *identity.Passwords {
	t.Helper()
	p, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f *fixture) fill(ctx context.Context, tx idp.Tx) (err error) {
	f.staff = idp.Group{ID: "staff-id", Name: "staff", CreatedAt: tx.Now()}
	f.guests = idp.Group{ID: "guests-id", Name: "Guests", CreatedAt: tx.Now()}
	f.app = idp.Application{ID: "app-id", Slug: "atlas", Name: "Atlas", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	for _, step := range []func() error{
		func() error { return tx.CreateGroup(f.staff) },
		func() error { return tx.CreateGroup(f.guests) },
		func() error { return tx.CreateApplication(f.app) },
		func() (err error) {
			u := idp.User{Username: "ada", Email: "ada@example.com", Name: "Ada"}
			f.ada, err = identity.CreateUser(ctx, tx, idp.System(), u, f.hash, identity.Cause{})
			return err
		},
		func() (err error) {
			f.bob, err = identity.CreateUser(ctx, tx, idp.System(), idp.User{Username: "bob"}, idp.Secret{}, identity.Cause{})
			return err
		},
		func() (err error) {
			u := idp.User{Username: "root", Admin: true}
			f.admin, err = identity.CreateUser(ctx, tx, idp.System(), u, f.hash, identity.Cause{})
			return err
		},
		func() error { return tx.AddMember(f.staff.ID, f.ada.ID) },
		func() error { return identity.DisableUser(ctx, tx, idp.System(), f.bob.ID, identity.Cause{}) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// session signs Ada in and gives the session an access token.
func (f *fixture) session(t *testing.T) (s idp.Session, cookie string) {
	t.Helper()
	f.update(t, func(tx idp.Tx) (err error) {
		s, cookie, err = identity.SignIn(t.Context(), tx, f.user(), identity.SessionPolicy{}, f.proof, identity.Cause{})
		if err != nil {
			return err
		}
		return tx.CreateAccessToken(f.token(tx, s.ID))
	})
	return s, cookie
}

// token is an access token whose id is that of its session.
func (f *fixture) token(tx idp.Tx, session idp.SessionID) idp.AccessToken {
	return idp.AccessToken{
		ID: string(session), ApplicationID: f.app.ID, ClientID: "c", UserID: f.ada.ID,
		SessionID: session, FamilyID: "family", CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
	}
}

// user is Ada acting through her first session, root an admin, token an API
// token.
func (f *fixture) user() idp.Actor {
	return idp.Actor{Kind: idp.ActorUser, ID: string(f.ada.ID), Name: "ada", Address: "192.0.2.1", UserAgent: "test", Session: f.first.ID}
}

func (f *fixture) root() idp.Actor {
	return idp.Actor{Kind: idp.ActorAdmin, ID: string(f.admin.ID), Name: "root"}
}

func (f *fixture) update(t *testing.T, fn func(idp.Tx) error) {
	t.Helper()
	if err := f.db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
