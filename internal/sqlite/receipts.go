// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"math"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// trace is what the tables say of one delivery: its stream's position, its
// exception if it has one, and the attempts since afterAttempt.
type trace struct {
	idp.Receipt
	settled      bool
	afterAttempt int64
	exception    idp.ExceptionKind
	answer       answer
}

// answer is what an attempt, or the last one of an exception, was met with.
type answer struct {
	id          int64
	outcome     idp.Outcome
	at          time.Time
	err, detail string
}

// Receipts takes the way from the signal over its payloads to the deliveries,
// each step along an index. The attempts are read one delivery at a time: they
// are kept as runs of numbers, which no join finds by an index.
func (t *tx) Receipts(signalID int64) ([]idp.Receipt, error) {
	traces, err := many(t, "receipts", scanTrace, `
		SELECT p.signal_id, p.after_attempt, d.stream, d.seq, s.application_id, o.floor, o.above,
		  x.kind, x.at, coalesce(x.err, ''), coalesce(x.detail, '')
		FROM payloads p
		JOIN deliveries d ON d.payload_id = p.id
		JOIN streams s ON s.num = d.stream
		JOIN positions o ON o.stream = d.stream
		LEFT JOIN exceptions x ON x.stream = d.stream AND x.seq = d.seq
		WHERE p.signal_id = ?
		ORDER BY s.application_id, d.stream, d.seq`, signalID)
	if err != nil {
		return nil, err
	}
	var receipts []idp.Receipt
	for _, c := range traces {
		r, err := t.receipt(c)
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, r)
	}
	return receipts, nil
}

// scanTrace asks the position whether the delivery is settled. It supposes that
// what an exception was met with is a rejection, as it is.
func scanTrace(r row) (trace, error) {
	var c trace
	var floor int64
	var above []byte
	err := r.Scan(&c.SignalID, &c.afterAttempt, &c.Stream, &c.Seq, &c.ApplicationID, &floor, &above,
		asText(&c.exception), asTime{&c.answer.at}, &c.answer.err, &c.answer.detail)
	if err != nil {
		return c, err
	}
	p, err := idp.ParsePosition(floor, above)
	if err != nil {
		return c, &columnError{want: "a position", got: above, err: err}
	}
	c.settled = p.Settled(c.Seq)
	c.answer.outcome = idp.Rejected
	return c, nil
}

// receipt fills in the outcome. A dead letter has it in its exception. Other
// deliveries have it in their attempts, of which the one that settles comes
// last; the attempts of an exception may be swept before it.
func (t *tx) receipt(c trace) (idp.Receipt, error) {
	r := c.Receipt
	if c.exception == idp.DeadLetter {
		r.Settled = true
		return c.answer.fill(r), nil
	}
	settling := answer{id: math.MaxInt64}
	if c.settled && c.exception == "" {
		r.Settled = true
		found, ok, err := t.answer(c, settlingAttempt, c.afterAttempt, math.MaxInt64)
		if err != nil {
			return r, err
		}
		if ok {
			settling = found
		}
	}
	failure, ok, err := t.answer(c, failedAttempt, c.afterAttempt, settling.id)
	if err != nil {
		return r, err
	}
	if !ok && c.exception != "" {
		failure = c.answer
	}
	r = failure.fill(r)
	if r.Settled {
		r.Outcome, r.At = settling.outcome, settling.at
	}
	return r, nil
}

// fill says that the delivery was met with the answer.
func (a answer) fill(r idp.Receipt) idp.Receipt {
	r.Outcome, r.At, r.Err, r.Detail = a.outcome, a.at, a.err, a.detail
	return r
}

// answers selects what covers a delivery.
const answers = `SELECT id, outcome, at, err, detail FROM attempts
	WHERE stream = ? AND from_seq <= ? AND to_seq >= ? AND id > ? AND id < ?`

// Both read the attempts at one stream that are between two others.
// settlingAttempt goes forward and stops at the first: a stream that works has
// it near the beginning. failedAttempt goes back from the end.
const (
	settlingAttempt = answers + ` AND outcome IN ('acknowledged', 'dropped', 'expired') ORDER BY id LIMIT 1`
	failedAttempt   = answers + ` AND outcome IN ('failed', 'rejected') ORDER BY id DESC LIMIT 1`
)

// answer looks for an attempt at the delivery between two others.
func (t *tx) answer(c trace, query string, after, before int64) (answer, bool, error) {
	a, err := one(t, "attempts of "+streamName(c.Stream), func(r row) (answer, error) {
		var a answer
		err := r.Scan(&a.id, &a.outcome, asTime{&a.at}, &a.err, &a.detail)
		return a, err
	}, query, c.Stream, c.Seq, c.Seq, after, before)
	if errors.Is(err, idp.ErrNotFound) {
		return answer{}, false, nil
	}
	return a, err == nil, err
}
