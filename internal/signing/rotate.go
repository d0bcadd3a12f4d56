// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// DefaultOverlap is how long the next version is published before it
	// signs, when Rotate is not told otherwise.
	DefaultOverlap = time.Hour
	// MinOverlap is the least: whoever fetched the JWK Set just before the
	// rotation has to fetch it again before the next version signs.
	MinOverlap = 2 * JWKSMaxAge
	// MaxOverlap keeps a rotation from being forgotten.
	MaxOverlap = 30 * 24 * time.Hour
)

// Rotate publishes next as the next version of the key from now on and lets it
// sign after overlap; zero means DefaultOverlap. Until then the present version
// signs. It returns next with its times.
//
// A key whose last rotation has not come into effect is idp.ErrConflict: two
// unsigned-for versions would say nothing about which of them comes next.
func Rotate(tx idp.Tx, id idp.KeyID, next idp.KeyVersion, overlap time.Duration) (idp.KeyVersion, error) {
	if overlap == 0 {
		overlap = DefaultOverlap
	}
	if overlap < MinOverlap || overlap > MaxOverlap {
		return idp.KeyVersion{}, idp.Invalid("overlap", "must be %v to %v", MinOverlap, MaxOverlap)
	}
	key, err := tx.SigningKey(id)
	if err != nil {
		return idp.KeyVersion{}, err
	}
	for _, v := range key.Versions {
		if v.RemovedAt.IsZero() && v.ActiveFrom.After(tx.Now()) {
			return idp.KeyVersion{}, fmt.Errorf("signing key %s: a rotation is under way, its version signs from %s: %w",
				id, v.ActiveFrom.Format(time.RFC3339), idp.ErrConflict)
		}
	}
	next.CreatedAt = tx.Now()
	next.ActiveFrom = tx.Now().Add(overlap)
	return next, tx.PutKeyVersion(id, next)
}

// leastKept is how long a version stays published after it stopped signing,
// whatever the retention of events: an ID token lives up to 24 hours.
const leastKept = 24 * time.Hour

// Sweep removes the versions that nobody can need any more and returns how
// many. A version is needed while it signs or is yet to sign; while a SET that
// it signed is kept to be delivered again; and for the longest retention among
// the key's SSF providers after it stopped signing, at least a day.
//
// Sweep is meant to run every few minutes, in an Update of its own. The caller
// then calls Keys.Forget.
func Sweep(tx idp.Tx) (int, error) {
	keys, err := tx.SigningKeys()
	if err != nil {
		return 0, err
	}
	kept, err := retention(tx)
	if err != nil {
		return 0, err
	}
	var removed int
	for _, key := range keys {
		for i, v := range key.Versions {
			stopped, ok := stoppedAt(key, i, tx.Now())
			if !ok || tx.Now().Before(stopped.Add(max(leastKept, kept[key.ID]))) {
				continue
			}
			if used, err := tx.KIDInUse(v.KID); err != nil {
				return removed, err
			} else if used {
				continue
			}
			v.RemovedAt = tx.Now()
			v.Private = idp.Secret{}
			if err := tx.PutKeyVersion(key.ID, v); err != nil {
				return removed, err
			}
			removed++
		}
	}
	return removed, nil
}

// retention is the longest event retention of the providers of each key.
func retention(tx idp.Tx) (map[idp.KeyID]time.Duration, error) {
	providers, err := tx.SSFProviders()
	if err != nil {
		return nil, err
	}
	longest := make(map[idp.KeyID]time.Duration)
	for _, p := range providers {
		longest[p.SigningKeyID] = max(longest[p.SigningKeyID], p.EventRetention)
	}
	return longest, nil
}

// stoppedAt is when version i of key stopped signing: when the first version
// after it that is active by now became so. It is false for a version that is
// removed already or has not been followed.
func stoppedAt(key idp.SigningKey, i int, now time.Time) (time.Time, bool) {
	if !key.Versions[i].RemovedAt.IsZero() || i+1 >= len(key.Versions) {
		return time.Time{}, false
	}
	next := key.Versions[i+1].ActiveFrom
	return next, !next.After(now)
}
