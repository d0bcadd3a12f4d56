// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// ErrCode says that a code of an authenticator app or a recovery code was not
// taken. It is all that the person may learn: show its own text. What wraps it
// says why: idp.ErrReused for a code that was used before.
var ErrCode = errors.New("the code is wrong or was used before")

// totpData is the Data of a TOTP credential.
type totpData struct {
	// Step is the last one whose code was taken. Codes up to it are used up.
	Step int64 `json:"step"`
}

// AddTOTP gives a user an authenticator app that was set up with the seed.
// The first code proves that it was, and is used up by that; ErrCode when it is
// wrong. Name is what the user calls the app. A user needs a recent sign-in:
// ErrProveAgain.
//
// It records a credential-change "create" of type "app".
func AddTOTP(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, name string, seed idp.Secret, firstCode string, cause Cause) (idp.Credential, error) {
	c, u, err := beginFactor(tx, actor, user, cause, "An authenticator app was added")
	if err != nil {
		return idp.Credential{}, err
	}
	if err := checkName(name); err != nil {
		return idp.Credential{}, err
	}
	if err := c.room(u.ID, idp.CredentialTOTP); err != nil {
		return idp.Credential{}, err
	}
	step, ok, err := totpStep(seed, firstCode, tx.Now())
	if err != nil {
		return idp.Credential{}, err
	}
	if !ok {
		return idp.Credential{}, ErrCode
	}
	credential := idp.Credential{
		ID: idp.NewID[idp.CredentialID](), UserID: u.ID, Kind: idp.CredentialTOTP, Name: name,
		Secret: seed, CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
	if credential.Data, err = json.Marshal(totpData{Step: step}); err != nil {
		return idp.Credential{}, err
	}
	if err := tx.PutCredential(credential); err != nil {
		return idp.Credential{}, err
	}
	if err := c.credentialChanged(u, credential, caep.ChangeCreate); err != nil {
		return idp.Credential{}, err
	}
	return credential, c.enter("user.add_totp", u)
}

// ProveTOTP adds the code of an authenticator app to a proof. Each code works
// once: the step it belongs to is stored with it, so that of two who present
// the same code at once one gets ErrCode and idp.ErrReused.
//
// It records nothing: to use a credential does not change it.
func ProveTOTP(_ context.Context, tx idp.Tx, proof Proof, code string) (Proof, error) {
	u, err := proof.holds(tx)
	if err != nil {
		return Proof{}, err
	}
	credentials, err := tx.Credentials(u.ID)
	if err != nil {
		return Proof{}, err
	}
	refused := ErrCode
	for _, c := range credentials {
		if c.Kind != idp.CredentialTOTP {
			continue
		}
		err := useTOTP(tx, c, code)
		if err == nil {
			return proof.with(ACRFactor, usedCredential{ID: c.ID}, "otp", "mfa"), nil
		}
		if !errors.Is(err, ErrCode) {
			return Proof{}, err
		}
		if errors.Is(err, idp.ErrReused) {
			refused = err
		}
	}
	return Proof{}, refused
}

// useTOTP uses up a code of one credential.
func useTOTP(tx idp.Tx, c idp.Credential, code string) error {
	var data totpData
	if err := json.Unmarshal(c.Data, &data); err != nil {
		return fmt.Errorf("credential %s: %w", c.ID, err)
	}
	step, ok, err := totpStep(c.Secret, code, tx.Now())
	if err != nil {
		return fmt.Errorf("credential %s: %w", c.ID, err)
	}
	if !ok {
		return ErrCode
	}
	if step <= data.Step {
		return fmt.Errorf("%w: credential %s: %w", ErrCode, c.ID, idp.ErrReused)
	}
	if c.Data, err = json.Marshal(totpData{Step: step}); err != nil {
		return err
	}
	c.UsedAt = tx.Now()
	return tx.PutCredential(c)
}
