// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// BeginSignIn returns the options for navigator.credentials.get, as
// PublicKeyCredential.parseRequestOptionsFromJSON takes them, and the state for
// the end of the ceremony.
//
// Without a user the browser offers what passkeys it has, and the answer tells
// who it is; the passkey then has to verify its user. With one it is a second
// factor, and idp.ErrNotFound when the user has no passkey: name a user only
// when somebody has proved to be them.
func (p *Passkeys) BeginSignIn(ctx context.Context, db idp.DB, user *idp.UserID) (options, state []byte, err error) {
	if user == nil {
		assertion, session, err := p.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return nil, nil, fmt.Errorf("passkey: %w", err)
		}
		return ceremony(assertion.Response, session)
	}
	u, err := p.user(ctx, db, *user)
	if err != nil {
		return nil, nil, err
	}
	if len(u.keys) == 0 {
		return nil, nil, fmt.Errorf("passkey of user %s: %w", *user, idp.ErrNotFound)
	}
	assertion, session, err := p.rp.BeginLogin(u)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey of user %s: %w", *user, err)
	}
	return ceremony(assertion.Response, session)
}

// FinishSignIn checks the browser's answer against the state and returns what
// it proves, on top of prior if that is not nil. ErrPasskey when it does not
// verify, came too late or twice, is of an unknown or disabled user or of
// another one than prior, or when the counter of the key says that there is a
// copy of it.
//
// It stores the counter, the backup flags and the time of use, and records no
// signal: to use a credential does not change it.
func (p *Passkeys) FinishSignIn(ctx context.Context, db idp.DB, state, response []byte, prior *Proof) (Proof, error) {
	session, err := readCeremony(state, response)
	if err != nil {
		return Proof{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Proof{}, refused(err)
	}
	id := idp.UserID(session.UserID)
	if id == "" {
		id = idp.UserID(parsed.Response.UserHandle)
	}
	u, err := p.user(ctx, db, id)
	if err != nil {
		return Proof{}, refused(err)
	}
	key, err := p.validate(u, session, parsed)
	if err != nil {
		return Proof{}, err
	}
	proof := Proof{user: u.ID, at: time.Now()}
	if prior != nil {
		proof = *prior
	}
	if proof.user != u.ID {
		return Proof{}, fmt.Errorf("%w: the passkey is another user's", ErrPasskey)
	}
	var used idp.Credential
	err = db.Update(ctx, func(tx idp.Tx) (err error) {
		used, err = storeUse(tx, u.ID, session.Challenge, key)
		return err
	})
	if err != nil {
		return Proof{}, err
	}
	return proof.withPasskey(used.ID, key, parsed.Response.AuthenticatorData.Flags), nil
}

// validate verifies an answer for the user that it has to be of.
func (p *Passkeys) validate(u passkeyUser, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if u.Disabled() {
		return nil, fmt.Errorf("%w: user %s: %w", ErrPasskey, u.ID, idp.ErrDisabled)
	}
	var key *webauthn.Credential
	var err error
	if len(session.UserID) > 0 {
		key, err = p.rp.ValidateLogin(u, session, parsed)
	} else {
		find := func(_, _ []byte) (webauthn.User, error) { return u, nil }
		_, key, err = p.rp.ValidatePasskeyLogin(find, session, parsed)
	}
	if err != nil {
		return nil, refused(err)
	}
	if key.Authenticator.CloneWarning {
		return nil, fmt.Errorf("%w: its counter went back, so there is a copy of it; remove it", ErrPasskey)
	}
	return key, nil
}

// storeUse uses up the challenge and writes the use of a key. The credential is
// read again: it may have been removed, or used, since it was verified.
func storeUse(tx idp.Tx, user idp.UserID, challenge string, key *webauthn.Credential) (idp.Credential, error) {
	u, err := passkeyUserOf(tx, user)
	if err != nil {
		return idp.Credential{}, refused(err)
	}
	for i, c := range u.credentials {
		if !bytes.Equal(u.keys[i].ID, key.ID) {
			continue
		}
		count := u.keys[i].Authenticator.SignCount
		if count > 0 && key.Authenticator.SignCount <= count {
			return idp.Credential{}, fmt.Errorf("%w: its counter went back meanwhile", ErrPasskey)
		}
		if err := useChallenge(tx, challenge); err != nil {
			return idp.Credential{}, refused(err)
		}
		if c.Data, err = json.Marshal(newPasskeyData(key)); err != nil {
			return idp.Credential{}, err
		}
		c.UsedAt = tx.Now()
		return c, tx.PutCredential(c)
	}
	return idp.Credential{}, fmt.Errorf("%w: it was removed meanwhile: %w", ErrPasskey, idp.ErrNotFound)
}

// withPasskey adds a passkey to a proof. One that verified its user is two
// factors at once: the device, and what unlocked it.
func (p Proof) withPasskey(id idp.CredentialID, key *webauthn.Credential, flags protocol.AuthenticatorFlags) Proof {
	methods := []string{"hwk"}
	if key.Flags.BackupEligible {
		methods = []string{"swk"}
	}
	if flags.HasUserPresent() {
		methods = append(methods, "user")
	}
	acr := ACRPassword
	if len(p.amr) > 0 {
		acr, methods = ACRFactor, append(methods, "mfa")
	}
	if flags.HasUserVerified() {
		acr, methods = ACRPasskey, append(methods, "mfa")
	}
	return p.with(acr, usedCredential{ID: id}, methods...)
}
