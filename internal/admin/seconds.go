// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"math"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// maxSeconds is the longest duration that Go can hold, in seconds.
const maxSeconds = int64(math.MaxInt64 / time.Second)

// seconds is a duration in the API.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// setSeconds replaces a duration by that of a request, if it has one. What is
// too long for Go to hold is refused rather than wrapped around.
func setSeconds(field string, to *time.Duration, from *int64) error {
	if from == nil {
		return nil
	}
	if *from < 0 || *from > maxSeconds {
		return idp.Invalid(field, "must be 0 to %d", maxSeconds)
	}
	*to = time.Duration(*from) * time.Second
	return nil
}
