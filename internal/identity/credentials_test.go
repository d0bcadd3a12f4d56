// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func proveRecoveryCode(t *testing.T, f *fixture, code string) error {
	return f.db.Update(t.Context(), func(tx idp.Tx) error {
		proof, err := identity.ProveRecoveryCode(t.Context(), tx, f.cleo.actor(), f.cleo.password, code, identity.Cause{})
		if err == nil && proof.Level() != identity.ACRFactor {
			t.Errorf("level = %q, want a factor", proof.Level())
		}
		return err
	})
}

func TestRecoveryCodes(t *testing.T) {
	f := newFixtureWithCleo(t)
	for _, c := range []struct {
		name, code string
		want       error
	}{
		{"a code", f.cleo.codes[0], nil},
		{"it again", f.cleo.codes[0], identity.ErrCode},
		{"typed carelessly", " " + strings.ToUpper(strings.ReplaceAll(f.cleo.codes[1], "-", " ")), nil},
		{"nothing", "", identity.ErrCode},
		{"half of one", f.cleo.codes[2][:9], identity.ErrCode},
		{"an unknown one", "aaaa-aaaa-aaaa-aaaa", identity.ErrCode},
	} {
		if err := proveRecoveryCode(t, f, c.code); !errors.Is(err, c.want) {
			t.Errorf("ProveRecoveryCode of %s = %v, want %v", c.name, err, c.want)
		}
	}
	f.update(t, func(tx idp.Tx) error {
		factors, err := identity.FactorsOf(tx, f.cleo.user.ID)
		if err != nil {
			return err
		}
		if want := (identity.Factors{TOTP: 1, Passkeys: 1, RecoveryCodes: 8}); factors != want || !factors.Any() {
			t.Errorf("FactorsOf = %+v, want %+v", factors, want)
		}
		_, err = identity.GenerateRecoveryCodes(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
		return err
	})
	if err := proveRecoveryCode(t, f, f.cleo.codes[3]); !errors.Is(err, identity.ErrCode) {
		t.Errorf("ProveRecoveryCode of an old set = %v, want ErrCode", err)
	}
}

// TestRecoveryCodeReplayAtOnce presents one code many times at the same moment.
func TestRecoveryCodeReplayAtOnce(t *testing.T) {
	f := newFixtureWithCleo(t)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = proveRecoveryCode(t, f, f.cleo.codes[0]) })
	}
	all.Wait()
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("one code was taken %d times, want once", taken)
	}
}

// sensitiveVerbs is what a user may only do soon after they proved who they
// are.
func sensitiveVerbs(t *testing.T, f *fixture, tx idp.Tx, actor idp.Actor) map[string]error {
	ctx, user, k := t.Context(), f.cleo.user.ID, f.cleo
	seed := identity.NewTOTPSeed()
	out := map[string]error{
		"RenameCredential":    identity.RenameCredential(ctx, tx, actor, user, k.passkey.ID, "New", identity.Cause{}),
		"RemoveCredential":    identity.RemoveCredential(ctx, tx, actor, user, k.passkey.ID, identity.Cause{}),
		"RemoveRecoveryCodes": identity.RemoveRecoveryCodes(ctx, tx, actor, user, identity.Cause{}),
		"ResetFactors":        identity.ResetFactors(ctx, tx, actor, user, identity.Cause{}),
		"ChangeRecoveryEmail": identity.ChangeRecoveryEmail(ctx, tx, actor, user, "a@example.org", identity.Cause{}),
	}
	_, out["AddTOTP"] = identity.AddTOTP(ctx, tx, actor, user, "New", seed, code(t, seed, time.Now()), identity.Cause{})
	_, out["AddPasskey"] = identity.AddPasskey(ctx, tx, actor, user, k.another, "New", identity.Cause{})
	_, out["GenerateRecoveryCodes"] = identity.GenerateRecoveryCodes(ctx, tx, actor, user, identity.Cause{})
	return out
}

func TestSensitive(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration
		edit func(*idp.Actor)
		want error
	}{
		{"just now", 0, func(*idp.Actor) {}, nil},
		{"nine minutes ago", 9 * time.Minute, func(*idp.Actor) {}, nil},
		{"ten minutes ago", 10 * time.Minute, func(*idp.Actor) {}, identity.ErrProveAgain},
		{"without a session", 0, func(a *idp.Actor) { a.Session = "" }, identity.ErrProveAgain},
		{"an admin is not asked", time.Hour, func(a *idp.Actor) { a.Kind = idp.ActorAdmin }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixtureWithCleo(t)
			f.update(t, func(tx idp.Tx) error {
				f.cleo.session.AuthTime = tx.Now().Add(-c.age)
				if err := tx.UpdateSession(f.cleo.session); err != nil {
					return err
				}
				actor := f.cleo.actor()
				c.edit(&actor)
				for verb, err := range sensitiveVerbs(t, f, tx, actor) {
					if !errors.Is(err, c.want) {
						t.Errorf("%s = %v, want %v", verb, err, c.want)
					}
				}
				return nil
			})
		})
	}
}

func TestCredentialRefuses(t *testing.T) {
	f := newFixtureWithCleo(t)
	remove := func(user idp.UserID, id idp.CredentialID) func(tx idp.Tx) error {
		return func(tx idp.Tx) error {
			return identity.RemoveCredential(t.Context(), tx, f.cleo.actor(), user, id, identity.Cause{})
		}
	}
	rename := func(name string) func(tx idp.Tx) error {
		return func(tx idp.Tx) error {
			return identity.RenameCredential(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.passkey.ID, name, identity.Cause{})
		}
	}
	var invalid *idp.InvalidError
	for _, c := range []struct {
		name string
		run  func(tx idp.Tx) error
		want func(error) bool
	}{
		{"a credential of another user", remove(f.ada.ID, f.cleo.app.ID), func(err error) bool { return errors.Is(err, idp.ErrNotFound) }},
		{"an unknown credential", remove(f.cleo.user.ID, "none"), func(err error) bool { return errors.Is(err, idp.ErrNotFound) }},
		{"recovery codes as a credential", remove(f.cleo.user.ID, f.cleo.onCode.ID), func(err error) bool { return errors.As(err, &invalid) }},
		{"an empty name", rename(""), func(err error) bool { return errors.As(err, &invalid) }},
		{"a long name", rename(strings.Repeat("é", 101)), func(err error) bool { return errors.As(err, &invalid) }},
		{"a name of broken UTF-8", rename("a\xff"), func(err error) bool { return errors.As(err, &invalid) }},
		{"a wrong first code", func(tx idp.Tx) error {
			_, err := identity.AddTOTP(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, "New", identity.NewTOTPSeed(), "000000 ", identity.Cause{})
			return err
		}, func(err error) bool { return errors.Is(err, identity.ErrCode) }},
		{"a passkey that was registered for another user", func(tx idp.Tx) error {
			_, err := identity.AddPasskey(t.Context(), tx, f.user(), f.ada.ID, f.cleo.another, "", identity.Cause{})
			return err
		}, func(err error) bool { return errors.Is(err, identity.ErrPasskey) }},
		{"a registration twice", func(tx idp.Tx) error {
			for range 2 {
				if _, err := identity.AddPasskey(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.another, "", identity.Cause{}); err != nil {
					return err
				}
			}
			return nil
		}, func(err error) bool { return errors.Is(err, idp.ErrReused) }},
	} {
		if err := f.db.Update(t.Context(), c.run); !c.want(err) {
			t.Errorf("%s = %v, want it refused", c.name, err)
		}
	}
}

// TestLastWayIn removes what a user signs in with: they keep one, an admin may
// take it.
func TestLastWayIn(t *testing.T) {
	f := newFixtureWithCleo(t)
	f.update(t, func(tx idp.Tx) error {
		return identity.RemovePassword(t.Context(), tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
	})
	last := func(actor idp.Actor) error {
		return f.db.Update(t.Context(), func(tx idp.Tx) error {
			return identity.RemoveCredential(t.Context(), tx, actor, f.cleo.user.ID, f.cleo.passkey.ID, identity.Cause{})
		})
	}
	if err := last(f.cleo.actor()); !errors.Is(err, idp.ErrConflict) {
		t.Errorf("RemoveCredential of the last way in = %v, want ErrConflict", err)
	}
	if err := last(f.root()); err != nil {
		t.Errorf("RemoveCredential by an admin = %v", err)
	}
	err := f.db.Update(t.Context(), func(tx idp.Tx) error {
		return identity.RemovePassword(t.Context(), tx, f.user(), f.ada.ID, identity.Cause{})
	})
	if !errors.Is(err, idp.ErrConflict) {
		t.Errorf("RemovePassword of the last way in = %v, want ErrConflict", err)
	}
}

// TestRoomForCredentials adds apps until there are too many.
func TestRoomForCredentials(t *testing.T) {
	f := newFixtureWithCleo(t)
	f.update(t, func(tx idp.Tx) error {
		for n := 1; ; n++ {
			seed := identity.NewTOTPSeed()
			_, err := identity.AddTOTP(t.Context(), tx, f.root(), f.cleo.user.ID, "One more", seed, code(t, seed, time.Now()), identity.Cause{})
			if err == nil && n < 20 {
				continue
			}
			if n != 20 || !errors.Is(err, idp.ErrConflict) {
				t.Errorf("app %d = %v, want ErrConflict for the 21st", n+1, err)
			}
			return nil
		}
	})
}
