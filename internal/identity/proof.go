// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ErrStale says that a Proof no longer holds: it is too old, or the user or
// what they proved themselves with changed since. The person has to prove who
// they are again.
var ErrStale = errors.New("sign in again")

// proofFor is how long a Proof holds, from its first step to the transaction
// that uses it.
const proofFor = 10 * time.Minute

// Proof says what somebody has just proved: to be a user, and how. It is
// collected step by step; each step returns a new Proof. Only this package
// makes one, so a verb that takes it cannot be called without.
type Proof struct {
	user idp.UserID
	// amr are the methods, in the order of amrOrder.
	amr []string
	// acr is the level that the methods reach together.
	acr string
	// used are the credentials that have to be there still when the proof is
	// used.
	used []usedCredential
	at   time.Time
}

// usedCredential is a credential that took part in a proof. UpdatedAt is zero
// when a change of it does no harm, as a new name does not.
type usedCredential struct {
	ID        idp.CredentialID
	UpdatedAt time.Time
}

// UserID is the user.
func (p Proof) UserID() idp.UserID { return p.user }

// AMR are the methods that were used, as the "amr" of an ID token has them:
// pwd, otp for an authenticator app or a recovery code, hwk or swk for a
// passkey that cannot or can leave its device, user, and mfa for more than one
// factor (OIDC Core §2).
func (p Proof) AMR() []string { return slices.Clone(p.amr) }

// Level is the acr of a session that begins with this proof: ACRPassword,
// ACRFactor or ACRPasskey. It is empty for the zero Proof.
func (p Proof) Level() string { return p.acr }

// amrOrder is the order in which methods are listed.
func amrOrder(method string) int {
	return slices.Index([]string{"pwd", "otp", "hwk", "swk", "user", "mfa"}, method)
}

// with returns p after one more step. The level never falls by proving more.
func (p Proof) with(acr string, c usedCredential, methods ...string) Proof {
	for _, m := range methods {
		if !slices.Contains(p.amr, m) {
			p.amr = append(slices.Clone(p.amr), m)
		}
	}
	slices.SortFunc(p.amr, func(a, b string) int { return amrOrder(a) - amrOrder(b) })
	if rank(acr) > rank(p.acr) {
		p.acr = acr
	}
	if c.ID != "" {
		p.used = append(slices.Clone(p.used), c)
	}
	return p
}

// holds returns the user if the proof still holds inside tx. A password that
// was changed, a passkey that was removed or a user who was disabled meanwhile
// must not let anybody in.
func (p Proof) holds(tx idp.Tx) (idp.User, error) {
	if p.user == "" || time.Since(p.at) > proofFor {
		return idp.User{}, ErrStale
	}
	user, err := tx.User(p.user)
	if err != nil {
		return idp.User{}, fmt.Errorf("%w: %w", ErrStale, err)
	}
	if user.Disabled() {
		return idp.User{}, fmt.Errorf("%w: user %s: %w", ErrStale, user.ID, idp.ErrDisabled)
	}
	for _, used := range p.used {
		c, err := tx.Credential(used.ID)
		if err != nil && !errors.Is(err, idp.ErrNotFound) {
			return idp.User{}, err
		}
		changed := !used.UpdatedAt.IsZero() && !c.UpdatedAt.Equal(used.UpdatedAt)
		if err != nil || c.UserID != p.user || changed {
			return idp.User{}, fmt.Errorf("%w: a credential of user %s changed meanwhile", ErrStale, user.ID)
		}
	}
	return user, nil
}

// proofState is a Proof between two requests.
type proofState struct {
	User idp.UserID       `json:"user"`
	AMR  []string         `json:"amr"`
	ACR  string           `json:"acr"`
	Used []usedCredential `json:"used"`
	At   time.Time        `json:"at"`
}

// State returns the proof for the time between two steps. Whoever can write it
// is whoever they like: keep it encrypted, or where only the server reads.
func (p Proof) State() ([]byte, error) {
	return json.Marshal(proofState{User: p.user, AMR: p.amr, ACR: p.acr, Used: p.used, At: p.at})
}

// ResumeProof returns the proof that State was made of. It holds no longer than
// it would have. ErrStale when state is not one.
func ResumeProof(state []byte) (Proof, error) {
	var s proofState
	if err := json.Unmarshal(state, &s); err != nil || s.User == "" {
		return Proof{}, fmt.Errorf("%w: the state of a proof cannot be read", ErrStale)
	}
	return Proof{user: s.User, amr: s.AMR, acr: s.ACR, used: s.Used, at: s.At}, nil
}
