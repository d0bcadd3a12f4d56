// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
)

// TypeStreamUpdated is the event type of StreamUpdated (SSF §8.1.5).
const TypeStreamUpdated secevent.EventType = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated"

// StreamUpdated says that the Transmitter has changed the status of the stream
// (SSF §8.1.5). The subject of the SET is StreamSubject. It may be sent
// although the stream does not list its type.
type StreamUpdated struct {
	// Status is the new status. Required.
	Status StreamStatus `json:"status"`

	// Reason is why, in words. Optional.
	Reason string `json:"reason,omitempty"`
}

// EventType returns TypeStreamUpdated.
func (StreamUpdated) EventType() secevent.EventType { return TypeStreamUpdated }

// Validate checks the status.
func (e StreamUpdated) Validate() error {
	if e.Status.Valid() {
		return nil
	}
	return &secevent.Error{
		Code:        secevent.InvalidRequest,
		Description: fmt.Sprintf("event %s: status is %.40q, want enabled, paused or disabled", e.EventType(), e.Status),
	}
}
