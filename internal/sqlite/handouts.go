// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"github.com/tocsin-id/tocsin/internal/idp"
)

func scanHandout(r row) (idp.Handout, error) {
	var h idp.Handout
	err := r.Scan(&h.Stream, &h.Seq, &h.KID, &h.JWS, asTime{&h.At})
	return h, err
}

func (t *tx) Handouts(num idp.StreamNum) ([]idp.Handout, error) {
	return many(t, "handouts of "+streamName(num), scanHandout,
		`SELECT stream, seq, kid, jws, at FROM handouts WHERE stream = ? ORDER BY seq`, num)
}

// PutHandouts writes a whole answer to a poll at once. A SET that is handed out
// again brings the bytes that it had, and a new time.
func (t *tx) PutHandouts(hs []idp.Handout) error {
	rows := make([]any, 0, 5*len(hs))
	for _, h := range hs {
		rows = append(rows, h.Stream, h.Seq, h.KID, h.JWS, t.created(h.At))
	}
	return t.insertMany("handouts", `INSERT INTO handouts (stream, seq, kid, jws, at) VALUES `, 5, `
		ON CONFLICT (stream, seq) DO UPDATE SET (kid, jws, at) = (excluded.kid, excluded.jws, excluded.at)`, rows)
}

func (t *tx) DeleteHandouts(num idp.StreamNum, seqs []int64) error {
	_, err := t.exec("handouts",
		`DELETE FROM handouts WHERE stream = ? AND seq IN (SELECT value FROM json_each(?))`, num, list(seqs))
	return err
}
