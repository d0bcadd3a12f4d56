// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

var signingKeyChecks = []check{
	{"comes back with its versions, oldest first", func(e *env) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		old := idp.KeyVersion{KID: "z", Public: []byte{1, 2}, Private: idp.NewSecret("\x00old"),
			CreatedAt: at, ActiveFrom: at.Add(time.Hour), RemovedAt: at.Add(9 * time.Hour)}
		next := idp.KeyVersion{KID: "a", Public: []byte{3, 4}, Private: idp.NewSecret("new"),
			CreatedAt: at, ActiveFrom: at.Add(2 * time.Hour)}
		key := idp.SigningKey{ID: "k", Name: "main", Algorithm: secevent.RS256, CreatedAt: at,
			Versions: []idp.KeyVersion{next, old}}
		write(e, idp.Tx.CreateSigningKey, key)
		key.Versions = []idp.KeyVersion{old, next}
		same(e, "SigningKey", read(e, idp.Tx.SigningKey, "k"), key)
		same(e, "SigningKeys", get(e, idp.Tx.SigningKeys), []idp.SigningKey{key})
	}},
	{"has a name of its own", func(e *env) {
		k := e.signingKey("k")
		refuse(e, idp.ErrConflict, idp.Tx.CreateSigningKey, idp.SigningKey{ID: "x", Name: k.Name, Algorithm: k.Algorithm})
	}},
	{"gets and replaces versions", func(e *env) {
		k := e.signingKey("k")
		second := idp.KeyVersion{KID: "k-2", Public: []byte("second"), Private: idp.NewSecret("p2"),
			CreatedAt: k.CreatedAt, ActiveFrom: k.CreatedAt.Add(time.Hour)}
		e.update(func(tx idp.Tx) error { return tx.PutKeyVersion(k.ID, second) })
		first := k.Versions[0]
		first.Private, first.RemovedAt = idp.Secret{}, k.CreatedAt.Add(2*time.Hour)
		e.update(func(tx idp.Tx) error { return tx.PutKeyVersion(k.ID, first) })
		same(e, "Versions", read(e, idp.Tx.SigningKey, k.ID).Versions, []idp.KeyVersion{first, second})
	}},
	{"shares no version", func(e *env) {
		k, other := e.signingKey("k"), e.signingKey("other")
		e.refused(idp.ErrConflict, func(tx idp.Tx) error { return tx.PutKeyVersion(other.ID, k.Versions[0]) })
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.SigningKey, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteSigningKey, "none")
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error {
			return tx.PutKeyVersion("none", idp.KeyVersion{KID: "1", Public: []byte("p"), ActiveFrom: tx.Now()})
		})
	}},
	{"stays while a provider uses it", func(e *env) {
		p := e.ssfProvider("p", "")
		refuse(e, idp.ErrConflict, idp.Tx.DeleteSigningKey, p.SigningKeyID)
		read(e, idp.Tx.SigningKey, p.SigningKeyID)
		write(e, idp.Tx.DeleteSSFProvider, p.ID)
		write(e, idp.Tx.DeleteSigningKey, p.SigningKeyID)
		missing(e, idp.Tx.SigningKey, p.SigningKeyID)
	}},
	{"knows which SETs are kept", func(e *env) {
		s := e.stream("s", idp.Poll)
		e.deliver(s.Num, 3)
		e.settle(s.Num, 1, 2)
		inUse := func(kid string, want bool) {
			e.Helper()
			if got := read(e, idp.Tx.KIDInUse, kid); got != want {
				e.Errorf("KIDInUse(%q) = %v, want %v", kid, got, want)
			}
		}
		for seq, kind := range map[int64]idp.ExceptionKind{1: idp.Retry, 2: idp.DeadLetter} {
			write(e, idp.Tx.PutException, idp.Exception{Stream: s.Num, Seq: seq, OrderKey: 7, Kind: kind,
				KID: string(kind), JWS: "jws"})
		}
		write(e, idp.Tx.PutHandouts, []idp.Handout{{Stream: s.Num, Seq: 3, KID: "handout", JWS: "jws"}})
		inUse("retry", true)
		inUse("handout", true)
		inUse("dead_letter", false)
		inUse("other", false)
		e.update(func(tx idp.Tx) error { return tx.DeleteException(s.Num, 1) })
		e.update(func(tx idp.Tx) error { return tx.DeleteHandouts(s.Num, []int64{3}) })
		inUse("retry", false)
		inUse("handout", false)
	}},
}
