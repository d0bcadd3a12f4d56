// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// chore is something that has to be done from time to time. It does a bounded
// part of the work and returns how much it did; it is called again at once
// while that is not zero.
type chore struct {
	name  string
	every time.Duration
	do    func(context.Context) (int, error)
}

// keepHouse runs a chore until ctx ends. An error is logged and the chore
// tried again the next time: nothing depends on one run of it.
func keepHouse(ctx context.Context, log *slog.Logger, c chore) {
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	for {
		for ctx.Err() == nil {
			n, err := c.do(ctx)
			if err != nil && ctx.Err() == nil {
				log.Error("housekeeping failed; trying again later", "chore", c.name, "error", err)
			}
			if err != nil || n == 0 {
				break
			}
			log.Debug("housekeeping", "chore", c.name, "done", n)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweepLimit bounds the rows of one transaction, so that nobody waits long for
// the writer.
const sweepLimit = 500

const (
	// keepEndedSessions is how long an ended session stays on record.
	keepEndedSessions = 30 * 24 * time.Hour
	// keepMails is how long a mail stays on record, without its text, after it
	// was sent or given up.
	keepMails = 30 * 24 * time.Hour
	// keepDeadTokens is how long an expired token stays on record: reuse is
	// recognised for so long.
	keepDeadTokens = 7 * 24 * time.Hour
)

// sweepIdentity erases old sessions and tokens.
func sweepIdentity(db idp.DB) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		err = db.Update(ctx, func(tx idp.Tx) error {
			sessions, err := tx.SweepSessions(tx.Now().Add(-keepEndedSessions), sweepLimit)
			if err != nil {
				return err
			}
			tokens, err := tx.SweepTokens(tx.Now().Add(-keepDeadTokens), sweepLimit)
			n = sessions + tokens
			return err
		})
		return n, err
	}
}

// endLimit bounds the sessions that are ended in one transaction: each has
// tokens and a signal.
const endLimit = 100

// endTimedOut ends sessions whose idle or absolute time is up.
func endTimedOut(db idp.DB, policy identity.SessionPolicy) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		err = db.Update(ctx, func(tx idp.Tx) error {
			n, err = identity.EndTimedOutSessions(ctx, tx, policy, endLimit)
			return err
		})
		return n, err
	}
}

// keepThrottles is how long a count of failures is kept that nobody added to.
const keepThrottles = 24 * time.Hour

// sweepThrottles erases counts of failures that are over.
func sweepThrottles(db idp.DB) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		err = db.Update(ctx, func(tx idp.Tx) error {
			n, err = tx.SweepThrottles(tx.Now().Add(-keepThrottles), sweepLimit)
			return err
		})
		return n, err
	}
}

// sweepMails erases what is left of mails that were sent or given up.
func sweepMails(db idp.DB) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		err = db.Update(ctx, func(tx idp.Tx) error {
			n, err = tx.SweepMails(tx.Now().Add(-keepMails), sweepLimit)
			return err
		})
		return n, err
	}
}
