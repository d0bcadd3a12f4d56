// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// credentialsOfAKind is how many authenticator apps, or passkeys, one user may
// have.
const credentialsOfAKind = 20

// credentialRecoveryCodes is the credential_type of recovery codes. CAEP has
// no value that fits and lets transmitters add their own (CAEP §3.3).
const credentialRecoveryCodes caep.CredentialType = "recovery-codes"

// beginFactor begins a change of a user's credentials: whoever changes their
// own has to have signed in recently.
func beginFactor(tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause, words string) (change, idp.User, error) {
	u, err := tx.User(user)
	if err != nil {
		return change{}, idp.User{}, err
	}
	if err := sensitive(tx, actor); err != nil {
		return change{}, idp.User{}, err
	}
	text := ""
	if actor.InitiatingEntity() == string(caep.ByAdmin) {
		text = "An administrator changed how you sign in"
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, words, text)
	return c, u, err
}

// checkName returns an *idp.InvalidError unless a credential may have the name.
func checkName(name string) error {
	if name == "" || strings.TrimSpace(name) != name || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 100 {
		return idp.Invalid("name", "must be 1 to 100 characters without spaces at its ends")
	}
	return nil
}

// room is idp.ErrConflict when the user has as many credentials of the kind as
// they may have.
func (c change) room(user idp.UserID, kind idp.CredentialKind) error {
	credentials, err := c.tx.Credentials(user)
	if err != nil {
		return err
	}
	n := 0
	for _, credential := range credentials {
		if credential.Kind == kind {
			n++
		}
	}
	if n >= credentialsOfAKind {
		return fmt.Errorf("user %s has %d credentials of the kind %s already, remove one first: %w", user, n, kind, idp.ErrConflict)
	}
	return nil
}

// credentialChanged records a credential-change.
func (c change) credentialChanged(u idp.User, credential idp.Credential, kind caep.ChangeType) error {
	p, err := principal(c.tx, u)
	if err != nil {
		return err
	}
	event := caep.CredentialChange{Common: c.common(), ChangeType: kind, FriendlyName: credential.Name}
	switch credential.Kind {
	case idp.CredentialPassword:
		event.CredentialType = caep.CredentialPassword
	case idp.CredentialTOTP:
		event.CredentialType = caep.CredentialApp
	case idp.CredentialRecoveryCodes:
		event.CredentialType = credentialRecoveryCodes
	case idp.CredentialPasskey:
		key, err := PasskeyOf(credential)
		if err != nil {
			return err
		}
		event.CredentialType, event.FIDO2AAGUID = key.Type, key.AAGUID
	}
	return c.record(p, event)
}

// ownCredential returns a credential of a user; idp.ErrNotFound when it is
// another's.
func ownCredential(tx idp.Tx, user idp.UserID, id idp.CredentialID) (idp.Credential, error) {
	c, err := tx.Credential(id)
	if err == nil && c.UserID != user {
		err = fmt.Errorf("credential %s of user %s: %w", id, user, idp.ErrNotFound)
	}
	return c, err
}

// RenameCredential gives an authenticator app or a passkey another name. A user
// needs a recent sign-in: ErrProveAgain. Others have no name:
// *idp.InvalidError.
//
// It records a credential-change "update" for a passkey. The name of an
// authenticator app is nothing that applications act on: it records nothing.
func RenameCredential(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, id idp.CredentialID, name string, cause Cause) error {
	c, u, err := beginFactor(tx, actor, user, cause, "A passkey was renamed")
	if err != nil {
		return err
	}
	credential, err := ownCredential(tx, user, id)
	if err != nil || credential.Name == name {
		return err
	}
	if credential.Kind != idp.CredentialTOTP && credential.Kind != idp.CredentialPasskey {
		return idp.Invalid("credential", "must be an authenticator app or a passkey; others have no name")
	}
	if err := checkName(name); err != nil {
		return err
	}
	credential.Name, credential.UpdatedAt = name, tx.Now()
	if err := tx.PutCredential(credential); err != nil {
		return err
	}
	if credential.Kind == idp.CredentialPasskey {
		if err := c.credentialChanged(u, credential, caep.ChangeUpdate); err != nil {
			return err
		}
	}
	return c.enter("user.rename_credential", u)
}

// RemoveCredential takes an authenticator app or a passkey from a user, and
// ends that browsers are remembered. A user needs a recent sign-in,
// ErrProveAgain, and keeps one way to sign in: idp.ErrConflict.
//
// It records a credential-change "delete". Sessions stay.
func RemoveCredential(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, id idp.CredentialID, cause Cause) error {
	c, u, err := beginFactor(tx, actor, user, cause, "A credential was removed")
	if err != nil {
		return err
	}
	credential, err := ownCredential(tx, user, id)
	if err != nil {
		return err
	}
	if credential.Kind != idp.CredentialTOTP && credential.Kind != idp.CredentialPasskey {
		return idp.Invalid("credential", "must be an authenticator app or a passkey")
	}
	if err := c.keepAWayIn(credential); err != nil {
		return err
	}
	if err := c.remove(u, credential); err != nil {
		return err
	}
	if err := tx.ForgetDevices(u.ID); err != nil {
		return err
	}
	return c.enter("user.remove_credential", u)
}

// keepAWayIn is idp.ErrConflict when users remove the last thing they can sign
// in with themselves. An admin may, and can give them another.
func (c change) keepAWayIn(removed idp.Credential) error {
	if c.actor.Kind != idp.ActorUser || (removed.Kind != idp.CredentialPasskey && removed.Kind != idp.CredentialPassword) {
		return nil
	}
	credentials, err := c.tx.Credentials(removed.UserID)
	if err != nil {
		return err
	}
	for _, other := range credentials {
		if other.ID != removed.ID && (other.Kind == idp.CredentialPassword || other.Kind == idp.CredentialPasskey) {
			return nil
		}
	}
	return fmt.Errorf("credential %s is the only one to sign in with, add another first: %w", removed.ID, idp.ErrConflict)
}

// remove erases a credential and records it.
func (c change) remove(u idp.User, credential idp.Credential) error {
	if err := c.tx.DeleteCredential(credential.ID); err != nil {
		return err
	}
	return c.credentialChanged(u, credential, caep.ChangeDelete)
}

// ResetFactors takes all authenticator apps, passkeys and recovery codes from a
// user, who then signs in with the password alone, and ends that browsers are
// remembered. Password and sessions stay.
//
// It records a credential-change "delete" for each credential.
func ResetFactors(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	c, u, err := beginFactor(tx, actor, user, cause, "All second factors were reset")
	if err != nil {
		return err
	}
	credentials, err := tx.Credentials(user)
	if err != nil {
		return err
	}
	for _, credential := range credentials {
		if credential.Kind == idp.CredentialPassword {
			continue
		}
		if err := c.remove(u, credential); err != nil {
			return err
		}
	}
	if err := tx.ForgetDevices(u.ID); err != nil {
		return err
	}
	return c.enter("user.reset_factors", u)
}
