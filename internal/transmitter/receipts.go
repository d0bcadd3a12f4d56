// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// SignalReceipts says who was told of one signal.
type SignalReceipts struct {
	Signal idp.Signal
	// Waiting says that fan-out has not come to the signal yet, so that
	// Receipts may be incomplete. It lasts a moment.
	Waiting bool
	// Receipts are by application and stream; none when no stream concerns
	// the signal, or when its deliveries were erased after their retention.
	Receipts []Receipt
}

// Receipt says whether one application has confirmed a signal.
type Receipt struct {
	idp.Receipt
	// Application is its name; empty when it was deleted meanwhile.
	Application string
	// Method is how it is told.
	Method idp.DeliveryMethod
}

// Confirmed reports whether the application acknowledged the signal; At is then
// when.
func (r Receipt) Confirmed() bool { return r.Settled && r.Outcome == idp.Acknowledged }

// Receipts returns the signals of one change, in their order, each with the
// applications that were told and what became of it there. A txn without
// signals is no error. What the reader may see of them is for the caller to
// decide: the account page shows those about its own user.
func Receipts(_ context.Context, tx idp.Tx, txn string) ([]SignalReceipts, error) {
	signals, err := tx.SignalsOf(txn)
	if err != nil || len(signals) == 0 {
		return nil, err
	}
	position, err := tx.FanOutPosition()
	if err != nil {
		return nil, err
	}
	applications := make(map[idp.ApplicationID]idp.Application)
	streams := make(map[idp.StreamNum]idp.Stream)
	all := make([]SignalReceipts, len(signals))
	for i, sig := range signals {
		all[i] = SignalReceipts{Signal: sig, Waiting: sig.ID > position}
		receipts, err := tx.Receipts(sig.ID)
		if err != nil {
			return nil, fmt.Errorf("signal %d: %w", sig.ID, err)
		}
		for _, r := range receipts {
			app, appErr := remember(applications, r.ApplicationID, tx.Application)
			stream, streamErr := remember(streams, r.Stream, tx.StreamByNum)
			if err := errors.Join(appErr, streamErr); err != nil {
				return nil, err
			}
			all[i].Receipts = append(all[i].Receipts, Receipt{Receipt: r, Application: app.Name, Method: stream.Method})
		}
	}
	return all, nil
}
