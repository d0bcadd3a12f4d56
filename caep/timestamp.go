// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// maxSeconds is the last second of the year 9999. Timestamps outside [0,
// maxSeconds] are refused, as time.Time cannot be written as text beyond it.
const maxSeconds = 253402300799

// milliseconds is the number above which a timestamp is taken for
// milliseconds. As seconds it would be the year 5138; as milliseconds it is
// March 1973, before anything that CAEP could report.
const milliseconds = 1e11

// A Timestamp is a point in time that is written as a JSON number of whole
// seconds since 1970-01-01T00:00:00Z (CAEP §2). The zero value means absent.
type Timestamp struct{ time.Time }

// At returns t as a Timestamp. What is finer than a second is lost on the
// wire, so it is dropped here and a round trip compares equal.
func At(t time.Time) Timestamp {
	if t.IsZero() {
		return Timestamp{}
	}
	return Timestamp{time.Unix(t.Unix(), 0).UTC()}
}

// Validate returns an error for a time that the wire form cannot hold.
func (t Timestamp) Validate() error {
	if t.IsZero() {
		return nil
	}
	if s := t.Unix(); s < 0 || s > maxSeconds {
		return fmt.Errorf("is %d, outside of the years 1970 to 9999", s)
	}
	return nil
}

// MarshalJSON writes whole seconds, rounded down so that a timestamp never
// lies in the future of the clock that made it.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("timestamp %w", err)
	}
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, t.Unix(), 10), nil
}

// UnmarshalJSON reads a JSON number of seconds, with or without a fraction.
// A number above 1e11 is read as milliseconds, which some Transmitters send.
// The JSON value null reads as absent.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = Timestamp{}
		return nil
	}
	if len(data) == 0 || (data[0] != '-' && (data[0] < '0' || data[0] > '9')) {
		return wrongType[Timestamp](data)
	}
	n, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return wrongType[Timestamp](data)
	}
	if n > milliseconds {
		n /= 1000
	}
	if n < 0 || n > maxSeconds {
		return wrongType[Timestamp](data)
	}
	// A float64 is exact for the whole seconds; microseconds are all that it
	// can tell apart around now.
	whole, fraction := math.Modf(n)
	micros := int64(math.Round(fraction * 1e6))
	*t = Timestamp{time.Unix(int64(whole), micros*1000).UTC()}
	return nil
}
