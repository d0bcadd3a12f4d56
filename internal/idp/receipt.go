// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// Receipt says what one application has made of one signal.
type Receipt struct {
	SignalID      int64
	Stream        StreamNum
	Seq           int64
	ApplicationID ApplicationID
	// Settled says that nothing more will be tried; Outcome and At are then
	// those of the last attempt. While it is false, Outcome is that of the
	// last failed attempt, or empty. It is also empty when the attempts were
	// erased before the delivery.
	Settled bool
	Outcome Outcome
	At      time.Time
	// Err and Detail are those of the last attempt that failed.
	Err    string
	Detail string
}
