// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// LocalPath opens localPath to tests.
func LocalPath(next string) string { return localPath(next) }

// DeviceOf opens device to tests.
func DeviceOf(userAgent string) page.Device {
	return device(idp.Session{UserAgent: userAgent})
}

// Buckets opens the rate limiter to tests.
type Buckets struct{ b *buckets }

// NewBuckets returns buckets.
func NewBuckets(burst int, every time.Duration, kept int) Buckets {
	return Buckets{newBuckets(burst, every, kept)}
}

// Take takes a token for key, or returns how long until there is one.
func (b Buckets) Take(key string) time.Duration { return b.b.take(idp.HashToken(key)) }

// GiveBack returns a token.
func (b Buckets) GiveBack(key string) { b.b.giveBack(idp.HashToken(key)) }

// Len is how many keys are kept.
func (b Buckets) Len() int { return len(b.b.byKey) }

// Attempts opens the count of failed tries to tests.
type Attempts struct{ a *attempts }

// NewAttempts returns a count of nothing.
func NewAttempts() Attempts { return Attempts{newAttempts()} }

// Begin takes a try, or returns how long to wait.
func (a Attempts) Begin(login, address string) time.Duration { return a.a.begin(login, address) }

// Succeed gives a try back.
func (a Attempts) Succeed(login, address string) { a.a.succeed(login, address) }

// SameNetwork reports whether two addresses are counted as one.
func SameNetwork(a, b string) bool { return network(a) == network(b) }
