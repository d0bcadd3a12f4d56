// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// SignalReport is a signal with what each application has made of it.
type SignalReport struct {
	Signal   idp.Signal
	Receipts []idp.Receipt
}

// Change returns the signals of one change, in order, with their receipts. The
// txn is that of an audit entry; idp.ErrNotFound when the change made no
// signals, or when they were swept.
func Change(_ context.Context, tx idp.Tx, actor idp.Actor, txn string) ([]SignalReport, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	signals, err := tx.SignalsOf(txn)
	if err != nil {
		return nil, err
	}
	if len(signals) == 0 {
		return nil, fmt.Errorf("signals of the change %q: %w", txn, idp.ErrNotFound)
	}
	reports := make([]SignalReport, 0, len(signals))
	for _, s := range signals {
		receipts, err := tx.Receipts(s.ID)
		if err != nil {
			return nil, err
		}
		reports = append(reports, SignalReport{s, receipts})
	}
	return reports, nil
}
