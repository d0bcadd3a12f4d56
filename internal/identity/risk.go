// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// RiskPolicy says what counts as a risk. Zero members take their default.
type RiskPolicy struct {
	// MediumFailures and HighFailures are how many sign-ins in a row have to
	// fail for one account until its risk is MEDIUM and HIGH. Zero means 10 and
	// 50; a negative number never.
	MediumFailures, HighFailures int
	// FactorFailures is the same for second factors and HIGH: whoever fails
	// there knows the password. Zero means 5; a negative number never.
	FactorFailures int
	// NewDevice is the level of a sign-in in a browser that the user never
	// signed in with, while there are others. Empty means MEDIUM.
	NewDevice caep.RiskLevel
	// IgnoreNewDevices makes a new browser no risk.
	IgnoreNewDevices bool
}

// Validate returns an *idp.InvalidError for the first member that is wrong.
func (r RiskPolicy) Validate() error {
	switch r.NewDevice {
	case "", caep.RiskLow, caep.RiskMedium, caep.RiskHigh:
	default:
		return idp.Invalid("new_device", "must be LOW, MEDIUM or HIGH")
	}
	if r.mediumFailures() > 0 && r.highFailures() > 0 && r.highFailures() <= r.mediumFailures() {
		return idp.Invalid("high_failures", "must be more than medium_failures")
	}
	return nil
}

func (r RiskPolicy) mediumFailures() int { return orDefault(r.MediumFailures, 10) }
func (r RiskPolicy) highFailures() int   { return orDefault(r.HighFailures, 50) }
func (r RiskPolicy) factorFailures() int { return orDefault(r.FactorFailures, 5) }

func orDefault(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

func (r RiskPolicy) newDevice() caep.RiskLevel {
	if r.NewDevice == "" {
		return caep.RiskMedium
	}
	return r.NewDevice
}

// level is the risk after so many failures in a row, empty unless it has just
// changed: each level is told once.
func (r RiskPolicy) level(t Try, failures int) (now, before caep.RiskLevel) {
	switch {
	case t.Factor && failures == r.factorFailures():
		return caep.RiskHigh, ""
	case t.Factor:
		return "", ""
	case failures == r.highFailures():
		if r.mediumFailures() > 0 {
			before = caep.RiskMedium
		}
		return caep.RiskHigh, before
	case failures == r.mediumFailures():
		return caep.RiskMedium, ""
	default:
		return "", ""
	}
}

// rule is the actor of what a rule does because of somebody else's doing.
func rule(name string, cause idp.Actor) idp.Actor {
	return idp.Actor{Kind: idp.ActorPolicy, Name: name, Address: cause.Address, UserAgent: cause.UserAgent}
}

// TryFailed counts a failed try for its account and enters it in the audit log.
// What was typed counts whether or not there is such a user, so that the work
// is the same; it is not entered, for it may be a password.
//
// It records a risk-level-change of the user when the failures in a row reach a
// threshold of the policy, once for each.
func TryFailed(_ context.Context, tx idp.Tx, actor idp.Actor, policy RiskPolicy, t Try, cause Cause) error {
	u, err := t.user(tx)
	known := err == nil
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	throttle, err := tx.Throttle(t.accountKey(u))
	if err != nil {
		return err
	}
	throttle.Failures++
	if throttle.At.IsZero() {
		throttle.At = tx.Now()
	}
	if err := tx.PutThrottle(throttle); err != nil {
		return err
	}
	txn, err := enterFailure(tx, actor, t, u, cause)
	if err != nil {
		return err
	}
	now, before := policy.level(t, throttle.Failures)
	if now == "" || !known {
		return nil
	}
	cause.Txn = txn
	words := fmt.Sprintf("%d sign-ins in a row failed", throttle.Failures)
	if t.Factor {
		words = fmt.Sprintf("The password was right and %d second factors in a row were wrong", throttle.Failures)
	}
	c, err := begin(tx, rule("repeated failures", actor), cause, idp.CauseRisk, words, "")
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.riskChanged(now, before, p, words); err != nil {
		return err
	}
	return c.enter("user.risk", u)
}

// enterFailure writes the audit entry of a failed try and returns its txn.
func enterFailure(tx idp.Tx, actor idp.Actor, t Try, u idp.User, cause Cause) (txn string, err error) {
	words, action := "The user name or password was wrong", "session.sign_in"
	if t.Factor {
		words, action = "The second factor was wrong", "session.prove_factor"
	}
	c, err := begin(tx, actor, cause, idp.CauseRisk, words, "")
	if err != nil {
		return "", err
	}
	return c.cause.Txn, c.enterRefused(action, u)
}

// riskIs records a risk-level-change of a session, or of a user as a whole.
func (c change) riskIs(level caep.RiskLevel, p idp.Principal, why string) error {
	return c.riskChanged(level, "", p, why)
}

func (c change) riskChanged(level, before caep.RiskLevel, p idp.Principal, why string) error {
	about := caep.PrincipalUser
	if p.SessionID != "" {
		about = caep.PrincipalSession
	}
	return c.record(p, caep.RiskLevelChange{
		Common: c.common(), Principal: about, CurrentLevel: level, PreviousLevel: before, RiskReason: why,
	})
}
