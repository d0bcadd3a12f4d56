// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const attemptColumns = `stream, from_seq, to_seq, at, took, outcome, status, err, detail`

// scanAttempt turns microseconds, which the column holds because many a
// Receiver answers within one millisecond, into a duration.
func scanAttempt(r row) (idp.Attempt, error) {
	var a idp.Attempt
	var micros int64
	err := r.Scan(&a.Stream, &a.From, &a.To, asTime{&a.At}, &micros, &a.Outcome, &a.Status, &a.Err, &a.Detail)
	a.Took = time.Duration(micros) * time.Microsecond
	return a, err
}

func (t *tx) AppendAttempts(as []idp.Attempt) error {
	rows := make([]any, 0, 9*len(as))
	for _, a := range as {
		rows = append(rows, a.Stream, a.From, a.To, t.created(a.At), a.Took.Microseconds(),
			a.Outcome, a.Status, a.Err, a.Detail)
	}
	return t.insertMany("attempts", `INSERT INTO attempts (`+attemptColumns+`) VALUES `, 9, "", rows)
}

// Attempts goes by id, not by time: runs of one flush share their instant.
func (t *tx) Attempts(num idp.StreamNum, limit int) ([]idp.Attempt, error) {
	return many(t, "attempts of "+streamName(num), scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE stream = ? ORDER BY id DESC LIMIT ?`, num, limit)
}
