// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// fullDevice has a value in each member.
func fullDevice(id string, user idp.UserID) idp.Device {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return idp.Device{
		ID: id, UserID: user, TokenHash: idp.HashToken(id), UserAgent: "Browser/1.0",
		CreatedAt: at, SeenAt: at.Add(time.Hour), RememberedUntil: at.Add(48 * time.Hour),
	}
}

var deviceChecks = []check{
	{"comes back as it was put, newest first", func(e *env) {
		u := e.user("ada")
		old, other := fullDevice("old", u.ID), fullDevice("other", e.user("bob").ID)
		next := fullDevice("next", u.ID)
		next.CreatedAt, next.RememberedUntil = old.CreatedAt.Add(time.Second), time.Time{}
		for _, d := range []idp.Device{next, old, other} {
			write(e, idp.Tx.PutDevice, d)
		}
		same(e, "DevicesOf", read(e, idp.Tx.DevicesOf, u.ID), []idp.Device{next, old})
		same(e, "DeviceByToken", read(e, idp.Tx.DeviceByToken, other.TokenHash), other)
	}},
	{"was seen when it is made", func(e *env) {
		d := idp.Device{ID: "d", UserID: e.user("ada").ID, TokenHash: idp.HashToken("d")}
		e.update(func(tx idp.Tx) error {
			err := tx.PutDevice(d)
			d.CreatedAt, d.SeenAt = tx.Now(), tx.Now()
			return err
		})
		same(e, "Device", read(e, idp.Tx.DeviceByToken, d.TokenHash), d)
	}},
	{"is replaced but for its id, user and creation", func(e *env) {
		d := fullDevice("d", e.user("ada").ID)
		write(e, idp.Tx.PutDevice, d)
		created := d.CreatedAt
		d.TokenHash, d.UserAgent = idp.HashToken("new"), "Browser/2.0"
		d.CreatedAt, d.SeenAt, d.RememberedUntil = d.SeenAt, d.SeenAt.Add(time.Hour), time.Time{}
		write(e, idp.Tx.PutDevice, d)
		d.CreatedAt = created
		same(e, "DevicesOf", read(e, idp.Tx.DevicesOf, d.UserID), []idp.Device{d})
		missing(e, idp.Tx.DeviceByToken, idp.HashToken("d"))
	}},
	{"stays with its user", func(e *env) {
		d := fullDevice("d", e.user("ada").ID)
		write(e, idp.Tx.PutDevice, d)
		bobs := fullDevice("d", e.user("bob").ID)
		refuse(e, idp.ErrConflict, idp.Tx.PutDevice, bobs)
		bobs.ID = "other"
		refuse(e, idp.ErrConflict, idp.Tx.PutDevice, bobs) // the cookie is ada's
		bobs.UserID, bobs.TokenHash = "nobody", idp.HashToken("other")
		refuse(e, idp.ErrNotFound, idp.Tx.PutDevice, bobs)
		same(e, "Device", read(e, idp.Tx.DeviceByToken, d.TokenHash), d)
	}},
	{"is forgotten but stays known", func(e *env) {
		d, other := fullDevice("d", e.user("ada").ID), fullDevice("other", e.user("bob").ID)
		write(e, idp.Tx.PutDevice, d)
		write(e, idp.Tx.PutDevice, other)
		for range 2 { // the second time there is nothing to forget
			write(e, idp.Tx.ForgetDevices, d.UserID)
		}
		d.RememberedUntil = time.Time{}
		same(e, "Device", read(e, idp.Tx.DeviceByToken, d.TokenHash), d)
		same(e, "Device of another", read(e, idp.Tx.DeviceByToken, other.TokenHash), other)
	}},
	{"is swept when it was not seen for long", sweepDevices},
}

func sweepDevices(e *env) {
	u := e.user("ada")
	var before time.Time
	e.update(func(tx idp.Tx) error {
		before = tx.Now().Add(-time.Hour)
		old := before.Add(-time.Millisecond)
		for id, d := range map[string]idp.Device{
			"old":              {SeenAt: old},
			"remembered once":  {SeenAt: old.Add(-time.Hour), RememberedUntil: tx.Now()},
			"remembered still": {SeenAt: old.Add(-time.Hour), RememberedUntil: tx.Now().Add(time.Hour)},
			"seen":             {SeenAt: before},
		} {
			d.ID, d.UserID, d.TokenHash = id, u.ID, idp.HashToken(id)
			if err := tx.PutDevice(d); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{1, 1, 0} {
		e.update(func(tx idp.Tx) error {
			n, err := tx.SweepDevices(before, 1)
			if n != want {
				e.Errorf("SweepDevices of at most 1 = %d, want %d", n, want)
			}
			return err
		})
	}
	for _, id := range []string{"remembered still", "seen"} {
		read(e, idp.Tx.DeviceByToken, idp.HashToken(id))
	}
}
