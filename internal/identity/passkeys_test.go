// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestPasskeyKinds registers authenticators of all sorts and says how each is
// called in a SET and to its user.
func TestPasskeyKinds(t *testing.T) {
	f := newFixtureWithCleo(t)
	const usb, nfc, ble = virtualwebauthn.TransportUSB, virtualwebauthn.TransportNFC, virtualwebauthn.TransportBLE
	const hybrid, internal = virtualwebauthn.TransportHybrid, virtualwebauthn.TransportInternal
	for _, c := range []struct {
		name       string
		transports []virtualwebauthn.Transport
		// attachment is what the browser said of it, "" for nothing.
		attachment, aaguid string
		synced             bool
		typ                caep.CredentialType
		device             string
	}{
		{"this computer", []virtualwebauthn.Transport{internal}, "", "", false, caep.CredentialFIDO2Platform, "This device"},
		{"this computer, as the browser says", []virtualwebauthn.Transport{internal}, "platform", "", false, caep.CredentialFIDO2Platform, "This device"},
		{"a synced passkey", []virtualwebauthn.Transport{internal, hybrid}, "platform", "", true, caep.CredentialFIDO2Platform, "Synced passkey"},
		{"a known provider", []virtualwebauthn.Transport{internal}, "platform", "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", true, caep.CredentialFIDO2Platform, "iCloud Keychain"},
		{"a security key", []virtualwebauthn.Transport{usb}, "cross-platform", "", false, caep.CredentialFIDO2Roaming, "Security key (USB)"},
		{"a security key, browser silent", []virtualwebauthn.Transport{nfc, ble, usb}, "", "", false, caep.CredentialFIDO2Roaming, "Security key (USB, NFC, Bluetooth)"},
		{"a phone by a QR code", []virtualwebauthn.Transport{internal, hybrid}, "cross-platform", "", true, caep.CredentialFIDO2Roaming, "Phone or tablet"},
		{"an unknown attachment", []virtualwebauthn.Transport{usb}, "sideways", "", false, caep.CredentialFIDO2Roaming, "Security key (USB)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthenticator(virtualwebauthn.AuthenticatorOptions{Transports: c.transports, BackupEligible: c.synced})
			a.Aaguid = uuid.Nil
			if c.aaguid != "" {
				a.Aaguid = uuid.MustParse(c.aaguid)
			}
			options, state, err := f.cleo.passkeys.BeginRegistration(t.Context(), f.db, f.cleo.user.ID)
			if err != nil {
				t.Fatal(err)
			}
			response := withMember(t, a.create(t, options), "authenticatorAttachment", c.attachment)
			v, err := f.cleo.passkeys.VerifyRegistration(t.Context(), f.db, f.cleo.user.ID, state, response)
			if err != nil {
				t.Fatal(err)
			}
			want := identity.Passkey{Type: c.typ, AAGUID: c.aaguid, Device: c.device, Synced: c.synced}
			if got := v.Passkey(); got != want {
				t.Errorf("Passkey() = %+v, want %+v", got, want)
			}
		})
	}
}

// withMember sets a member of a JSON object unless the value is empty.
func withMember(t *testing.T, object []byte, name, value string) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatal(err)
	}
	if value != "" {
		m[name] = value
	}
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPasskeySignIn(t *testing.T) {
	f := newFixtureWithCleo(t)
	key := newAuthenticator(virtualwebauthn.AuthenticatorOptions{UserNotVerified: true, BackupEligible: true,
		Transports: []virtualwebauthn.Transport{virtualwebauthn.TransportUSB}})
	f.cleo.register(t, f, key, "Key without a PIN")
	second := func(k *authenticator, prior *identity.Proof) identity.Proof {
		options, state, err := f.cleo.passkeys.BeginSignIn(t.Context(), f.db, &f.cleo.user.ID)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := f.cleo.passkeys.FinishSignIn(t.Context(), f.db, state, k.get(t, options), prior)
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	for _, c := range []struct {
		name, amr, level string
		proof            identity.Proof
	}{
		{"passwordless", "hwk user mfa", identity.ACRPasskey, f.cleo.unlock(t, f, nil)},
		{"on top of a password", "pwd hwk user mfa", identity.ACRPasskey, second(f.cleo.key, &f.cleo.password)},
		{"a key that verifies nobody on top of a password", "pwd swk user mfa", identity.ACRFactor, second(key, &f.cleo.password)},
		{"a key that verifies nobody alone", "swk user", identity.ACRPassword, second(key, nil)},
	} {
		if got := strings.Join(c.proof.AMR(), " "); got != c.amr || c.proof.Level() != c.level || c.proof.UserID() != f.cleo.user.ID {
			t.Errorf("%s: amr %q, level %q of %s, want %q, %q of Cleo", c.name, got, c.proof.Level(), c.proof.UserID(), c.amr, c.level)
		}
	}
	alone := second(key, nil)
	err := f.db.Update(t.Context(), func(tx idp.Tx) error {
		_, _, err := identity.SignIn(t.Context(), tx, f.cleo.actor(), identity.SessionPolicy{}, alone, identity.Cause{})
		return err
	})
	if !errors.Is(err, identity.ErrFactorNeeded) {
		t.Errorf("SignIn with a key that verified nobody = %v, want ErrFactorNeeded", err)
	}
}

// attack is a sign-in in which something is not as it should be.
type attack struct {
	name string
	// run gets fresh options and their state, and answers.
	run func(t *testing.T, f *fixture, options, state []byte) (forgedState, response []byte, prior *identity.Proof)
	// also is what the error wraps beside ErrPasskey.
	also error
}

func passkeyAttacks() []attack {
	plain := func(edit func(t *testing.T, f *fixture)) func(*testing.T, *fixture, []byte, []byte) ([]byte, []byte, *identity.Proof) {
		return func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			response := f.cleo.key.get(t, options)
			edit(t, f)
			return state, response, nil
		}
	}
	return []attack{
		{"a challenge of another ceremony", func(t *testing.T, f *fixture, options, _ []byte) ([]byte, []byte, *identity.Proof) {
			_, other, err := f.cleo.passkeys.BeginSignIn(t.Context(), f.db, nil)
			if err != nil {
				t.Fatal(err)
			}
			return other, f.cleo.key.get(t, options), nil
		}, nil},
		{"an answer twice", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			f.cleo.key.key.Counter = 40
			response := f.cleo.key.get(t, options)
			if _, err := f.cleo.passkeys.FinishSignIn(t.Context(), f.db, state, response, nil); err != nil {
				t.Fatal(err)
			}
			return state, response, nil
		}, nil},
		{"a copied key", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			f.cleo.unlock(t, f, nil)
			f.cleo.key.key.Counter -= 2
			return state, f.cleo.key.get(t, options), nil
		}, nil},
		{"a key that verified nobody", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			f.cleo.key.Options.UserNotVerified = true
			return state, f.cleo.key.get(t, options), nil
		}, nil},
		{"an unknown key", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			a := newAuthenticator(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(f.cleo.user.ID)})
			return state, a.get(t, options), nil
		}, nil},
		{"an unknown user", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			f.cleo.key.Options.UserHandle = []byte("nobody")
			return state, f.cleo.key.get(t, options), nil
		}, idp.ErrNotFound},
		{"on top of another user's password", func(t *testing.T, f *fixture, options, state []byte) ([]byte, []byte, *identity.Proof) {
			return state, f.cleo.key.get(t, options), &f.proof
		}, nil},
		{"no JSON", func(_ *testing.T, _ *fixture, _, state []byte) ([]byte, []byte, *identity.Proof) {
			return state, []byte("{"), nil
		}, nil},
		{"an endless answer", func(_ *testing.T, _ *fixture, _, state []byte) ([]byte, []byte, *identity.Proof) {
			return state, make([]byte, 1<<20), nil
		}, nil},
		{"no state", func(t *testing.T, f *fixture, options, _ []byte) ([]byte, []byte, *identity.Proof) {
			return []byte("{}"), f.cleo.key.get(t, options), nil
		}, nil},
		{"a disabled user", plain(func(t *testing.T, f *fixture) {
			f.update(t, func(tx idp.Tx) error {
				return identity.DisableUser(t.Context(), tx, f.root(), f.cleo.user.ID, identity.Cause{})
			})
		}), idp.ErrDisabled},
		{"a removed key", plain(func(t *testing.T, f *fixture) {
			f.update(t, func(tx idp.Tx) error {
				return identity.ResetFactors(t.Context(), tx, f.root(), f.cleo.user.ID, identity.Cause{})
			})
		}), nil},
	}
}

func TestPasskeyRefuses(t *testing.T) {
	for _, a := range passkeyAttacks() {
		t.Run(a.name, func(t *testing.T) {
			f := newFixtureWithCleo(t)
			options, state, err := f.cleo.passkeys.BeginSignIn(t.Context(), f.db, nil)
			if err != nil {
				t.Fatal(err)
			}
			state, response, prior := a.run(t, f, options, state)
			proof, err := f.cleo.passkeys.FinishSignIn(t.Context(), f.db, state, response, prior)
			if !errors.Is(err, identity.ErrPasskey) || (a.also != nil && !errors.Is(err, a.also)) || proof.UserID() != "" {
				t.Errorf("FinishSignIn = %q, %v, want ErrPasskey and %v", proof.UserID(), err, a.also)
			}
		})
	}
}

// TestPasskeyTooLate answers after the time of the ceremony.
func TestPasskeyTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureWithCleo(t)
		options, state, err := f.cleo.passkeys.BeginSignIn(t.Context(), f.db, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		_, err = f.cleo.passkeys.FinishSignIn(t.Context(), f.db, state, f.cleo.key.get(t, options), nil)
		if !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("FinishSignIn after 6 minutes = %v, want ErrPasskey", err)
		}
	})
}

// TestPasskeyOrigin answers for a page of another origin, as a phishing site
// would.
func TestPasskeyOrigin(t *testing.T) {
	f := newFixtureWithCleo(t)
	phished, err := identity.NewPasskeys(identity.PasskeysConfig{
		RPID: "id.example.com", Origins: []string{"https://other.id.example.com"}, DisplayName: "Tocsin",
	})
	if err != nil {
		t.Fatal(err)
	}
	options, state, err := phished.BeginSignIn(t.Context(), f.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phished.FinishSignIn(t.Context(), f.db, state, f.cleo.key.get(t, options), nil); !errors.Is(err, identity.ErrPasskey) {
		t.Errorf("FinishSignIn for another origin = %v, want ErrPasskey", err)
	}
	if _, _, err := f.cleo.passkeys.BeginSignIn(t.Context(), f.db, &f.ada.ID); !errors.Is(err, idp.ErrNotFound) {
		t.Errorf("BeginSignIn of a user without a passkey = %v, want ErrNotFound", err)
	}
	if _, err := identity.NewPasskeys(identity.PasskeysConfig{}); err == nil {
		t.Error("NewPasskeys without a host = nil error")
	}
}

// FuzzPasskeys feeds what a browser could send to both ends of a ceremony.
func FuzzPasskeys(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	var shared *fixture
	f.Fuzz(func(t *testing.T, response []byte) {
		if shared == nil {
			shared = newFixtureWithCleo(t)
		}
		_, state, err := shared.cleo.passkeys.BeginSignIn(t.Context(), shared.db, nil)
		if err != nil {
			t.Skip("the fixture belongs to an earlier run")
		}
		if _, err := shared.cleo.passkeys.FinishSignIn(t.Context(), shared.db, state, response, nil); !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("FinishSignIn(%q) = %v, want ErrPasskey", response, err)
		}
		if _, err := shared.cleo.passkeys.VerifyRegistration(t.Context(), shared.db, shared.cleo.user.ID, state, response); !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("VerifyRegistration(%q) = %v, want ErrPasskey", response, err)
		}
	})
}
