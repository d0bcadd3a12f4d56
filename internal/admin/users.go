// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// Users returns the users that match the filter.
func Users(_ context.Context, tx idp.Tx, actor idp.Actor, f idp.UserFilter) ([]idp.User, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.Users(f)
}

// User returns one user.
func User(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID) (idp.User, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.User{}, err
	}
	return tx.User(id)
}

// CreateUser stores a new user; see identity.CreateUser. A zero hash makes one
// who cannot sign in until they get a password.
func CreateUser(ctx context.Context, tx idp.Tx, actor idp.Actor, u idp.User, hash idp.Secret) (idp.User, error) {
	u.ID = idp.NewID[idp.UserID]()
	cause := causeOf(Reason{})
	if err := allow(tx, actor, "user.create", created("user", u.ID, u.Username), cause); err != nil {
		return idp.User{}, err
	}
	return identity.CreateUser(ctx, tx, actor, u, hash, cause)
}

// UpdateUser stores a user's data; see identity.UpdateUser.
func UpdateUser(ctx context.Context, tx idp.Tx, actor idp.Actor, u idp.User, r Reason) (idp.User, error) {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.update", userObject(u.ID), cause); err != nil {
		return idp.User{}, err
	}
	return identity.UpdateUser(ctx, tx, actor, u, cause)
}

// DisableUser switches an account off; see identity.DisableUser.
func DisableUser(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.disable", userObject(id), cause); err != nil {
		return err
	}
	return identity.DisableUser(ctx, tx, actor, id, cause)
}

// EnableUser switches an account on again; see identity.EnableUser.
func EnableUser(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.enable", userObject(id), cause); err != nil {
		return err
	}
	return identity.EnableUser(ctx, tx, actor, id, cause)
}

// DeleteUser erases an account; see identity.DeleteUser.
func DeleteUser(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.delete", userObject(id), cause); err != nil {
		return err
	}
	return identity.DeleteUser(ctx, tx, actor, id, cause)
}

// ResetPassword gives a user another password and ends their sessions; see
// identity.ResetPassword.
func ResetPassword(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.UserID, hash idp.Secret, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.reset_password", userObject(id), cause); err != nil {
		return err
	}
	return identity.ResetPassword(ctx, tx, actor, id, hash, cause)
}

// Sessions returns a user's sessions, newest first; live ones only when asked.
func Sessions(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, liveOnly bool) ([]idp.Session, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	if _, err := tx.User(user); err != nil {
		return nil, err
	}
	return tx.SessionsOf(user, liveOnly)
}

// RevokeSession ends one session of a user; see identity.RevokeSession. A
// session of somebody else is idp.ErrNotFound.
func RevokeSession(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, id idp.SessionID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "session.revoke", userObject(user), cause); err != nil {
		return err
	}
	s, err := tx.Session(id)
	if err != nil {
		return err
	}
	if s.UserID != user {
		return idp.ErrNotFound
	}
	return identity.RevokeSession(ctx, tx, actor, id, cause)
}

// RevokeSessions ends all sessions of a user; see identity.RevokeSessions.
func RevokeSessions(ctx context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, r Reason) error {
	cause := causeOf(r)
	if err := allow(tx, actor, "user.revoke_sessions", userObject(user), cause); err != nil {
		return err
	}
	return identity.RevokeSessions(ctx, tx, actor, user, cause)
}

func userObject(id idp.UserID) object { return object{kind: "user", id: string(id)} }
