// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// selectDelivery reads what the signal says from the signal, and what several
// streams say alike from its payload.
const selectDelivery = deliveryColumns + ` FROM deliveries d` + joinSignal

// selectControl names its index: SQLite does not know how few control
// deliveries there are and would walk through all that a paused stream holds.
const selectControl = deliveryColumns + ` FROM deliveries d INDEXED BY deliveries_control` + joinSignal

const deliveryColumns = `
	SELECT d.stream, d.seq, s.id, s.type, s.at, d.order_key, d.iat, s.txn, p.payload, d.control, d.expires_at`

const joinSignal = ` JOIN payloads p ON p.id = d.payload_id JOIN signals s ON s.id = p.signal_id`

func scanDelivery(r row) (idp.Delivery, error) {
	var d idp.Delivery
	err := r.Scan(&d.Stream, &d.Seq, &d.SignalID, &d.Type, asTime{&d.At}, &d.OrderKey, &d.IssuedAt, &d.Txn,
		(*[]byte)(&d.Payload), &d.Control, asTime{&d.ExpiresAt})
	return d, err
}

// AppendDeliveries needs three kinds of statement, each for many rows: one for
// the payloads, one that reserves the sequence numbers of all streams, and one
// for the deliveries.
func (t *tx) AppendDeliveries(ds []idp.Delivery) error {
	if t.readOnly {
		return errReadOnly
	}
	keys := payloadKeys(ds)
	payloads, err := t.putPayloads(ds, keys)
	if err != nil {
		return err
	}
	next, err := t.reserve(ds)
	if err != nil {
		return err
	}
	rows := make([]any, 0, 7*len(ds))
	for i := range ds {
		d := &ds[i]
		d.Seq = next[d.Stream]
		next[d.Stream]++
		rows = append(rows, d.Stream, d.Seq, payloads[keys[i]],
			d.OrderKey, d.IssuedAt, d.Control, millis(d.ExpiresAt))
	}
	return t.insertMany("deliveries",
		`INSERT INTO deliveries (stream, seq, payload_id, order_key, iat, control, expires_at) VALUES `, 7, "", rows)
}

// payloadKey is a payload of a signal.
type payloadKey struct {
	signal int64
	hash   idp.Hash
}

// payloadKeys returns the key of each delivery's payload. Fan-out hands over
// the streams of a signal one after the other, so most payloads equal the one
// before and need no hash of their own.
func payloadKeys(ds []idp.Delivery) []payloadKey {
	keys := make([]payloadKey, len(ds))
	for i, d := range ds {
		if i > 0 && d.SignalID == ds[i-1].SignalID && bytes.Equal(d.Payload, ds[i-1].Payload) {
			keys[i] = keys[i-1]
			continue
		}
		keys[i] = payloadKey{signal: d.SignalID, hash: sha256.Sum256(d.Payload)}
	}
	return keys
}

// putPayloads stores each different payload of each signal once and returns
// their ids.
func (t *tx) putPayloads(ds []idp.Delivery, keys []payloadKey) (map[payloadKey]int64, error) {
	ids := make(map[payloadKey]int64)
	var rows []any
	for i, k := range keys {
		if _, ok := ids[k]; !ok {
			ids[k] = 0
			rows = append(rows, k.signal, k.hash[:], string(ds[i].Payload))
		}
	}
	// The update changes nothing, but makes RETURNING give the id of a payload
	// that another batch stored.
	const insert = `INSERT INTO payloads (signal_id, hash, payload, after_attempt)
		SELECT column1, column2, column3, (SELECT coalesce(max(id), 0) FROM attempts) FROM (VALUES `
	const upsert = `) WHERE true ON CONFLICT (signal_id, hash) DO UPDATE SET signal_id = excluded.signal_id
		RETURNING signal_id, hash, id`
	type stored struct {
		payloadKey
		id int64
	}
	for chunk := range chunks(rows, 3) {
		found, err := many(t, "payloads", func(r row) (stored, error) {
			var s stored
			err := r.Scan(&s.signal, asHash{&s.hash}, &s.id)
			return s, err
		}, insert+marks(len(chunk)/3, 3)+upsert, chunk...)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			ids[s.payloadKey] = s.id
		}
	}
	return ids, nil
}

// reserve takes sequence numbers for all streams and returns the first one of
// each. It is an upsert because that takes many rows; it only ever updates,
// for CreateStream made the row, and the insert of a row without its stream
// fails.
func (t *tx) reserve(ds []idp.Delivery) (map[idp.StreamNum]int64, error) {
	counts := make(map[idp.StreamNum]int64)
	var streams []idp.StreamNum
	for i := range ds {
		if counts[ds[i].Stream] == 0 {
			streams = append(streams, ds[i].Stream)
		}
		counts[ds[i].Stream]++
	}
	rows := make([]any, 0, 2*len(streams))
	for _, num := range streams {
		rows = append(rows, num, counts[num])
	}
	const insert = `INSERT INTO positions (stream, last_seq, floor, above)
		SELECT column1, column2, 0, x'' FROM (VALUES `
	const upsert = `) WHERE true ON CONFLICT (stream) DO UPDATE SET last_seq = last_seq + excluded.last_seq
		RETURNING stream, last_seq`
	next := make(map[idp.StreamNum]int64, len(streams))
	for chunk := range chunks(rows, 2) {
		lasts, err := many(t, "streams of deliveries", func(r row) ([2]int64, error) {
			var v [2]int64
			err := r.Scan(&v[0], &v[1])
			return v, err
		}, insert+marks(len(chunk)/2, 2)+upsert, chunk...)
		if err != nil {
			return nil, err
		}
		for _, v := range lasts {
			num := idp.StreamNum(v[0])
			next[num] = v[1] - counts[num] + 1
		}
	}
	return next, nil
}

func (t *tx) Delivery(num idp.StreamNum, seq int64) (idp.Delivery, error) {
	return one(t, fmt.Sprintf("delivery %d of %s", seq, streamName(num)), scanDelivery,
		selectDelivery+` WHERE d.stream = ? AND d.seq = ?`, num, seq)
}

func (t *tx) DeliveriesAfter(num idp.StreamNum, seq int64, limit int, controlOnly bool) ([]idp.Delivery, error) {
	query := selectDelivery + ` WHERE d.stream = ? AND d.seq > ? ORDER BY d.seq LIMIT ?`
	if controlOnly {
		query = selectControl + ` WHERE d.stream = ? AND d.seq > ? AND d.control = 1 ORDER BY d.seq LIMIT ?`
	}
	return many(t, "deliveries", scanDelivery, query, num, seq, limit)
}

func (t *tx) ExtendDeliveries(num idp.StreamNum, seqs []int64, until time.Time) error {
	_, err := t.exec("deliveries", `
		UPDATE deliveries SET expires_at = max(expires_at, ?)
		WHERE stream = ? AND seq IN (SELECT value FROM json_each(?))`, millis(until), num, list(seqs))
	return err
}

func (t *tx) ExpiredDeliveries(num idp.StreamNum, limit int) ([]int64, error) {
	// The index gives them by expiration. Sorting all by number, to return a
	// few, would take too long after a day without sweeps.
	return many(t, "expired deliveries", scalar[int64], `
		SELECT seq FROM (
		  SELECT seq FROM deliveries WHERE stream = ? AND expires_at <= ? ORDER BY expires_at, seq LIMIT ?)
		ORDER BY seq`, num, millis(t.now), limit)
}

func (t *tx) DeleteDeliveries(num idp.StreamNum, seqs []int64) error {
	_, err := t.exec("deliveries",
		`DELETE FROM deliveries WHERE stream = ? AND seq IN (SELECT value FROM json_each(?))`, num, list(seqs))
	return err
}
