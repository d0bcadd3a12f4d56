// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// EndTimedOutSessions ends up to limit sessions whose idle or absolute time is
// up, with their tokens, and returns how many it ended. Call it again when
// there were as many as the limit.
//
// It records a session-revoked with initiating_entity "system" for each. Their
// cause is idp.CauseTimeout: only applications whose provider tells of timeouts
// learn of it. There is no audit entry, because nobody did anything.
func EndTimedOutSessions(_ context.Context, tx idp.Tx, policy SessionPolicy, limit int) (int, error) {
	sessions, err := tx.TimedOutSessions(tx.Now().Add(-policy.idle()), limit)
	if err != nil {
		return 0, err
	}
	for _, s := range sessions {
		if err := endTimedOut(tx, s); err != nil {
			return 0, fmt.Errorf("session %s: %w", s.ID, err)
		}
	}
	return len(sessions), nil
}

func endTimedOut(tx idp.Tx, s idp.Session) error {
	words := "The session was not used for too long"
	if !tx.Now().Before(s.ExpiresAt) {
		words = "The time of the session was up"
	}
	c, err := begin(tx, idp.System(), Cause{}, idp.CauseTimeout, words, "")
	if err != nil {
		return err
	}
	u, err := tx.User(s.UserID)
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	return c.endSession(p, s, "timed out")
}
