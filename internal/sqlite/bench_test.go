// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// BenchmarkDeliveries appends deliveries of one payload a signal, reads them
// back and settles them, as a stream that keeps up does. An operation is one
// delivery.
func BenchmarkDeliveries(b *testing.B) {
	for _, batch := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			db := open(b, config(b))
			num := fill(b, db)
			var seq int64 = filled
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				update(b, db, func(tx idp.Tx) error { return appendDeliveries(tx, num, batch, 300) })
				err := db.View(b.Context(), func(tx idp.Tx) error {
					ds, err := tx.DeliveriesAfter(num, seq, batch, false)
					if len(ds) != batch {
						b.Fatalf("%d deliveries, want %d", len(ds), batch)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				seq += int64(batch)
				update(b, db, func(tx idp.Tx) error {
					err := tx.AppendAttempts([]idp.Attempt{
						{Stream: num, From: seq - int64(batch) + 1, To: seq, Outcome: idp.Acknowledged, Status: 202}})
					if err != nil {
						return err
					}
					return tx.SetPosition(num, idp.Position{Floor: seq})
				})
			}
		})
	}
}
