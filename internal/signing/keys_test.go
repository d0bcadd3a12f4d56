// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// inBubble gives fn a key made at the bubble's now.
func inBubble(t *testing.T, fn func(t *testing.T, db *memoryDB, keys *signing.Keys)) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k")
		db := &memoryDB{key: &key}
		fn(t, db, signing.New(signing.Config{DB: db}))
	})
}

func signerKID(t *testing.T, keys *signing.Keys, id idp.KeyID) string {
	t.Helper()
	s, err := keys.Signer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s.KeyID()
}

func publishedKIDs(t *testing.T, keys *signing.Keys, id idp.KeyID) []string {
	t.Helper()
	raw, err := keys.JWKS(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	set, err := secevent.ParseJWKS(raw)
	if err != nil {
		t.Fatal(err)
	}
	var kids []string
	for _, k := range set {
		if k.Algorithm != secevent.ES256 {
			t.Errorf("key %s is published for %q, want ES256", k.ID, k.Algorithm)
		}
		kids = append(kids, k.ID)
	}
	return kids
}

func TestKeys(t *testing.T) {
	t.Run("the next version signs from its instant on without another read", func(t *testing.T) {
		inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
			old := db.key.Versions[0]
			next := nextOf(t, *db.key, time.Now(), time.Now().Add(10*time.Second))
			db.key.Versions = append(db.key.Versions, next)
			if got := signerKID(t, keys, db.key.ID); got != old.KID {
				t.Errorf("before: signs with %s, want the old version %s", got, old.KID)
			}
			time.Sleep(10 * time.Second)
			if got := signerKID(t, keys, db.key.ID); got != next.KID {
				t.Errorf("after: signs with %s, want the next version %s", got, next.KID)
			}
			if db.reads != 1 {
				t.Errorf("read the key %d times, want 1", db.reads)
			}
		})
	})
	t.Run("all versions are published until they are removed", func(t *testing.T) {
		inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
			gone := nextOf(t, *db.key, time.Now(), time.Now().Add(-time.Hour))
			gone.RemovedAt, gone.Private = time.Now(), idp.Secret{}
			next := nextOf(t, *db.key, time.Now(), time.Now().Add(time.Hour))
			db.key.Versions = []idp.KeyVersion{gone, db.key.Versions[0], next}
			want := []string{next.KID, db.key.Versions[1].KID}
			if got := publishedKIDs(t, keys, db.key.ID); !slices.Equal(got, want) {
				t.Errorf("JWKS holds %v, want %v", got, want)
			}
		})
	})
	t.Run("a change elsewhere is seen within 30 seconds", func(t *testing.T) {
		inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
			signerKID(t, keys, db.key.ID)
			next := nextOf(t, *db.key, time.Now(), time.Now())
			db.key.Versions = append(db.key.Versions, next)
			time.Sleep(30 * time.Second)
			if got := signerKID(t, keys, db.key.ID); got != next.KID {
				t.Errorf("signs with %s, want %s", got, next.KID)
			}
		})
	})
	t.Run("our own change is seen at once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
			for _, forget := range []func(){func() { keys.Forget(db.key.ID) }, keys.ForgetAll} {
				signerKID(t, keys, db.key.ID)
				next := nextOf(t, *db.key, time.Now(), time.Now())
				db.key.Versions = append(db.key.Versions, next)
				forget()
				if got := signerKID(t, keys, db.key.ID); got != next.KID {
					t.Errorf("signs with %s, want %s", got, next.KID)
				}
			}
		})
	})
	t.Run("an unknown key is not found", func(t *testing.T) {
		inBubble(t, func(t *testing.T, _ *memoryDB, keys *signing.Keys) {
			_, err := keys.Signer(t.Context(), "nobody")
			if !errors.Is(err, idp.ErrNotFound) {
				t.Errorf("Signer(unknown) = %v, want ErrNotFound", err)
			}
		})
	})
	t.Run("a key that is not active yet does not sign", func(t *testing.T) {
		inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
			db.key.Versions[0].ActiveFrom = time.Now().Add(time.Second)
			_, err := keys.Signer(t.Context(), db.key.ID)
			if !errors.Is(err, idp.ErrNotFound) {
				t.Errorf("Signer = %v, want ErrNotFound", err)
			}
		})
	})
}
