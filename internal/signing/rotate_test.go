// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

func TestRotate(t *testing.T) {
	db := openDB(t)
	key := newKey(t, "k")
	update(t, db, func(tx idp.Tx) error { return tx.CreateSigningKey(key) })

	for _, overlap := range []time.Duration{-time.Second, time.Second, signing.MinOverlap - 1, signing.MaxOverlap + 1} {
		err := db.Update(t.Context(), func(tx idp.Tx) error {
			_, err := signing.Rotate(tx, key.ID, nextOf(t, key, time.Time{}, time.Time{}), overlap)
			return err
		})
		wantInvalid(t, err, "overlap")
	}

	next := nextOf(t, key, time.Time{}, time.Time{})
	update(t, db, func(tx idp.Tx) error {
		v, err := signing.Rotate(tx, key.ID, next, 0)
		if err != nil {
			return err
		}
		if !v.CreatedAt.Equal(tx.Now()) || !v.ActiveFrom.Equal(tx.Now().Add(signing.DefaultOverlap)) {
			t.Errorf("Rotate at %v: published %v, signs from %v, want now and an hour later", tx.Now(), v.CreatedAt, v.ActiveFrom)
		}
		stored, err := tx.SigningKey(key.ID)
		if err != nil {
			return err
		}
		active, ok := stored.Active(tx.Now())
		if len(stored.Versions) != 2 || !ok || active.KID != key.Versions[0].KID {
			t.Errorf("after Rotate: %d versions, %s signs, want 2 and the first one", len(stored.Versions), active.KID)
		}
		return nil
	})

	err := db.Update(t.Context(), func(tx idp.Tx) error {
		_, err := signing.Rotate(tx, key.ID, nextOf(t, key, time.Time{}, time.Time{}), 0)
		return err
	})
	if !errors.Is(err, idp.ErrConflict) {
		t.Errorf("Rotate during a rotation = %v, want ErrConflict", err)
	}
	err = db.Update(t.Context(), func(tx idp.Tx) error {
		_, err := signing.Rotate(tx, "nobody", next, 0)
		return err
	})
	if !errors.Is(err, idp.ErrNotFound) {
		t.Errorf("Rotate of an unknown key = %v, want ErrNotFound", err)
	}
}

// usedTx says that one kid is on a SET that is kept.
type usedTx struct {
	idp.Tx
	kid string
}

func (tx usedTx) KIDInUse(kid string) (bool, error) { return kid == tx.kid, nil }

func TestSweep(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name string
		// stopped is how long ago the first version stopped signing; negative
		// is in the future.
		stopped time.Duration
		// retention of a provider that uses the key; zero for no provider.
		retention time.Duration
		inUse     bool
		want      int
	}{
		{"the only active version stays", -time.Hour, 0, false, 0},
		{"a day for ID tokens", day - time.Minute, 0, false, 0},
		{"after a day without providers", day, 0, false, 1},
		{"for the retention of a provider", 6 * day, 7 * day, false, 0},
		{"after the retention", 7 * day, 7 * day, false, 1},
		{"while a SET is kept", 70 * day, 7 * day, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openDB(t)
			key := newKey(t, "k")
			now := time.Now().UTC()
			key.Versions[0].CreatedAt = now.Add(-100 * day)
			key.Versions[0].ActiveFrom = key.Versions[0].CreatedAt
			key.Versions = append(key.Versions, nextOf(t, key, now.Add(-90*day), now.Add(-c.stopped)))
			update(t, db, func(tx idp.Tx) error { return tx.CreateSigningKey(key) })
			if c.retention > 0 {
				update(t, db, func(tx idp.Tx) error { return tx.CreateSSFProvider(provider(key.ID, c.retention)) })
			}
			update(t, db, func(tx idp.Tx) error {
				if c.inUse {
					tx = usedTx{tx, key.Versions[0].KID}
				}
				if n, err := signing.Sweep(tx); err != nil || n != c.want {
					t.Errorf("Sweep = %d, %v, want %d", n, err, c.want)
				}
				return nil
			})
			checkSwept(t, db, key.ID, c.want == 1)
		})
	}
}

// checkSwept fails unless the first version is removed with its private key,
// or as it was, and the second is as it was.
func checkSwept(t *testing.T, db idp.DB, id idp.KeyID, removed bool) {
	t.Helper()
	update(t, db, func(tx idp.Tx) error {
		key, err := tx.SigningKey(id)
		if err != nil {
			return err
		}
		for i, want := range []bool{removed, false} {
			v := key.Versions[i]
			if v.RemovedAt.IsZero() == want || v.Private.IsZero() != want {
				t.Errorf("version %d: removed at %v, private key erased %t, want removed %t", i, v.RemovedAt, v.Private.IsZero(), want)
			}
		}
		if !removed {
			return nil
		}
		n, err := signing.Sweep(tx)
		if n != 0 {
			t.Errorf("second Sweep = %d, want 0", n)
		}
		return err
	})
}

func provider(key idp.KeyID, retention time.Duration) idp.SSFProvider {
	return idp.SSFProvider{
		ID: idp.NewID[idp.ProviderID](), Name: "Atlas", Slug: "atlas", SigningKeyID: key,
		EventRetention: retention, EventTypes: []secevent.EventType{caep.TypeSessionRevoked},
		DefaultSubjects: idp.SubjectsAll,
	}
}
