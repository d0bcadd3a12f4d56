// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const throttleColumns = `key, level, at, failures`

// Throttle of what never failed has no row, which is not an error.
func (t *tx) Throttle(key string) (idp.Throttle, error) {
	h, err := one(t, "throttle "+key, func(r row) (idp.Throttle, error) {
		var h idp.Throttle
		err := r.Scan(&h.Key, &h.Level, asTime{&h.At}, &h.Failures)
		return h, err
	}, `SELECT `+throttleColumns+` FROM throttles WHERE key = ?`, key)
	if errors.Is(err, idp.ErrNotFound) {
		return idp.Throttle{Key: key}, nil
	}
	return h, err
}

// PutThrottle writes the whole state. Callers read it in the same transaction,
// so no failure between the two is lost.
func (t *tx) PutThrottle(h idp.Throttle) error {
	_, err := t.exec("throttle "+h.Key, `
		INSERT INTO throttles (`+throttleColumns+`) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET (level, at, failures) =
		  (excluded.level, excluded.at, excluded.failures)`,
		h.Key, h.Level, t.created(h.At), h.Failures)
	return err
}

// SweepThrottles begins with the oldest, along the index of times. The caller
// chooses a time by which an allowance is whole again.
func (t *tx) SweepThrottles(before time.Time, limit int) (int, error) {
	n, err := t.exec("throttles", `
		DELETE FROM throttles WHERE key IN (
		  SELECT key FROM throttles WHERE at < ? ORDER BY at LIMIT ?)`, millis(before), limit)
	return int(n), err
}
