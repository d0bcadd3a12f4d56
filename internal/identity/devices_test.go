// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// note notes a device in a transaction of its own.
func note(t *testing.T, f *fixture, s idp.Session, token string, remember time.Duration) string {
	t.Helper()
	f.update(t, func(tx idp.Tx) (err error) {
		token, err = identity.NoteDevice(t.Context(), tx, f.cleo.actor(), identity.RiskPolicy{}, s, token, remember, identity.Cause{})
		return err
	})
	return token
}

func deviceLevel(t *testing.T, f *fixture, token string) string {
	t.Helper()
	var proof identity.Proof
	f.update(t, func(tx idp.Tx) (err error) {
		proof, err = identity.ProveDevice(t.Context(), tx, f.cleo.password, token)
		return err
	})
	return proof.Level()
}

func TestRememberedDevice(t *testing.T) {
	f := newFixtureWithCleo(t)
	planted := idp.NewToken()
	known := note(t, f, f.cleo.session, planted, 0)
	if known != planted {
		t.Error("NoteDevice changed the token of a browser that is not remembered")
	}
	if got := deviceLevel(t, f, known); got != identity.ACRPassword {
		t.Errorf("level of a known device = %q, want that of the password", got)
	}
	remembered := note(t, f, f.cleo.session, known, 24*time.Hour)
	if remembered == planted || deviceLevel(t, f, planted) != identity.ACRPassword {
		t.Error("a token from before is worth a factor: whoever planted it could leave one out")
	}
	if got := deviceLevel(t, f, remembered); got != identity.ACRFactor {
		t.Errorf("level of a remembered device = %q, want a factor", got)
	}
	for name, forget := range map[string]func(tx idp.Tx) error{
		"ForgetDevices": func(tx idp.Tx) error {
			return identity.ForgetDevices(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
		},
		"ResetPassword": func(tx idp.Tx) error {
			return identity.ResetPassword(t.Context(), tx, f.root(), f.cleo.user.ID, f.hash, identity.Cause{})
		},
		"RemoveCredential": func(tx idp.Tx) error {
			return identity.RemoveCredential(t.Context(), tx, f.root(), f.cleo.user.ID, f.cleo.app.ID, identity.Cause{})
		},
	} {
		rollBack := errors.New("roll back")
		err := f.db.Update(t.Context(), func(tx idp.Tx) error {
			if err := forget(tx); err != nil {
				return err
			}
			devices, err := tx.DevicesOf(f.cleo.user.ID)
			if err != nil || len(devices) == 0 {
				t.Errorf("%s: DevicesOf = %d devices, %v, want them still known", name, len(devices), err)
			}
			for _, d := range devices {
				if !d.RememberedUntil.IsZero() {
					t.Errorf("%s leaves a device remembered until %v", name, d.RememberedUntil)
				}
			}
			return rollBack
		})
		if !errors.Is(err, rollBack) {
			t.Fatal(err)
		}
	}
}

// TestSharedBrowser: two people sign in with one browser, which stays known for
// both, and remembered only for the one who wished it.
func TestSharedBrowser(t *testing.T) {
	f := newFixtureWithCleo(t)
	token := note(t, f, f.cleo.session, "", 0)
	if got := note(t, f, f.first, token, time.Hour); got != token {
		t.Error("a session at the level of a password was remembered: it has no factor to leave out")
	}
	f.update(t, func(tx idp.Tx) error {
		for _, user := range []idp.UserID{f.ada.ID, f.cleo.user.ID} {
			if devices, err := tx.DevicesOf(user); err != nil || len(devices) != 1 {
				t.Errorf("DevicesOf(%s) = %d, %v, want the one browser", user, len(devices), err)
			}
		}
		_, err := identity.NoteDevice(t.Context(), tx, f.user(), identity.RiskPolicy{}, f.first, token, 91*24*time.Hour, identity.Cause{})
		var invalid *idp.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("NoteDevice for 91 days = %v, want an InvalidError", err)
		}
		return nil
	})
}
