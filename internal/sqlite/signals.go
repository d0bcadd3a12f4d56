// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// signalColumns are all but the id, which the database gives: AUTOINCREMENT
// makes it greater than any before, and with one writer ids become visible in
// their order, so fan-out cannot pass one that is still to come.
const signalColumns = `at, txn, type, event, cause, user_id, email, session_id, group_ids, application_id, stream`

const selectSignal = `SELECT id, ` + signalColumns + ` FROM signals`

func scanSignal(r row) (idp.Signal, error) {
	var s idp.Signal
	p := &s.Principal
	err := r.Scan(&s.ID, asTime{&s.At}, &s.Txn, &s.Type, (*[]byte)(&s.Event), &s.Cause,
		asText(&p.UserID), &p.Email, asText(&p.SessionID), asList(&p.Groups), asText(&s.ApplicationID), &s.Stream)
	return s, err
}

// AppendSignal marks the transaction, so that its commit wakes fan-out.
func (t *tx) AppendSignal(s *idp.Signal) error {
	if t.readOnly {
		return errReadOnly
	}
	what := "signal " + string(s.Type)
	p := s.Principal
	id, err := one(t, what, scalar[int64],
		`INSERT INTO signals (`+signalColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		millis(t.now), s.Txn, s.Type, string(s.Event), s.Cause,
		optional(p.UserID), p.Email, optional(p.SessionID), list(p.Groups), optional(s.ApplicationID), s.Stream)
	if err != nil {
		return err
	}
	s.ID, s.At = id, t.now
	t.signalled = true
	return nil
}

// LastSignal looks at the position of fan-out too: the signals up to it may
// have been erased.
func (t *tx) LastSignal() (int64, error) {
	return one(t, "last signal", scalar[int64], `
		SELECT max(coalesce((SELECT max(id) FROM signals), 0), signal_id) FROM fan_out_position`)
}

func (t *tx) SignalsAfter(id int64, limit int) ([]idp.Signal, error) {
	return many(t, "signals", scanSignal, selectSignal+` WHERE id > ? ORDER BY id LIMIT ?`, id, limit)
}

func (t *tx) SignalsAbout(user idp.UserID, limit int) ([]idp.Signal, error) {
	return many(t, "signals about user "+string(user), scanSignal,
		selectSignal+` WHERE user_id = ? ORDER BY id DESC LIMIT ?`, user, limit)
}

func (t *tx) SignalsOf(txn string) ([]idp.Signal, error) {
	return many(t, "signals of a change", scanSignal, selectSignal+` WHERE txn = ? ORDER BY id`, txn)
}

func (t *tx) FanOutPosition() (int64, error) {
	return one(t, "fan-out position", scalar[int64], `SELECT signal_id FROM fan_out_position`)
}

func (t *tx) SetFanOutPosition(id int64) error {
	// Signals that fan-out passed without a delivery are needed by nobody.
	_, err := t.exec("signals", `
		INSERT INTO free_signals (signal_id)
		SELECT id FROM signals s
		WHERE id > (SELECT signal_id FROM fan_out_position) AND id <= ?
		  AND NOT EXISTS (SELECT 1 FROM payloads p WHERE p.signal_id = s.id)
		ON CONFLICT DO NOTHING`, id)
	if err != nil {
		return err
	}
	n, err := t.exec("fan-out position", `
		UPDATE fan_out_position SET signal_id = ?1
		WHERE ?1 <= signal_id OR EXISTS (SELECT 1 FROM signals WHERE id >= ?1)`, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("fan-out position: %d is beyond the last signal: %w", id, idp.ErrConflict)
	}
	return nil
}

// SweepSignals looks at the oldest signals and attempts that may go, as many
// as it may erase: when one of them is too new, so are those after it.
func (t *tx) SweepSignals(before time.Time, limit int) (int, error) {
	signals, err := t.exec("signals", `
		DELETE FROM signals WHERE at < ? AND id IN (
		  SELECT signal_id FROM free_signals
		  WHERE signal_id <= (SELECT signal_id FROM fan_out_position)
		  ORDER BY signal_id LIMIT ?)`, millis(before), limit)
	if err != nil {
		return 0, err
	}
	attempts, err := t.exec("attempts", `
		DELETE FROM attempts WHERE at < ? AND id IN (SELECT id FROM attempts ORDER BY id LIMIT ?)`,
		millis(before), limit)
	return int(signals + attempts), err
}
