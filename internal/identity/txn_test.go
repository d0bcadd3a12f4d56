// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestTxn: the signals of one change share a txn, and no other change has it
// (SSF §4.1.9). The same change twice is two.
func TestTxn(t *testing.T) {
	f := newFixture(t)
	seen := make(map[string]bool)
	for _, verb := range []func(context.Context, idp.Tx, idp.Actor, idp.UserID, identity.Cause) error{
		identity.DisableUser, identity.EnableUser, identity.DisableUser, identity.DeleteUser,
	} {
		var signals []idp.Signal
		f.update(t, func(tx idp.Tx) error {
			last, err := tx.LastSignal()
			if err != nil {
				return err
			}
			if err := verb(t.Context(), tx, f.root(), f.ada.ID, identity.Cause{}); err != nil {
				return err
			}
			signals, err = tx.SignalsAfter(last, 10)
			return err
		})
		if len(signals) == 0 || signals[0].Txn == "" || seen[signals[0].Txn] {
			t.Fatalf("signals = %+v, want some with a txn that no change before had", signals)
		}
		seen[signals[0].Txn] = true
		for _, s := range signals {
			if s.Txn != signals[0].Txn {
				t.Errorf("txn = %q and %q in one change", signals[0].Txn, s.Txn)
			}
		}
	}
}
