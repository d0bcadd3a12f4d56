// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// Credentials returns a user's credentials, oldest first. Their secrets are in
// them: show what identity.PasskeyOf and the like tell.
func Credentials(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID) ([]idp.Credential, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	if _, err := tx.User(user); err != nil {
		return nil, err
	}
	return tx.Credentials(user)
}

// RemoveCredential takes one credential from a user: a password, an
// authenticator app, a passkey or their recovery codes; see the verbs of
// identity. One of somebody else is idp.ErrNotFound.
func RemoveCredential(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, id idp.CredentialID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.remove_credential", userObject(user), cause); err != nil {
		return err
	}
	credential, err := tx.Credential(id)
	if err != nil {
		return err
	}
	if credential.UserID != user {
		return idp.ErrNotFound
	}
	switch credential.Kind {
	case idp.CredentialPassword:
		return identity.RemovePassword(ctx, tx, actor, user, cause)
	case idp.CredentialRecoveryCodes:
		return identity.RemoveRecoveryCodes(ctx, tx, actor, user, cause)
	}
	return identity.RemoveCredential(ctx, tx, actor, user, id, cause)
}

// ResetFactors takes all second factors from a user, for one who lost them; see
// identity.ResetFactors.
func ResetFactors(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.reset_factors", userObject(user), cause); err != nil {
		return err
	}
	return identity.ResetFactors(ctx, tx, actor, user, cause)
}

// RequirePasswordChange demands a new password at the next sign-in; see
// identity.RequirePasswordChange.
func RequirePasswordChange(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.require_password_change", userObject(user), cause); err != nil {
		return err
	}
	return identity.RequirePasswordChange(ctx, tx, actor, user, cause)
}

// ChangeRecoveryEmail sets where a user's recovery links go; see
// identity.ChangeRecoveryEmail.
func ChangeRecoveryEmail(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, email string, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.change_recovery_email", userObject(user), cause); err != nil {
		return err
	}
	return identity.ChangeRecoveryEmail(ctx, tx, actor, user, email, cause)
}

// Invite mails a user the link to choose their first password; see
// identity.Invite.
func Invite(ctx context.Context, tx idp.Tx, actor idp.Actor, links identity.Links, user idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.invite", userObject(user), cause); err != nil {
		return err
	}
	return identity.Invite(ctx, tx, actor, links, user, cause)
}

// InviteLink returns the link of an invitation, for the admin to pass on; see
// identity.InviteLink.
func InviteLink(ctx context.Context, tx idp.Tx, actor idp.Actor, links identity.Links, user idp.UserID, r Reason) (idp.Secret, error) {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.invite", userObject(user), cause); err != nil {
		return idp.Secret{}, err
	}
	return identity.InviteLink(ctx, tx, actor, links, user, cause)
}
