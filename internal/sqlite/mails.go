// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const mailColumns = `recipient, subject, created_at, tries, next_at, sent_at, given_up_at, err`

// scanMail opens the text, which is there until the mail was sent or given up.
func (t *tx) scanMail(r row) (idp.Mail, error) {
	var m idp.Mail
	var sealed []byte
	err := r.Scan(&m.ID, &sealed, &m.To, &m.Subject, asTime{&m.CreatedAt}, &m.Tries,
		asTime{&m.NextAt}, asTime{&m.SentAt}, asTime{&m.GivenUpAt}, &m.Err)
	if err != nil {
		return m, err
	}
	m.Text, err = t.open(sealed, "mails", "text", strconv.FormatInt(m.ID, 10))
	return m, err
}

// AppendMail writes the text second, because it is sealed for the number that
// the first statement gives.
func (t *tx) AppendMail(m idp.Mail) error {
	if t.readOnly {
		return errReadOnly
	}
	id, err := one(t, "mail", scalar[int64],
		`INSERT INTO mails (`+mailColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		m.To, m.Subject, t.created(m.CreatedAt), m.Tries, t.created(m.NextAt),
		millis(m.SentAt), millis(m.GivenUpAt), m.Err)
	if err != nil {
		return err
	}
	sealed, err := t.seal(m.Text, "mails", "text", strconv.FormatInt(id, 10))
	if err != nil {
		return err
	}
	return t.change("mail", `UPDATE mails SET text = ? WHERE id = ?`, sealed, id)
}

// DueMails has an index of the mails that wait, in the order of their turn.
// What was sent does not slow it down.
func (t *tx) DueMails(limit int) ([]idp.Mail, error) {
	return many(t, "due mails", t.scanMail, `
		SELECT id, text, `+mailColumns+` FROM mails
		WHERE sent_at IS NULL AND given_up_at IS NULL AND next_at <= ?
		ORDER BY next_at, id LIMIT ?`, millis(t.now), limit)
}

// UpdateMail erases the text for good: secure_delete overwrites it.
func (t *tx) UpdateMail(m idp.Mail) error {
	return t.change(fmt.Sprintf("mail %d", m.ID), `
		UPDATE mails SET (tries, next_at, sent_at, given_up_at, err) = (?1, ?2, ?3, ?4, ?5),
		  text = CASE WHEN ?3 IS NULL AND ?4 IS NULL THEN text END
		WHERE id = ?6`,
		m.Tries, t.created(m.NextAt), millis(m.SentAt), millis(m.GivenUpAt), m.Err, m.ID)
}

// SweepMails has two indexes to find either kind.
func (t *tx) SweepMails(before time.Time, limit int) (int, error) {
	n, err := t.exec("mails", `
		DELETE FROM mails WHERE id IN (
		  SELECT id FROM mails WHERE sent_at < ? OR given_up_at < ? LIMIT ?)`,
		millis(before), millis(before), limit)
	return int(n), err
}
