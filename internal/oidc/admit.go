// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// admit returns the user and the session on whose behalf an application acts,
// if it may do so now. Every token is checked with it, when it is made and
// whenever it is used. The error wraps idp.ErrExpired when the session is over,
// idp.ErrDisabled when the user is, idp.ErrDenied when the user is in none of
// the application's groups (user and session are returned all the same), and
// idp.ErrNotFound when something is gone.
func admit(tx idp.Tx, app idp.Application, user idp.UserID, session idp.SessionID) (idp.User, idp.Session, error) {
	s, err := tx.Session(session)
	if err != nil {
		return idp.User{}, idp.Session{}, err
	}
	if !s.Live(tx.Now()) || s.UserID != user {
		return idp.User{}, idp.Session{}, fmt.Errorf("session %s: %w", session, idp.ErrExpired)
	}
	u, err := tx.User(user)
	if err != nil {
		return idp.User{}, idp.Session{}, err
	}
	if u.Disabled() {
		return idp.User{}, idp.Session{}, fmt.Errorf("user %s: %w", user, idp.ErrDisabled)
	}
	groups, err := tx.GroupsOf(user)
	if err != nil {
		return idp.User{}, idp.Session{}, err
	}
	if !app.Admits(groups) {
		return u, s, fmt.Errorf("application %s, user %s: %w", app.Slug, user, idp.ErrDenied)
	}
	return u, s, nil
}
