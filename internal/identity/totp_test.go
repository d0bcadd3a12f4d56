// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestUseIsNoChange signs in ten times with an authenticator app and ten times
// with a passkey: nothing about a credential is told.
func TestUseIsNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureWithCleo(t)
		var last int64
		f.update(t, func(tx idp.Tx) (err error) {
			last, err = tx.LastSignal()
			return err
		})
		for range 10 {
			time.Sleep(30 * time.Second)
			f.cleo.prove(t, f)
			for _, proof := range []identity.Proof{f.cleo.factor, f.cleo.unlocked} {
				f.update(t, func(tx idp.Tx) error {
					_, _, err := identity.SignIn(t.Context(), tx, f.cleo.actor(), identity.SessionPolicy{}, proof, identity.Cause{})
					return err
				})
			}
		}
		f.update(t, func(tx idp.Tx) error {
			recorded, err := tx.SignalsAfter(last, 100)
			if len(recorded) != 20 {
				t.Errorf("%d signals of 20 sign-ins, want one each", len(recorded))
			}
			for _, s := range recorded {
				if s.Type != caep.TypeSessionEstablished {
					t.Errorf("a sign-in recorded %s, want only session-established", s.Type)
				}
			}
			for _, id := range []idp.CredentialID{f.cleo.app.ID, f.cleo.passkey.ID} {
				c, err := tx.Credential(id)
				if err != nil {
					return err
				}
				if !c.UsedAt.Equal(tx.Now()) || !c.UpdatedAt.Equal(c.CreatedAt) {
					t.Errorf("%s was used at %v and changed at %v, want used now and never changed", c.Kind, c.UsedAt, c.UpdatedAt)
				}
			}
			return err
		})
	})
}

// proveTOTP proves a code in a transaction of its own.
func proveTOTP(ctx context.Context, f *fixture, code string) (proof identity.Proof, err error) {
	err = f.db.Update(ctx, func(tx idp.Tx) (err error) {
		proof, err = identity.ProveTOTP(ctx, tx, f.cleo.password, code)
		return err
	})
	return proof, err
}

func TestProveTOTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureWithCleo(t)
		at := func(d time.Duration) string { return code(t, f.cleo.seed, time.Now().Add(d)) }
		for _, c := range []struct {
			name, code string
			want       error
		}{
			{"the code of the fixture again", at(0), idp.ErrReused},
			{"an older one", at(-30 * time.Second), idp.ErrReused},
			{"one that is past", at(-time.Minute), identity.ErrCode},
			{"one from far ahead", at(time.Minute), identity.ErrCode},
			{"nothing", "", identity.ErrCode},
			{"too short", at(30 * time.Second)[:5], identity.ErrCode},
			{"a recovery code", f.cleo.codes[0], identity.ErrCode},
			{"the next, typed with a space", at(30 * time.Second)[:3] + " " + at(30 * time.Second)[3:], nil},
			{"the next again", at(30 * time.Second), idp.ErrReused},
			{"the one before it", at(0), idp.ErrReused},
		} {
			proof, err := proveTOTP(t.Context(), f, c.code)
			if !errors.Is(err, c.want) || (err != nil && !errors.Is(err, identity.ErrCode)) {
				t.Errorf("ProveTOTP of %s = %v, want %v", c.name, err, c.want)
			}
			if err == nil && (proof.Level() != identity.ACRFactor || strings.Join(proof.AMR(), " ") != "pwd otp mfa") {
				t.Errorf("proof = %s %v, want a factor with pwd otp mfa", proof.Level(), proof.AMR())
			}
		}
	})
}

// TestTOTPReplayAtOnce presents one code many times at the same moment.
func TestTOTPReplayAtOnce(t *testing.T) {
	f := newFixtureWithCleo(t)
	typed := f.cleo.next(t)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = proveTOTP(t.Context(), f, typed) })
	}
	all.Wait()
	taken := 0
	for _, err := range errs {
		switch {
		case err == nil:
			taken++
		case !errors.Is(err, idp.ErrReused):
			t.Errorf("ProveTOTP = %v, want ErrReused", err)
		}
	}
	if taken != 1 {
		t.Errorf("one code was taken %d times, want once", taken)
	}
}

// TestTOTPOfAnotherUser tries the app of somebody else.
func TestTOTPOfAnotherUser(t *testing.T) {
	f := newFixtureWithCleo(t)
	err := f.db.Update(t.Context(), func(tx idp.Tx) error {
		_, err := identity.ProveTOTP(t.Context(), tx, f.proof, f.cleo.next(t))
		return err
	})
	if !errors.Is(err, identity.ErrCode) {
		t.Errorf("ProveTOTP with the app of another user = %v, want ErrCode", err)
	}
}

func TestTOTPKey(t *testing.T) {
	key := identity.NewTOTPKey(idp.NewSecret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "Tocsin & Co", "ada")
	const want = "otpauth://totp/Tocsin%20&%20Co:ada?issuer=Tocsin%20%26%20Co&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got := key.URL.Reveal(); got != want {
		t.Errorf("URL = %s, want %s", got, want)
	}
	b, err := key.PNG(200)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil || picture.Bounds().Dx() != 200 {
		t.Errorf("PNG = %v, %v, want 200 pixels", picture, err)
	}
	if seed := identity.NewTOTPSeed().Reveal(); len(seed) != 32 || seed == identity.NewTOTPSeed().Reveal() {
		t.Errorf("NewTOTPSeed = %q, want 32 characters, another each time", seed)
	}
}
