// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"time"
)

// ago says how long before now something was, in the words of a list: "just
// now", "5 minutes ago", "3 days ago". From four weeks on it is the date.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute") + " ago"
	case d < 24*time.Hour:
		return count(int(d/time.Hour), "hour") + " ago"
	case d < 28*24*time.Hour:
		return count(int(d/(24*time.Hour)), "day") + " ago"
	default:
		return "on " + date(t)
	}
}

// Ago is ago for what is told outside of a page.
func Ago(now, t time.Time) string { return ago(now, t) }

// date is a day as people write it: "23 November 2026".
func date(t time.Time) string { return t.UTC().Format("2 January 2006") }

// instant is the exact time, for whoever points at the words.
func instant(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// machine is the time as the datetime attribute wants it.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// count is a number and its noun: "1 session", "3 sessions".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
