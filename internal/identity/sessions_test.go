// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestEnds says which of Ada's two sessions, each with an access token, live
// on after a verb.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name          string
		run           func(f *fixture, tx idp.Tx) error
		first, second bool
	}{
		{"sign-out ends the session", func(f *fixture, tx idp.Tx) error {
			return identity.SignOut(t.Context(), tx, f.user(), f.first.ID, identity.Cause{})
		}, false, true},
		{"revocation ends that session only", func(f *fixture, tx idp.Tx) error {
			return identity.RevokeSession(t.Context(), tx, f.root(), f.second.ID, identity.Cause{})
		}, true, false},
		{"sign out everywhere", func(f *fixture, tx idp.Tx) error {
			return identity.RevokeSessions(t.Context(), tx, f.user(), f.ada.ID, identity.Cause{})
		}, false, false},
		{"disabling", func(f *fixture, tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{})
		}, false, false},
		{"change of password keeps its own session", func(f *fixture, tx idp.Tx) error {
			return identity.ChangePassword(t.Context(), tx, f.user(), f.proof, f.hash, identity.Cause{})
		}, true, false},
		{"reset of the password", func(f *fixture, tx idp.Tx) error {
			return identity.ResetPassword(t.Context(), tx, f.root(), f.ada.ID, f.hash, identity.Cause{})
		}, false, false},
		{"reuse of a refresh token revokes its family", func(f *fixture, tx idp.Tx) error {
			token := f.refreshToken()
			token.FamilyID = "another"
			return identity.RefreshTokenReused(t.Context(), tx, f.user(), token, identity.Cause{})
		}, false, true},
		{"a new name", func(f *fixture, tx idp.Tx) error {
			u := f.ada
			u.Name = "Countess"
			_, err := identity.UpdateUser(t.Context(), tx, f.root(), u, identity.Cause{})
			return err
		}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.update(t, func(tx idp.Tx) error { return c.run(f, tx) })
			f.update(t, func(tx idp.Tx) error {
				wantLive(t, tx, "first", f.first.ID, c.first)
				wantLive(t, tx, "second", f.second.ID, c.second)
				return nil
			})
		})
	}
}

func wantLive(t *testing.T, tx idp.Tx, name string, id idp.SessionID, want bool) {
	t.Helper()
	s, err := tx.Session(id)
	if err != nil {
		t.Fatal(err)
	}
	token, err := tx.AccessToken(string(id))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Live(tx.Now()); got != want {
		t.Errorf("%s session live = %t, want %t", name, got, want)
	}
	if got := token.Live(tx.Now()); got != want {
		t.Errorf("token of the %s session live = %t, want %t", name, got, want)
	}
	if !want && s.EndReason == "" {
		t.Errorf("%s session ended without a reason", name)
	}
}

func TestSignIn(t *testing.T) {
	f := newFixture(t)
	s, u, err := identity.SessionPolicy{}.Resume(t.Context(), f.db, f.cookie)
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != f.first.ID || u.ID != f.ada.ID || s.Address != "192.0.2.1" || s.UserAgent != "test" {
		t.Errorf("Resume = %+v of %s, want the session of the sign-in", s, u.Username)
	}
	if want := s.CreatedAt.Add(30 * 24 * time.Hour); !s.ExpiresAt.Equal(want) {
		t.Errorf("session ends at %v, want %v", s.ExpiresAt, want)
	}
	for _, cookie := range []string{"", "x", strings.ToUpper(f.cookie), string(f.first.ID)} {
		if _, _, err := (identity.SessionPolicy{}).Resume(t.Context(), f.db, cookie); !errors.Is(err, idp.ErrNotFound) {
			t.Errorf("Resume(%q) = %v, want ErrNotFound", cookie, err)
		}
	}
}

func TestReauthenticate(t *testing.T) {
	f := newFixture(t)
	var token string
	f.update(t, func(tx idp.Tx) (err error) {
		f.first.AuthTime = tx.Now().Add(-time.Hour)
		if err := tx.UpdateSession(f.first); err != nil {
			return err
		}
		s, renewed, err := identity.Reauthenticate(t.Context(), tx, f.user(), f.first.ID, f.proof)
		if !s.AuthTime.Equal(tx.Now()) {
			t.Errorf("auth_time = %v, want now, %v", s.AuthTime, tx.Now())
		}
		token = renewed
		return err
	})
	policy := identity.SessionPolicy{}
	if s, _, err := policy.Resume(t.Context(), f.db, token); err != nil || s.ID != f.first.ID {
		t.Errorf("Resume with the new cookie = %s, %v, want the session", s.ID, err)
	}
	if _, _, err := policy.Resume(t.Context(), f.db, f.cookie); !errors.Is(err, idp.ErrNotFound) {
		t.Errorf("Resume with the old cookie = %v, want ErrNotFound", err)
	}
	rootProof, err := f.passwords.Authenticate(t.Context(), f.db, "root", adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	f.update(t, func(tx idp.Tx) error {
		_, _, err := identity.Reauthenticate(t.Context(), tx, f.root(), f.first.ID, rootProof)
		if !errors.Is(err, identity.ErrStale) {
			t.Errorf("Reauthenticate another's session = %v, want ErrStale", err)
		}
		if err := tx.EndSession(f.second.ID, "over"); err != nil {
			return err
		}
		_, _, err = identity.Reauthenticate(t.Context(), tx, f.user(), f.second.ID, f.proof)
		if !errors.Is(err, idp.ErrExpired) {
			t.Errorf("Reauthenticate an ended session = %v, want ErrExpired", err)
		}
		return nil
	})
}

func TestResume(t *testing.T) {
	policy := identity.SessionPolicy{Idle: time.Hour, Absolute: 10 * time.Hour}
	for _, c := range []struct {
		name string
		// seen and began are how long ago the session was used and will end.
		seen, left time.Duration
		disabled   bool
		want       error
		touched    bool
	}{
		{"just used", 59 * time.Second, time.Hour, false, nil, false},
		{"used a minute ago", time.Minute, time.Hour, false, nil, true},
		{"almost idle", 59 * time.Minute, time.Hour, false, nil, true},
		{"idle", time.Hour, time.Hour, false, idp.ErrExpired, false},
		{"past its end", 0, -time.Second, false, idp.ErrExpired, false},
		{"of a disabled user", 0, time.Hour, true, idp.ErrDisabled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			var stored idp.Session
			f.update(t, func(tx idp.Tx) error {
				stored = f.first
				stored.LastSeenAt, stored.ExpiresAt = tx.Now().Add(-c.seen), tx.Now().Add(c.left)
				if c.disabled {
					u := f.ada
					u.DisabledAt = tx.Now()
					if err := tx.UpdateUser(u); err != nil {
						return err
					}
				}
				return tx.UpdateSession(stored)
			})
			s, _, err := policy.Resume(t.Context(), f.db, f.cookie)
			if !errors.Is(err, c.want) {
				t.Fatalf("Resume = %v, want %v", err, c.want)
			}
			f.update(t, func(tx idp.Tx) error {
				now, err := tx.Session(f.first.ID)
				if touched := now.LastSeenAt.After(stored.LastSeenAt); touched != c.touched {
					t.Errorf("last seen moved = %t, want %t", touched, c.touched)
				}
				if c.touched && !s.LastSeenAt.Equal(now.LastSeenAt) {
					t.Errorf("Resume says last seen %v, stored is %v", s.LastSeenAt, now.LastSeenAt)
				}
				if !now.EndedAt.IsZero() {
					t.Error("Resume ended the session")
				}
				return err
			})
		})
	}
}

func TestLastAdminStays(t *testing.T) {
	f := newFixture(t)
	for name, run := range map[string]func(tx idp.Tx) error{
		"DisableUser": func(tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, f.root(), f.admin.ID, identity.Cause{})
		},
		"DeleteUser": func(tx idp.Tx) error {
			return identity.DeleteUser(t.Context(), tx, f.root(), f.admin.ID, identity.Cause{})
		},
		"UpdateUser": func(tx idp.Tx) error {
			u := f.admin
			u.Admin = false
			_, err := identity.UpdateUser(t.Context(), tx, f.root(), u, identity.Cause{})
			return err
		},
	} {
		if err := f.db.Update(t.Context(), run); !errors.Is(err, idp.ErrConflict) {
			t.Errorf("%s of the last admin = %v, want ErrConflict", name, err)
		}
	}
	f.update(t, func(tx idp.Tx) error {
		u := f.ada
		u.Admin = true
		if _, err := identity.UpdateUser(t.Context(), tx, f.root(), u, identity.Cause{}); err != nil {
			return err
		}
		return identity.DeleteUser(t.Context(), tx, f.root(), f.admin.ID, identity.Cause{})
	})
}

func TestCauseIsChecked(t *testing.T) {
	f := newFixture(t)
	for field, cause := range map[string]identity.Cause{
		"reason_admin": {Admin: strings.Repeat("x", 501)},
		"reason_user":  {User: "\xff"},
	} {
		err := f.db.Update(t.Context(), func(tx idp.Tx) error {
			return identity.DisableUser(t.Context(), tx, f.root(), f.ada.ID, cause)
		})
		var invalid *idp.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("DisableUser with a bad %s = %v, want an InvalidError about it", field, err)
		}
	}
}
