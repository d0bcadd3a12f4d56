// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// Throttle counts failures of one kind from one place, such as wrong passwords
// for one account. It is kept in the database, so that a restart or another
// node does not begin anew.
type Throttle struct {
	// Key names what is counted: a kind and the hash of an account or
	// network, at most 100 bytes. It never holds what somebody typed.
	Key string
	// Level is how much of the allowance is used up at At; it falls with time.
	Level float64
	At    time.Time
	// Failures counts in a row, for risk.
	Failures int
}

// ThrottleTx reads and writes throttles.
type ThrottleTx interface {
	// Throttle returns the zero value with its key when there is none.
	Throttle(key string) (Throttle, error)
	// PutThrottle creates the throttle or replaces the one with its key.
	PutThrottle(Throttle) error
	// SweepThrottles erases those whose At is before the given time, at most
	// limit of them.
	SweepThrottles(before time.Time, limit int) (int, error)
}
