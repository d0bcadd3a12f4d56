// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math/rand/v2"
	"time"
)

const (
	// leastPause keeps full jitter from meaning no pause at all.
	leastPause = 100 * time.Millisecond
	// mostPause bounds the time between two probes of a failing endpoint.
	mostPause = 10 * time.Minute
	// mostRetryAfter bounds what a Receiver may ask for.
	mostRetryAfter = time.Hour
)

// breaker decides how many SETs a stream may have under way. A working
// endpoint gets up to the window; a failing one gets a probe at a time, after
// a pause; one that works again starts slowly.
type breaker struct {
	limit    int
	window   int
	failures int
	since    time.Time
	nextAt   time.Time
	// epoch counts the pauses. A failure of a SET that was sent before the
	// last pause began is the same failure again, not another one.
	epoch int
}

func newBreaker(limit int) *breaker { return &breaker{limit: limit, window: limit} }

// room reports whether another SET may be sent at now.
func (b *breaker) room(underWay int, now time.Time) bool {
	if b.failures > 0 {
		return underWay == 0 && !now.Before(b.nextAt)
	}
	return underWay < b.window
}

// succeeded closes the breaker and widens the window.
func (b *breaker) succeeded() {
	if b.failures > 0 {
		*b = breaker{limit: b.limit, window: 1, epoch: b.epoch + 1}
		return
	}
	b.window = min(2*b.window, b.limit)
}

// failed opens the breaker for a SET sent in the given epoch. A retryAfter of
// zero lets the breaker choose the pause.
func (b *breaker) failed(epoch int, now time.Time, retryAfter time.Duration) {
	if retryAfter > 0 {
		b.nextAt = later(b.nextAt, now.Add(min(retryAfter, mostRetryAfter)))
	}
	if epoch != b.epoch {
		return
	}
	b.epoch++
	b.failures++
	if b.failures == 1 {
		b.since = now
	}
	b.nextAt = later(b.nextAt, now.Add(b.pause(now)))
}

// pause draws a pause with full jitter. Its bound doubles with each failure
// and is at most a quarter of the outage so far, so that the end of a short
// outage is noticed soon and that of a long one costs few probes.
func (b *breaker) pause(now time.Time) time.Duration {
	bound := time.Second << min(b.failures, 20)
	bound = min(bound, max(2*time.Second, now.Sub(b.since)/4), mostPause)
	return max(leastPause, rand.N(bound))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
