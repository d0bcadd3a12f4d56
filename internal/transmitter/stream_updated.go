// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"encoding/json"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// appendStreamUpdated tells the Receiver of the status that the stream has now
// (SSF §8.1.5). It is a signal like any other, committed with the change, and
// reaches the stream whatever its status: before it the Receiver saw what was
// delivered while the stream was enabled, after it there is nothing.
func appendStreamUpdated(tx idp.Tx, s idp.Stream) (txn string, err error) {
	return appendControl(tx, s, ssf.StreamUpdated{Status: ssf.StreamStatus(s.Status), Reason: s.Reason})
}

// appendControl records a signal for one stream alone.
func appendControl(tx idp.Tx, s idp.Stream, event secevent.Event) (txn string, err error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return "", fmt.Errorf("stream %s: %w", s.ID, err)
	}
	signal := &idp.Signal{Txn: idp.NewID[string](), Type: event.EventType(), Event: payload,
		ApplicationID: s.ApplicationID, Stream: s.Num}
	if err := tx.AppendSignal(signal); err != nil {
		return "", fmt.Errorf("stream %s: %w", s.ID, err)
	}
	return signal.Txn, nil
}
