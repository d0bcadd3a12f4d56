// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const deviceColumns = `id, user_id, token_hash, user_agent, created_at, seen_at, remembered_until`

func scanDevice(r row) (idp.Device, error) {
	var d idp.Device
	err := r.Scan(&d.ID, &d.UserID, asHash{&d.TokenHash}, &d.UserAgent,
		asTime{&d.CreatedAt}, asTime{&d.SeenAt}, asTime{&d.RememberedUntil})
	return d, err
}

func (t *tx) DeviceByToken(h idp.Hash) (idp.Device, error) {
	return one(t, "device of a token", scanDevice,
		`SELECT `+deviceColumns+` FROM devices WHERE token_hash = ?`, hash(h))
}

// DevicesOf reads along the index of users and instants, from its end.
func (t *tx) DevicesOf(user idp.UserID) ([]idp.Device, error) {
	return many(t, "devices of user "+string(user), scanDevice,
		`SELECT `+deviceColumns+` FROM devices WHERE user_id = ? ORDER BY created_at DESC, id DESC`, user)
}

// PutDevice changes a row only for the user it has, as PutCredential does: a
// remembered device must not come to let another user in.
func (t *tx) PutDevice(d idp.Device) error {
	what := "device " + d.ID
	n, err := t.exec(what, `
		INSERT INTO devices (`+deviceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET (token_hash, user_agent, seen_at, remembered_until) =
		  (excluded.token_hash, excluded.user_agent, excluded.seen_at, excluded.remembered_until)
		WHERE user_id = excluded.user_id`,
		d.ID, d.UserID, hash(d.TokenHash), d.UserAgent,
		t.created(d.CreatedAt), t.created(d.SeenAt), millis(d.RememberedUntil))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s belongs to another user: %w", what, idp.ErrConflict)
	}
	return nil
}

// ForgetDevices finds nothing to change for a user without devices, which is
// not an error: what has to be so is so.
func (t *tx) ForgetDevices(user idp.UserID) error {
	_, err := t.exec("devices of user "+string(user),
		`UPDATE devices SET remembered_until = NULL WHERE user_id = ?`, user)
	return err
}

// SweepDevices takes the devices that were not seen for longest. The few among
// them that are remembered are passed over.
func (t *tx) SweepDevices(before time.Time, limit int) (int, error) {
	n, err := t.exec("devices", `
		DELETE FROM devices WHERE id IN (
		  SELECT id FROM devices
		  WHERE seen_at < ? AND (remembered_until IS NULL OR remembered_until <= ?)
		  ORDER BY seen_at LIMIT ?)`, millis(before), millis(t.now), limit)
	return int(n), err
}
