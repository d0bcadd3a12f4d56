// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// RefreshTokenReused answers the second use of a refresh token: somebody has a
// copy. It revokes the token's family and ends the session that it came from.
// The rule acts, not the client: actor only tells from where. The caller
// commits the transaction although the client gets an error.
//
// It records a session-revoked with initiating_entity "policy" and a
// risk-level-change to HIGH, of the session where there is one and otherwise
// of the user. When nothing was left to revoke it records nothing, so that the
// same token cannot be used to make signals.
func RefreshTokenReused(_ context.Context, tx idp.Tx, actor idp.Actor, token idp.RefreshToken, cause Cause) error {
	c, err := begin(tx, rule("refresh token reuse", actor), cause, idp.CauseRisk, "A refresh token was used twice", "Your session was ended to protect your account")
	if err != nil {
		return err
	}
	revoked, err := tx.RevokeTokens(idp.TokenFilter{FamilyID: token.FamilyID})
	if err != nil {
		return err
	}
	u, err := tx.User(token.UserID)
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	s, err := tx.Session(token.SessionID)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	live := err == nil && s.Live(tx.Now())
	if !live && revoked == 0 {
		return nil
	}
	if live {
		if err := c.endSession(p, s, "refresh token reused"); err != nil {
			return err
		}
	}
	if err := c.riskIs(caep.RiskHigh, ofSession(p, token.SessionID), "A refresh token was used twice"); err != nil {
		return err
	}
	return c.enter("session.token_reused", u)
}
