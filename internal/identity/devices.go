// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// MaxRemember is the longest that a browser can be remembered.
const MaxRemember = 90 * 24 * time.Hour

// deviceHash is the hash of a device's cookie with its user: one browser has
// one cookie, and is another device for each who signs in with it.
func deviceHash(token string, user idp.UserID) idp.Hash {
	return idp.HashToken(token + "\n" + string(user))
}

// deviceOf returns the device of a cookie and a user, or idp.ErrNotFound.
func deviceOf(tx idp.Tx, token string, user idp.UserID) (idp.Device, error) {
	if token == "" {
		return idp.Device{}, fmt.Errorf("device: %w", idp.ErrNotFound)
	}
	d, err := tx.DeviceByToken(deviceHash(token, user))
	if err == nil && d.UserID != user {
		err = fmt.Errorf("device: %w", idp.ErrNotFound)
	}
	return d, err
}

// NoteDevice notes that a session was begun in the browser whose device cookie
// has the token, empty if it has none, and returns the token that the cookie
// is to have from now on. The caller calls it with SignIn, in its transaction.
//
// With remember, at most MaxRemember, the browser is not asked for a second
// factor for so long; it then gets a new token, so that one which somebody
// planted or saw before is worth nothing. It is only heeded for a session of
// the level ACRFactor or above.
//
// It records a risk-level-change of the session when the user never signed in
// with this browser and did with another, unless the policy ignores that.
func NoteDevice(_ context.Context, tx idp.Tx, actor idp.Actor, policy RiskPolicy, s idp.Session, token string, remember time.Duration, cause Cause) (string, error) {
	if remember < 0 || remember > MaxRemember {
		return "", idp.Invalid("remember", "must be 0 to %d days", MaxRemember/(24*time.Hour))
	}
	if rank(s.ACR) < rank(ACRFactor) {
		remember = 0
	}
	d, err := deviceOf(tx, token, s.UserID)
	isNew := errors.Is(err, idp.ErrNotFound)
	if err != nil && !isNew {
		return "", err
	}
	others, err := tx.DevicesOf(s.UserID)
	if err != nil {
		return "", err
	}
	if isNew {
		d = idp.Device{ID: idp.NewID[string](), UserID: s.UserID, UserAgent: actor.UserAgent, CreatedAt: tx.Now()}
	}
	// A token is 43 characters, as NewToken makes it.
	if remember > 0 || len(token) != len(idp.NewToken()) {
		token = idp.NewToken()
	}
	d.TokenHash, d.SeenAt = deviceHash(token, s.UserID), tx.Now()
	if remember > 0 {
		d.RememberedUntil = tx.Now().Add(remember)
	}
	if err := tx.PutDevice(d); err != nil {
		return "", err
	}
	if !isNew || len(others) == 0 || policy.IgnoreNewDevices {
		return token, nil
	}
	return token, newDevice(tx, actor, policy, s, cause)
}

func newDevice(tx idp.Tx, actor idp.Actor, policy RiskPolicy, s idp.Session, cause Cause) error {
	const words = "The user signed in with a new device"
	u, err := tx.User(s.UserID)
	if err != nil {
		return err
	}
	c, err := begin(tx, rule("new device", actor), cause, idp.CauseRisk, words, "")
	if err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.riskIs(policy.newDevice(), ofSession(p, s.ID), words); err != nil {
		return err
	}
	return c.enter("session.new_device", u)
}

// ProveDevice raises a proof of a password to ACRFactor when the browser whose
// device cookie has the token is remembered, and otherwise returns it as it
// is. It records nothing.
func ProveDevice(_ context.Context, tx idp.Tx, proof Proof, token string) (Proof, error) {
	u, err := proof.holds(tx)
	if err != nil {
		return Proof{}, err
	}
	d, err := deviceOf(tx, token, u.ID)
	if errors.Is(err, idp.ErrNotFound) {
		return proof, nil
	}
	if err != nil {
		return Proof{}, err
	}
	if !tx.Now().Before(d.RememberedUntil) {
		return proof, nil
	}
	return proof.with(ACRFactor, usedCredential{}), nil
}

// ForgetDevices ends that a user's browsers are remembered: each is asked for a
// second factor again. They stay known.
//
// It records nothing: it changes neither sessions nor credentials.
func ForgetDevices(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "Remembered browsers were forgotten", "")
	if err != nil {
		return err
	}
	if err := tx.ForgetDevices(user); err != nil {
		return err
	}
	return c.enter("user.forget_devices", u)
}
