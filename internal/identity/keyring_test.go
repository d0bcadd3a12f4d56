// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	origin    = "https://id.example.com"
	cleoEmail = "cleo@example.com"
	// aaguid is one that no name is known for.
	aaguid = "01020304-0506-0708-090a-0b0c0d0e0f10"
)

// keyring is Cleo, who has a password, an authenticator app, a passkey on this
// computer, ten recovery codes, and a session that she began with password and
// app; and what she holds in her hands.
type keyring struct {
	user                 idp.User
	session              idp.Session
	seed                 idp.Secret
	codes                []string
	app, passkey, onCode idp.Credential
	passkeys             *identity.Passkeys
	key                  *authenticator
	// password, factor and unlocked are proofs of the three levels.
	password, factor, unlocked identity.Proof
	// another is a security key that was verified and not stored.
	another identity.VerifiedPasskey
}

// authenticator is a virtual one with its key.
type authenticator struct {
	virtualwebauthn.Authenticator
	key virtualwebauthn.Credential
}

func relyingParty() virtualwebauthn.RelyingParty {
	return virtualwebauthn.RelyingParty{ID: "id.example.com", Name: "Tocsin", Origin: origin}
}

func newAuthenticator(options virtualwebauthn.AuthenticatorOptions) *authenticator {
	a := &authenticator{Authenticator: virtualwebauthn.NewAuthenticatorWithOptions(options)}
	for i := range a.Aaguid {
		a.Aaguid[i] = byte(i + 1)
	}
	a.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	return a
}

// create answers the options of a registration.
func (a *authenticator) create(t *testing.T, options []byte) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	a.Options.UserHandle = []byte(o.UserID)
	return []byte(virtualwebauthn.CreateAttestationResponse(relyingParty(), a.Authenticator, a.key, *o))
}

// get answers the options of a sign-in, with a counter that goes up.
func (a *authenticator) get(t *testing.T, options []byte) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	a.key.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(relyingParty(), a.Authenticator, a.key, *o))
}

// code is what an authenticator app shows at a time.
func code(t *testing.T, seed idp.Secret, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCodeCustom(seed.Reveal(), at, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// next is a code that was not used yet in a fixture: the one after this.
func (k *keyring) next(t *testing.T) string {
	t.Helper()
	return code(t, k.seed, time.Now().Add(30*time.Second))
}

// newKeyring adds Cleo to a fixture.
func newKeyring(t *testing.T, f *fixture) *keyring {
	t.Helper()
	k := &keyring{seed: identity.NewTOTPSeed(), key: newAuthenticator(virtualwebauthn.AuthenticatorOptions{})}
	var err error
	k.passkeys, err = identity.NewPasskeys(identity.PasskeysConfig{
		RPID: "id.example.com", Origins: []string{origin}, DisplayName: "Tocsin",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	f.update(t, func(tx idp.Tx) (err error) {
		u := idp.User{Username: "cleo", Email: cleoEmail}
		if k.user, err = identity.CreateUser(ctx, tx, idp.System(), u, f.hash, identity.Cause{}); err != nil {
			return err
		}
		// The code before this one, so that this one can be used.
		past := code(t, k.seed, time.Now().Add(-30*time.Second))
		if k.app, err = identity.AddTOTP(ctx, tx, idp.System(), k.user.ID, "Phone", k.seed, past, identity.Cause{}); err != nil {
			return err
		}
		k.codes, err = identity.GenerateRecoveryCodes(ctx, tx, idp.System(), k.user.ID, identity.Cause{})
		return err
	})
	k.passkey = k.register(t, f, k.key, "Laptop")
	k.another = k.verify(t, f, newAuthenticator(virtualwebauthn.AuthenticatorOptions{
		Transports: []virtualwebauthn.Transport{virtualwebauthn.TransportUSB, virtualwebauthn.TransportNFC},
	}))
	k.prove(t, f)
	f.update(t, func(tx idp.Tx) (err error) {
		k.session, _, err = identity.SignIn(ctx, tx, k.actor(), identity.SessionPolicy{}, k.factor, identity.Cause{})
		if err != nil {
			return err
		}
		credentials, err := tx.Credentials(k.user.ID)
		for _, c := range credentials {
			if c.Kind == idp.CredentialRecoveryCodes {
				k.onCode = c
			}
		}
		return err
	})
	return k
}

func (k *keyring) prove(t *testing.T, f *fixture) {
	t.Helper()
	var err error
	if k.password, err = f.passwords.Authenticate(t.Context(), f.db, "cleo", adaPassword); err != nil {
		t.Fatal(err)
	}
	f.update(t, func(tx idp.Tx) (err error) {
		k.factor, err = identity.ProveTOTP(t.Context(), tx, k.password, code(t, k.seed, time.Now()))
		return err
	})
	k.unlocked = k.unlock(t, f, nil)
}

// verify runs a registration up to its verification.
func (k *keyring) verify(t *testing.T, f *fixture, a *authenticator) identity.VerifiedPasskey {
	t.Helper()
	options, state, err := k.passkeys.BeginRegistration(t.Context(), f.db, k.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	v, err := k.passkeys.VerifyRegistration(t.Context(), f.db, k.user.ID, state, a.create(t, options))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// register runs a whole registration.
func (k *keyring) register(t *testing.T, f *fixture, a *authenticator, name string) idp.Credential {
	t.Helper()
	options, state, err := k.passkeys.BeginRegistration(t.Context(), f.db, k.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.passkeys.FinishRegistration(t.Context(), f.db, idp.System(), k.user.ID, state, name, a.create(t, options))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// unlock signs in with the passkey, passwordless without a prior proof.
func (k *keyring) unlock(t *testing.T, f *fixture, prior *identity.Proof) identity.Proof {
	t.Helper()
	var user *idp.UserID
	if prior != nil {
		user = &k.user.ID
	}
	options, state, err := k.passkeys.BeginSignIn(t.Context(), f.db, user)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := k.passkeys.FinishSignIn(t.Context(), f.db, state, k.key.get(t, options), prior)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// actor is Cleo acting through her session.
func (k *keyring) actor() idp.Actor {
	return idp.Actor{Kind: idp.ActorUser, ID: string(k.user.ID), Name: "cleo", Address: "192.0.2.3", UserAgent: "test", Session: k.session.ID}
}

func (k *keyring) principal() idp.Principal {
	return idp.Principal{UserID: k.user.ID, Email: cleoEmail}
}

func (k *keyring) about(s idp.Session) idp.Principal {
	p := k.principal()
	p.SessionID = s.ID
	return p
}
