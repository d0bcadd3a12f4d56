// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestSatisfies(t *testing.T) {
	for _, c := range []struct {
		acr                  string
		any, factor, passkey bool
	}{
		{"", true, false, false},
		{"urn:example:other", true, false, false},
		{identity.ACRPassword, true, false, false},
		{identity.ACRFactor, true, true, false},
		{identity.ACRPasskey, true, true, true},
	} {
		for policy, want := range map[idp.SignInPolicy]bool{
			idp.PolicyAny: c.any, idp.PolicyFactor: c.factor, idp.PolicyPasskey: c.passkey,
		} {
			if got := identity.Satisfies(c.acr, policy); got != want {
				t.Errorf("Satisfies(%q, %q) = %t, want %t", c.acr, policy, got, want)
			}
		}
	}
}

func signIn(t *testing.T, f *fixture, proof identity.Proof) error {
	return f.db.Update(t.Context(), func(tx idp.Tx) error {
		_, _, err := identity.SignIn(t.Context(), tx, f.cleo.actor(), identity.SessionPolicy{}, proof, identity.Cause{})
		return err
	})
}

// TestFactorNeeded: whoever has a second factor cannot leave it out.
func TestFactorNeeded(t *testing.T) {
	f := newFixtureWithCleo(t)
	if err := signIn(t, f, f.cleo.password); !errors.Is(err, identity.ErrFactorNeeded) {
		t.Errorf("SignIn with a password alone = %v, want ErrFactorNeeded", err)
	}
	err := f.db.Update(t.Context(), func(tx idp.Tx) error {
		_, _, err := identity.Reauthenticate(t.Context(), tx, f.cleo.actor(), f.cleo.session.ID, f.cleo.password)
		return err
	})
	if !errors.Is(err, identity.ErrFactorNeeded) {
		t.Errorf("Reauthenticate with a password alone = %v, want ErrFactorNeeded", err)
	}
	f.update(t, func(tx idp.Tx) error {
		return identity.ResetFactors(t.Context(), tx, f.root(), f.cleo.user.ID, identity.Cause{})
	})
	if err := signIn(t, f, f.cleo.password); err != nil {
		t.Errorf("SignIn with a password after a reset = %v", err)
	}
	for name, proof := range map[string]identity.Proof{"app": f.cleo.factor, "passkey": f.cleo.unlocked} {
		if err := signIn(t, f, proof); !errors.Is(err, identity.ErrStale) {
			t.Errorf("SignIn with a removed %s = %v, want ErrStale", name, err)
		}
	}
}

// TestProofState carries proofs from one request to the next.
func TestProofState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureWithCleo(t)
		state, err := f.cleo.factor.State()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * time.Minute)
		proof, err := identity.ResumeProof(state)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f.cleo.factor.AMR(), proof.AMR()); diff != "" || proof.Level() != identity.ACRFactor {
			t.Errorf("resumed proof of %s has other methods (-want +got):\n%s", proof.Level(), diff)
		}
		if err := signIn(t, f, proof); err != nil {
			t.Errorf("SignIn with a resumed proof = %v", err)
		}
		time.Sleep(2 * time.Minute)
		if err := signIn(t, f, proof); !errors.Is(err, identity.ErrStale) {
			t.Errorf("SignIn after 11 minutes = %v, want ErrStale: resuming makes no proof younger", err)
		}
	})
	for _, state := range []string{"", "null", "{}", "[]", `{"user":7}`} {
		if _, err := identity.ResumeProof([]byte(state)); !errors.Is(err, identity.ErrStale) {
			t.Errorf("ResumeProof(%q) = %v, want ErrStale", state, err)
		}
	}
}

func TestProofOfSession(t *testing.T) {
	f := newFixtureWithCleo(t)
	f.update(t, func(tx idp.Tx) error {
		proof, err := identity.ProofOfSession(t.Context(), tx, f.first.ID)
		if err != nil || proof.UserID() != f.ada.ID || proof.Level() != identity.ACRPassword {
			t.Errorf("ProofOfSession = %s of %s, %v, want Ada's password", proof.Level(), proof.UserID(), err)
		}
		f.first.AuthTime = tx.Now().Add(-10 * time.Minute)
		if err := tx.UpdateSession(f.first); err != nil {
			return err
		}
		if _, err := identity.ProofOfSession(t.Context(), tx, f.first.ID); !errors.Is(err, identity.ErrProveAgain) {
			t.Errorf("ProofOfSession after ten minutes = %v, want ErrProveAgain", err)
		}
		if err := tx.EndSession(f.second.ID, "test"); err != nil {
			return err
		}
		if _, err := identity.ProofOfSession(t.Context(), tx, f.second.ID); !errors.Is(err, identity.ErrProveAgain) {
			t.Errorf("ProofOfSession of an ended session = %v, want ErrProveAgain", err)
		}
		return nil
	})
}

// TestRenew signs in with hashes of other programs: afterwards the hash is one
// of ours, and nothing else is different.
func TestRenew(t *testing.T) {
	for name, encoded := range foreignHashes(t) {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			var before idp.Credential
			var last int64
			f.update(t, func(tx idp.Tx) (err error) {
				u := idp.User{Username: "eve"}
				if u, err = identity.ImportUser(t.Context(), tx, f.root(), u, idp.NewSecret(encoded), nil, identity.Cause{}); err != nil {
					return err
				}
				credentials, err := tx.Credentials(u.ID)
				if err != nil {
					return err
				}
				before = credentials[0]
				last, err = tx.LastSignal()
				return err
			})
			proof, err := f.passwords.Authenticate(t.Context(), f.db, "eve", "open sesame")
			if err != nil {
				t.Fatal(err)
			}
			f.update(t, func(tx idp.Tx) error {
				after, err := tx.Credential(before.ID)
				if err != nil {
					return err
				}
				if len(after.Secret.Reveal()) < 9 || after.Secret.Reveal()[:9] != "$argon2id" || after.Secret.Equal(before.Secret) {
					t.Errorf("hash after the sign-in is %.12q, want a new one of argon2id", after.Secret.Reveal())
				}
				after.Secret = before.Secret
				if diff := cmp.Diff(before, after, cmp.Comparer(idp.Secret.Equal)); diff != "" {
					t.Errorf("credential (-before +after):\n%s", diff)
				}
				checkSignals(t, tx, last, nil)
				_, _, err = identity.SignIn(t.Context(), tx, f.user(), identity.SessionPolicy{}, proof, identity.Cause{})
				return err
			})
			if _, err := f.passwords.Authenticate(t.Context(), f.db, "eve", "open sesame"); err != nil {
				t.Errorf("Authenticate with the new hash = %v", err)
			}
		})
	}
}
