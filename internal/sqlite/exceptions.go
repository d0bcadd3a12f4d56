// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const exceptionColumns = `stream, seq, order_key, kind, tries, next_at, kid, jws, status, err, detail, at`

func scanException(r row) (idp.Exception, error) {
	var e idp.Exception
	err := r.Scan(&e.Stream, &e.Seq, &e.OrderKey, &e.Kind, &e.Tries, asTime{&e.NextAt},
		&e.KID, &e.JWS, &e.Status, &e.Err, &e.Detail, asTime{&e.At})
	return e, err
}

// PutException replaces everything: an exception is the last word on its
// delivery, whatever was said before.
func (t *tx) PutException(e idp.Exception) error {
	_, err := t.exec(fmt.Sprintf("exception of delivery %d of %s", e.Seq, streamName(e.Stream)), `
		INSERT INTO exceptions (`+exceptionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (stream, seq) DO UPDATE SET
		  (order_key, kind, tries, next_at, kid, jws, status, err, detail, at) =
		  (excluded.order_key, excluded.kind, excluded.tries, excluded.next_at, excluded.kid, excluded.jws,
		   excluded.status, excluded.err, excluded.detail, excluded.at)`,
		e.Stream, e.Seq, e.OrderKey, e.Kind, e.Tries, millis(e.NextAt),
		e.KID, e.JWS, e.Status, e.Err, e.Detail, t.created(e.At))
	return err
}

func (t *tx) DeleteException(num idp.StreamNum, seq int64) error {
	_, err := t.exec("exception", `DELETE FROM exceptions WHERE stream = ? AND seq = ?`, num, seq)
	return err
}

func (t *tx) Exceptions(num idp.StreamNum, kind idp.ExceptionKind) ([]idp.Exception, error) {
	return many(t, "exceptions of "+streamName(num), scanException,
		`SELECT `+exceptionColumns+` FROM exceptions WHERE stream = ? AND kind = ? ORDER BY seq`, num, kind)
}

// DueExceptions puts the method into a subquery, so that the index of what is
// due gives the order.
func (t *tx) DueExceptions(method idp.DeliveryMethod, limit int) ([]idp.Exception, error) {
	return many(t, "due exceptions", scanException, `
		SELECT `+exceptionColumns+` FROM exceptions
		WHERE kind = 'retry' AND next_at <= ?
		  AND (SELECT method FROM streams WHERE num = stream) = ?
		ORDER BY next_at, stream, seq LIMIT ?`, millis(t.now), method, limit)
}

// Health of a stream that nothing was sent to yet has no row, which is not an
// error.
func (t *tx) Health(num idp.StreamNum) (idp.StreamHealth, error) {
	h, err := one(t, "health of "+streamName(num), func(r row) (idp.StreamHealth, error) {
		var h idp.StreamHealth
		err := r.Scan(&h.Stream, &h.Failures, asTime{&h.NextAt}, asTime{&h.LastOKAt},
			asTime{&h.FailedAt}, asTime{&h.FailingSince}, &h.Err, &h.Detail)
		return h, err
	}, `SELECT stream, failures, next_at, last_ok_at, failed_at, failing_since, err, detail
		FROM stream_health WHERE stream = ?`, num)
	if errors.Is(err, idp.ErrNotFound) {
		return idp.StreamHealth{}, nil
	}
	return h, err
}

func (t *tx) PutHealth(h idp.StreamHealth) error {
	_, err := t.exec("health of "+streamName(h.Stream), `
		INSERT INTO stream_health (stream, failures, next_at, last_ok_at, failed_at, failing_since, err, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (stream) DO UPDATE SET
		  (failures, next_at, last_ok_at, failed_at, failing_since, err, detail) =
		  (excluded.failures, excluded.next_at, excluded.last_ok_at, excluded.failed_at,
		   excluded.failing_since, excluded.err, excluded.detail)`,
		h.Stream, h.Failures, millis(h.NextAt), millis(h.LastOKAt), millis(h.FailedAt), millis(h.FailingSince),
		h.Err, h.Detail)
	return err
}
