// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// slowError says that there were too many failed tries.
type slowError struct{ wait time.Duration }

// Error says how long to wait.
func (e *slowError) Error() string { return fmt.Sprintf("too many tries; wait %v", e.wait) }

// slowDown answers 429 and says when to try again (RFC 9110 §10.2.3).
func (s *Site) slowDown(v *visit, wait time.Duration) error {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	v.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &pageError{
		status:  http.StatusTooManyRequests,
		heading: "Too many tries",
		text:    "There were too many failed sign-ins. Try again in " + words(seconds) + ".",
		cause:   &slowError{wait},
	}
}

// words is a wait as people say it.
func words(seconds int) string {
	switch minutes := (seconds + 59) / 60; {
	case seconds == 1:
		return "a second"
	case seconds < 60:
		return strconv.Itoa(seconds) + " seconds"
	case minutes == 1:
		return "a minute"
	default:
		return strconv.Itoa(minutes) + " minutes"
	}
}
