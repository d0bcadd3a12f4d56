// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (t *tx) LastSeq(num idp.StreamNum) (int64, error) {
	return one(t, streamName(num), scalar[int64], `SELECT last_seq FROM positions WHERE stream = ?`, num)
}

// Backlogged need not look at deliveries: the one after the floor is not
// settled, and what is not settled is not erased.
func (t *tx) Backlogged(method idp.DeliveryMethod) ([]idp.StreamNum, error) {
	return many(t, "streams with a backlog", scalar[idp.StreamNum], `
		SELECT p.stream FROM positions p JOIN streams s ON s.num = p.stream
		WHERE p.last_seq > p.floor AND s.method = ?
		ORDER BY p.stream`, method)
}

func (t *tx) Position(num idp.StreamNum) (idp.Position, error) {
	return one(t, "position of "+streamName(num), scanPosition,
		`SELECT floor, above FROM positions WHERE stream = ?`, num)
}

func scanPosition(r row) (idp.Position, error) {
	var floor int64
	var above []byte
	if err := r.Scan(&floor, &above); err != nil {
		return idp.Position{}, err
	}
	p, err := idp.ParsePosition(floor, above)
	if err != nil {
		return p, &columnError{want: "a position", got: above, err: err}
	}
	return p, nil
}

func (t *tx) SetPosition(num idp.StreamNum, p idp.Position) error {
	highest := p.Floor
	if len(p.Above) > 0 {
		highest = p.Above[len(p.Above)-1]
	}
	n, err := t.exec("position of stream",
		`UPDATE positions SET floor = ?, above = ? WHERE stream = ? AND last_seq >= ?`,
		p.Floor, p.AppendAbove([]byte{}), num, highest)
	if err != nil || n > 0 {
		return err
	}
	last, err := t.LastSeq(num)
	if err != nil {
		return err
	}
	return fmt.Errorf("position of %s: %d is beyond the last delivery, %d: %w",
		streamName(num), highest, last, idp.ErrConflict)
}
