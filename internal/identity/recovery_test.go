// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func startRecovery(t *testing.T, f *fixture, login string) (token string) {
	t.Helper()
	f.update(t, func(tx idp.Tx) error {
		if err := identity.StartRecovery(t.Context(), tx, idp.Actor{Kind: idp.ActorUser}, links(), login, identity.Cause{}); err != nil {
			return err
		}
		token = mailedToken(t, tx)
		return nil
	})
	return token
}

func completeRecovery(t *testing.T, f *fixture, token string) error {
	return f.db.Update(t.Context(), func(tx idp.Tx) error {
		_, err := identity.CompleteRecovery(t.Context(), tx, idp.Actor{Kind: idp.ActorUser}, token, f.hash, identity.Cause{})
		return err
	})
}

// TestRecoveryLink says when a link from a mail still works.
func TestRecoveryLink(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(f *fixture, token string, tx idp.Tx) error
		after  time.Duration
		want   error
	}{
		{"at once", nil, 0, nil},
		{"just in time", nil, time.Hour - time.Second, nil},
		{"too late", nil, time.Hour, idp.ErrExpired},
		{"when used", func(f *fixture, token string, tx idp.Tx) error {
			_, err := identity.CompleteRecovery(t.Context(), tx, f.user(), token, f.hash, identity.Cause{})
			return err
		}, 0, idp.ErrReused},
		{"when a newer one was mailed", func(f *fixture, _ string, tx idp.Tx) error {
			return identity.StartRecovery(t.Context(), tx, f.user(), links(), "ada", identity.Cause{})
		}, 0, idp.ErrReused},
		{"when the address is another", func(f *fixture, _ string, tx idp.Tx) error {
			u := f.ada
			u.Email = "new@example.com"
			_, err := identity.UpdateUser(t.Context(), tx, f.root(), u, identity.Cause{})
			return err
		}, 0, idp.ErrExpired},
		{"when the recovery address is another", func(f *fixture, _ string, tx idp.Tx) error {
			return identity.ChangeRecoveryEmail(t.Context(), tx, f.root(), f.ada.ID, "spare@example.org", identity.Cause{})
		}, 0, idp.ErrReused},
		{"when the user is disabled", func(f *fixture, _ string, tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
		}, 0, idp.ErrDisabled},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				token := startRecovery(t, f, "ada")
				if c.before != nil {
					f.update(t, func(tx idp.Tx) error { return c.before(f, token, tx) })
				}
				time.Sleep(c.after)
				if err := completeRecovery(t, f, token); !errors.Is(err, c.want) {
					t.Errorf("CompleteRecovery = %v, want %v", err, c.want)
				}
			})
		})
	}
	t.Run("never existed", func(t *testing.T) {
		if err := completeRecovery(t, newFixture(t), idp.NewToken()); !errors.Is(err, idp.ErrNotFound) {
			t.Errorf("CompleteRecovery = %v, want ErrNotFound", err)
		}
	})
}

// TestRecoveryKeepsFactors: who can read the mail still needs the second
// factor.
func TestRecoveryKeepsFactors(t *testing.T) {
	f := newFixtureWithCleo(t)
	if err := completeRecovery(t, f, startRecovery(t, f, "cleo")); err != nil {
		t.Fatal(err)
	}
	proof, err := f.passwords.Authenticate(t.Context(), f.db, "cleo", adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	if err := signIn(t, f, proof); !errors.Is(err, identity.ErrFactorNeeded) {
		t.Errorf("SignIn after a recovery = %v, want ErrFactorNeeded", err)
	}
}

// TestRecoveryTellsNobody asks for logins that get no mail: the answer is the
// same, and so is that something is written.
func TestRecoveryTellsNobody(t *testing.T) {
	f := newFixture(t)
	for _, login := range []string{"ada", "nobody", "bob", "root", ""} {
		f.update(t, func(tx idp.Tx) error {
			before := newestEntry(t, tx).ID
			if err := identity.StartRecovery(t.Context(), tx, idp.Actor{Kind: idp.ActorUser}, links(), login, identity.Cause{}); err != nil {
				t.Errorf("StartRecovery(%q) = %v, want nil whoever it is", login, err)
			}
			entry := newestEntry(t, tx)
			if entry.ID != before+1 || (login == "nobody" && entry.ObjectID+entry.ObjectName != "") {
				t.Errorf("StartRecovery(%q) entered %+v, want one entry without what was typed", login, entry)
			}
			return nil
		})
	}
	f.update(t, func(tx idp.Tx) error {
		if n := len(mails(t, tx)); n != 1 {
			t.Errorf("%d mails, want one, to Ada", n)
		}
		return nil
	})
}

// TestDemandIsMet: a new password is what was demanded.
func TestDemandIsMet(t *testing.T) {
	f := newFixture(t)
	f.update(t, func(tx idp.Tx) error {
		if err := identity.RequirePasswordChange(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{}); err != nil {
			return err
		}
		if u, err := tx.User(f.ada.ID); err != nil || !u.MustChangePassword {
			t.Errorf("MustChangePassword = %t, %v, want true", u.MustChangePassword, err)
		}
		if err := identity.ChangePassword(t.Context(), tx, f.user(), f.proof, f.hash, identity.Cause{}); err != nil {
			return err
		}
		if u, err := tx.User(f.ada.ID); err != nil || u.MustChangePassword {
			t.Errorf("MustChangePassword after a change = %t, %v, want false", u.MustChangePassword, err)
		}
		err := identity.RequirePasswordChange(t.Context(), tx, f.root(), f.bob.ID, identity.Cause{})
		if !errors.Is(err, idp.ErrNotFound) {
			t.Errorf("RequirePasswordChange of a user without a password = %v, want ErrNotFound", err)
		}
		return nil
	})
}

// TestTimedOut ends what is over, a few at a time, with its tokens.
func TestTimedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		time.Sleep(7 * time.Hour)
		f.update(t, func(tx idp.Tx) error {
			s, err := tx.Session(f.second.ID)
			if err != nil {
				return err
			}
			return identity.TouchSession(tx, s)
		})
		time.Sleep(2 * time.Hour)
		for _, want := range []int{1, 0} {
			f.update(t, func(tx idp.Tx) error {
				n, err := identity.EndTimedOutSessions(t.Context(), tx, identity.SessionPolicy{}, 1)
				if n != want {
					t.Errorf("EndTimedOutSessions = %d, want %d", n, want)
				}
				return err
			})
		}
		f.update(t, func(tx idp.Tx) error {
			for id, want := range map[idp.SessionID]bool{f.first.ID: false, f.second.ID: true} {
				s, err := tx.Session(id)
				if err != nil || s.Live(tx.Now()) != want {
					t.Errorf("session live = %t, %v, want %t", s.Live(tx.Now()), err, want)
				}
			}
			return nil
		})
	})
}
