// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
)

// Change returns the signals of one change, in order, with their receipts. The
// txn is that of an audit entry; idp.ErrNotFound when the change made no
// signals, or when they were swept.
func Change(ctx context.Context, tx idp.Tx, actor idp.Actor, txn string) ([]transmitter.SignalReceipts, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	told, err := transmitter.Receipts(ctx, tx, txn)
	if err != nil {
		return nil, err
	}
	if len(told) == 0 {
		return nil, fmt.Errorf("signals of the change %q: %w", txn, idp.ErrNotFound)
	}
	return told, nil
}
