// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// The levels of a session, as the "acr" of ID tokens and the levels of
// assurance-level-change name them (OIDC Core §2, CAEP §3.4). Each includes
// those above it.
const (
	// ACRPassword is a password alone, or a security key that did not verify
	// its user.
	ACRPassword = "urn:tocsin:acr:password"
	// ACRFactor is a password with a second factor, or in a browser that the
	// user had remembered after one.
	ACRFactor = "urn:tocsin:acr:factor"
	// ACRPasskey is a passkey that verified its user.
	ACRPasskey = "urn:tocsin:acr:passkey"
)

// ACRs returns all levels, lowest first.
func ACRs() []string { return []string{ACRPassword, ACRFactor, ACRPasskey} }

// acrNamespace is the scale of the levels: an alias, which the open
// enumeration allows (CAEP §3.4).
const acrNamespace caep.Namespace = "urn:tocsin:acr"

// rank orders levels; an unknown one is below all others.
func rank(acr string) int {
	for i, known := range ACRs() {
		if acr == known {
			return i + 1
		}
	}
	return 0
}

// Satisfies reports whether a session of the level acr may be used where policy
// rules.
func Satisfies(acr string, policy idp.SignInPolicy) bool {
	switch policy {
	case idp.PolicyAny:
		return true
	case idp.PolicyFactor:
		return rank(acr) >= rank(ACRFactor)
	default:
		return acr == ACRPasskey
	}
}

// ErrFactorNeeded says that a password alone is not enough, because the user
// has a second factor. What it comes with is the same proof: add a step to it.
var ErrFactorNeeded = errors.New("a second factor is needed")

// Factors says what a user could prove next.
type Factors struct {
	// TOTP, Passkeys and RecoveryCodes count the credentials; of recovery
	// codes the codes that are left.
	TOTP, Passkeys, RecoveryCodes int
}

// Any reports whether there is a second factor. Recovery codes stand in for
// one and are none.
func (f Factors) Any() bool { return f.TOTP+f.Passkeys > 0 }

// FactorsOf returns what a user has. It records nothing.
func FactorsOf(tx idp.Tx, user idp.UserID) (Factors, error) {
	var f Factors
	credentials, err := tx.Credentials(user)
	if err != nil {
		return f, err
	}
	for _, c := range credentials {
		switch c.Kind {
		case idp.CredentialTOTP:
			f.TOTP++
		case idp.CredentialPasskey:
			f.Passkeys++
		case idp.CredentialRecoveryCodes:
			f.RecoveryCodes = RecoveryCodesLeft(c)
		}
	}
	return f, nil
}

// enough is ErrFactorNeeded when the user of a proof has a second factor and
// the proof has none.
func (p Proof) enough(tx idp.Tx) error {
	if rank(p.acr) >= rank(ACRFactor) {
		return nil
	}
	factors, err := FactorsOf(tx, p.user)
	if err != nil {
		return err
	}
	if factors.Any() {
		return ErrFactorNeeded
	}
	return nil
}

// ErrProveAgain says that the user has to prove who they are again before a
// sensitive change: their sign-in was too long ago.
var ErrProveAgain = errors.New("prove who you are again")

// proveEvery is how long after a sign-in sensitive changes can be made.
const proveEvery = 10 * time.Minute

// RecentlyProved reports whether the user of a session proved who they are in
// the ten minutes before now.
func RecentlyProved(s idp.Session, now time.Time) bool {
	return !now.Before(s.AuthTime) && now.Sub(s.AuthTime) < proveEvery
}

// ProofOfSession returns what the user of a recently proved session proved, so
// that a step-up asks only for what is missing. ErrProveAgain when it was too
// long ago. It records nothing.
func ProofOfSession(_ context.Context, tx idp.Tx, id idp.SessionID) (Proof, error) {
	s, err := tx.Session(id)
	if err != nil {
		return Proof{}, err
	}
	if !s.Live(tx.Now()) || !RecentlyProved(s, tx.Now()) {
		return Proof{}, ErrProveAgain
	}
	return Proof{user: s.UserID, amr: s.AMR, acr: s.ACR, at: s.AuthTime}, nil
}

// sensitive is ErrProveAgain when a user changes something sensitive through a
// session that was not proved recently. Admins and rules are not asked.
func sensitive(tx idp.Tx, actor idp.Actor) error {
	if actor.Kind != idp.ActorUser {
		return nil
	}
	s, err := tx.Session(actor.Session)
	if errors.Is(err, idp.ErrNotFound) {
		return ErrProveAgain
	}
	if err != nil {
		return err
	}
	if !s.Live(tx.Now()) || !RecentlyProved(s, tx.Now()) {
		return ErrProveAgain
	}
	return nil
}

// levelChanged records an assurance-level-change of a session, or nothing when
// its level stays (CAEP §3.4).
func (c change) levelChanged(p idp.Principal, s idp.Session, before string) error {
	if s.ACR == before {
		return nil
	}
	event := caep.AssuranceLevelChange{
		Common: c.common(), Namespace: acrNamespace, CurrentLevel: s.ACR, PreviousLevel: before,
	}
	switch {
	case before == "": // not known, so neither is the direction
	case rank(s.ACR) > rank(before):
		event.ChangeDirection = caep.Increase
	default:
		event.ChangeDirection = caep.Decrease
	}
	return c.record(ofSession(p, s.ID), event)
}
