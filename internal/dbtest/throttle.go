// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var throttleChecks = []check{
	{"is zero until it is put", func(e *env) {
		same(e, "Throttle", read(e, idp.Tx.Throttle, "password/ada"), idp.Throttle{Key: "password/ada"})
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		for _, want := range []idp.Throttle{
			{Key: "password/ada", Level: 0.1, At: at, Failures: 1},
			{Key: "password/ada", Level: 3, At: at.Add(time.Hour), Failures: 1 << 40},
			{Key: "password/ada", At: at},
			{Key: strings.Repeat("k", 100), Level: 1e-9, At: at},
		} {
			write(e, idp.Tx.PutThrottle, want)
			same(e, "Throttle", read(e, idp.Tx.Throttle, want.Key), want)
		}
	}},
	{"is of now when no time is given", func(e *env) {
		want := idp.Throttle{Key: "k", Level: 1}
		e.update(func(tx idp.Tx) error {
			err := tx.PutThrottle(want)
			want.At = tx.Now()
			return err
		})
		same(e, "Throttle", read(e, idp.Tx.Throttle, "k"), want)
	}},
	{"has a key of at most 100 bytes", func(e *env) {
		for _, key := range []string{"", strings.Repeat("k", 101), strings.Repeat("ü", 51)} {
			if err := e.db.Update(e.Context(), func(tx idp.Tx) error {
				return tx.PutThrottle(idp.Throttle{Key: key})
			}); err == nil {
				e.Errorf("PutThrottle with a key of %d bytes = nil, want an error", len(key))
			}
		}
	}},
	{"is swept when it is old", func(e *env) {
		before := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		for key, at := range map[string]time.Time{
			"older": before.Add(-time.Hour), "old": before.Add(-time.Millisecond), "new": before,
		} {
			write(e, idp.Tx.PutThrottle, idp.Throttle{Key: key, Level: 1, At: at})
		}
		for _, want := range []int{1, 1, 0} {
			e.update(func(tx idp.Tx) error {
				n, err := tx.SweepThrottles(before, 1)
				if n != want {
					e.Errorf("SweepThrottles of at most 1 = %d, want %d", n, want)
				}
				return err
			})
		}
		for key, want := range map[string]float64{"older": 0, "old": 0, "new": 1} {
			if got := read(e, idp.Tx.Throttle, key).Level; got != want {
				e.Errorf("Level of %s after the sweep = %v, want %v", key, got, want)
			}
		}
	}},
}
