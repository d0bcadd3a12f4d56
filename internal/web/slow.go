// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/web/page"
)

// slowError says that there were too many failed tries.
type slowError struct{ wait time.Duration }

// Error says how long to wait.
func (e *slowError) Error() string { return fmt.Sprintf("too many tries; wait %v", e.wait) }

// slowDown answers 429 and says when to try again, and where.
func (s *Site) slowDown(wait time.Duration, back string) error {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return &pageError{
		status:     http.StatusTooManyRequests,
		heading:    "Too many tries",
		text:       "There were too many failed tries. Wait " + words(seconds) + ", then try again.",
		link:       page.Link{Text: "Back to the form", URL: back},
		retryAfter: seconds,
		cause:      &slowError{wait},
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
