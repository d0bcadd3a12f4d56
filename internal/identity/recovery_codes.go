// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// recoveryCodes is how many codes a set has.
const recoveryCodes = 10

// recoveryCodesData is the Data of a set of recovery codes. A code has 80
// random bits, so a fast hash with the ID of its set is enough.
type recoveryCodesData struct {
	Hashes [][]byte `json:"hashes"`
}

// codeAlphabet leaves out what is read or heard wrong.
const codeAlphabet = "abcdefghjkmnpqrstuvwxyz234567890"

// newRecoveryCode returns a code such as abcd-2345-efgh-6789.
func newRecoveryCode() string {
	var b [10]byte
	rand.Read(b[:])
	text := base32.NewEncoding(codeAlphabet).EncodeToString(b[:])
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// hashRecoveryCode hashes a code as it was typed: case, spaces and dashes do
// not count.
func hashRecoveryCode(set idp.CredentialID, code string) []byte {
	plain := strings.NewReplacer("-", "", " ", "", "\t", "").Replace(strings.ToLower(code))
	sum := sha256.Sum256([]byte(string(set) + "\n" + plain))
	return sum[:]
}

// RecoveryCodesLeft returns how many codes of a set were not used.
func RecoveryCodesLeft(c idp.Credential) int {
	var data recoveryCodesData
	if c.Kind != idp.CredentialRecoveryCodes || json.Unmarshal(c.Data, &data) != nil {
		return 0
	}
	return len(data.Hashes)
}

// GenerateRecoveryCodes gives a user ten new recovery codes instead of those
// they had, and returns them: they are not kept. A user needs a recent sign-in:
// ErrProveAgain.
//
// It records a credential-change, "create" for the first set and otherwise
// "update".
func GenerateRecoveryCodes(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) ([]string, error) {
	c, u, err := beginFactor(tx, actor, user, cause, "Recovery codes were generated")
	if err != nil {
		return nil, err
	}
	kind := caep.ChangeUpdate
	set, err := recoveryCodesOf(tx, user)
	if errors.Is(err, idp.ErrNotFound) {
		kind = caep.ChangeCreate
		set = idp.Credential{ID: idp.NewID[idp.CredentialID](), UserID: user, Kind: idp.CredentialRecoveryCodes, CreatedAt: tx.Now()}
	} else if err != nil {
		return nil, err
	}
	var data recoveryCodesData
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = newRecoveryCode()
		data.Hashes = append(data.Hashes, hashRecoveryCode(set.ID, codes[i]))
	}
	if set.Data, err = json.Marshal(data); err != nil {
		return nil, err
	}
	set.UpdatedAt = tx.Now()
	if err := tx.PutCredential(set); err != nil {
		return nil, err
	}
	if err := c.credentialChanged(u, set, kind); err != nil {
		return nil, err
	}
	return codes, c.enter("user.generate_recovery_codes", u)
}

// RemoveRecoveryCodes takes a user's recovery codes; idp.ErrNotFound when there
// are none. A user needs a recent sign-in: ErrProveAgain.
//
// It records a credential-change "delete".
func RemoveRecoveryCodes(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, cause Cause) error {
	c, u, err := beginFactor(tx, actor, user, cause, "The recovery codes were removed")
	if err != nil {
		return err
	}
	set, err := recoveryCodesOf(tx, user)
	if err != nil {
		return err
	}
	if err := c.remove(u, set); err != nil {
		return err
	}
	return c.enter("user.remove_recovery_codes", u)
}

// ProveRecoveryCode adds a recovery code to a proof and uses it up; ErrCode
// when it is wrong or was used before. It stands in for a second factor.
//
// It records nothing while there are codes left. With the last one the set is
// gone, and it records a credential-change "delete".
func ProveRecoveryCode(_ context.Context, tx idp.Tx, actor idp.Actor, proof Proof, code string, cause Cause) (Proof, error) {
	u, err := proof.holds(tx)
	if err != nil {
		return Proof{}, err
	}
	set, err := recoveryCodesOf(tx, u.ID)
	if errors.Is(err, idp.ErrNotFound) {
		return Proof{}, fmt.Errorf("%w: %w", ErrCode, err)
	}
	if err != nil {
		return Proof{}, err
	}
	c, err := begin(tx, actor, cause, idp.CauseCredential, "The last recovery code was used", "You used your last recovery code")
	if err != nil {
		return Proof{}, err
	}
	left, err := takeRecoveryCode(&set, code)
	if err != nil {
		return Proof{}, err
	}
	set.UsedAt = tx.Now()
	if left == 0 {
		err = c.remove(u, set)
	} else {
		err = tx.PutCredential(set)
	}
	if err != nil {
		return Proof{}, err
	}
	// The set may be gone when the proof is used.
	return proof.with(ACRFactor, usedCredential{}, "otp", "mfa"), c.enter("user.use_recovery_code", u)
}

// takeRecoveryCode takes a code out of a set and returns how many are left.
func takeRecoveryCode(set *idp.Credential, code string) (int, error) {
	var data recoveryCodesData
	if err := json.Unmarshal(set.Data, &data); err != nil {
		return 0, fmt.Errorf("credential %s: %w", set.ID, err)
	}
	typed := hashRecoveryCode(set.ID, code)
	kept := make([][]byte, 0, len(data.Hashes))
	for _, hash := range data.Hashes {
		if subtle.ConstantTimeCompare(hash, typed) == 0 {
			kept = append(kept, hash)
		}
	}
	if len(kept) == len(data.Hashes) {
		return 0, ErrCode
	}
	var err error
	set.Data, err = json.Marshal(recoveryCodesData{Hashes: kept})
	return len(kept), err
}

// recoveryCodesOf returns a user's set of codes or idp.ErrNotFound.
func recoveryCodesOf(tx idp.Tx, user idp.UserID) (idp.Credential, error) {
	credentials, err := tx.Credentials(user)
	if err != nil {
		return idp.Credential{}, err
	}
	for _, c := range credentials {
		if c.Kind == idp.CredentialRecoveryCodes {
			return c, nil
		}
	}
	return idp.Credential{}, fmt.Errorf("recovery codes of user %s: %w", user, idp.ErrNotFound)
}
