// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// mailed appends a mail to an address, which is also its text, due at a time.
func (e *env) mailed(to string, due time.Time) {
	e.Helper()
	write(e, idp.Tx.AppendMail, idp.Mail{To: to, Subject: "s", Text: idp.NewSecret(to), NextAt: due})
}

func (e *env) dueMails() []idp.Mail {
	e.Helper()
	return read(e, idp.Tx.DueMails, 100)
}

var mailChecks = []check{
	{"comes back as it was appended, with a number", func(e *env) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		want := idp.Mail{To: "ada@example.com", Subject: "Füße", Text: idp.NewSecret("https://x.example/?t=1\r\n"),
			CreatedAt: at, Tries: 2, NextAt: at.Add(time.Minute), Err: "421 busy"}
		write(e, idp.Tx.AppendMail, want)
		got := e.dueMails()
		if len(got) != 1 || got[0].ID <= 0 {
			e.Fatalf("DueMails = %v, want one with a number", got)
		}
		want.ID = got[0].ID
		same(e, "Mail", got[0], want)
	}},
	{"is due at once", func(e *env) {
		want := idp.Mail{To: "ada@example.com", Text: idp.NewSecret("t")}
		e.update(func(tx idp.Tx) error {
			want.CreatedAt, want.NextAt = tx.Now(), tx.Now()
			return tx.AppendMail(idp.Mail{To: want.To, Text: want.Text})
		})
		got := e.dueMails()
		if len(got) == 1 {
			want.ID = got[0].ID
		}
		same(e, "DueMails", got, []idp.Mail{want})
	}},
	{"is not sent for what did not happen", func(e *env) {
		undo := errors.New("undo")
		e.refused(undo, func(tx idp.Tx) error {
			return errors.Join(tx.AppendMail(idp.Mail{To: "ada@example.com", Text: idp.NewSecret("t")}), undo)
		})
		same(e, "DueMails", e.dueMails(), []idp.Mail(nil))
	}},
	{"waits until it is due, in order", func(e *env) {
		now := get(e, func(tx idp.Tx) (time.Time, error) { return tx.Now(), nil })
		for to, due := range map[string]time.Time{
			"b": now.Add(-time.Minute), "a": now.Add(-time.Hour), "c": now, "tomorrow": now.Add(24 * time.Hour),
		} {
			e.mailed(to, due)
		}
		var got []string
		for _, m := range e.dueMails() {
			got = append(got, m.To)
		}
		same(e, "DueMails", got, []string{"a", "b", "c"})
		if two := read(e, idp.Tx.DueMails, 2); len(two) != 2 || two[1].To != "b" {
			e.Errorf("DueMails of at most 2 = %v, want a and b", two)
		}
	}},
	{"is put off", func(e *env) {
		e.mailed("ada@example.com", time.Time{})
		m := e.dueMails()[0]
		e.update(func(tx idp.Tx) error {
			m.Tries, m.NextAt, m.Err = 1, tx.Now().Add(time.Hour), "421 busy"
			return tx.UpdateMail(m)
		})
		same(e, "DueMails", e.dueMails(), []idp.Mail(nil))
		m.NextAt = m.CreatedAt
		write(e, idp.Tx.UpdateMail, idp.Mail{ID: m.ID, Tries: 1, NextAt: m.NextAt, Err: m.Err})
		same(e, "DueMails, with all that an update leaves", e.dueMails(), []idp.Mail{m})
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateMail, idp.Mail{ID: m.ID + 1})
	}},
	{"loses its text when it ends", func(e *env) {
		for _, end := range []func(*idp.Mail, time.Time){
			func(m *idp.Mail, now time.Time) { m.SentAt = now },
			func(m *idp.Mail, now time.Time) { m.GivenUpAt = now },
		} {
			e.mailed("ada@example.com", time.Time{})
			m := e.dueMails()[0]
			e.update(func(tx idp.Tx) error {
				ended := m
				end(&ended, tx.Now())
				return tx.UpdateMail(ended)
			})
			same(e, "DueMails after it ended", e.dueMails(), []idp.Mail(nil))
			m.Text = idp.Secret{}
			write(e, idp.Tx.UpdateMail, m) // waits again, so that it can be read
			same(e, "DueMails", e.dueMails(), []idp.Mail{m})
			e.update(func(tx idp.Tx) error { m.SentAt = tx.Now(); return tx.UpdateMail(m) })
		}
	}},
	{"is swept after it ended", sweepMails},
}

func sweepMails(e *env) {
	now := get(e, func(tx idp.Tx) (time.Time, error) { return tx.Now(), nil })
	before := now.Add(-time.Hour)
	old := before.Add(-time.Millisecond)
	e.update(func(tx idp.Tx) error {
		for _, m := range []idp.Mail{
			{To: "sent", SentAt: old},
			{To: "given up", GivenUpAt: old},
			{To: "sent later", SentAt: before},
			{To: "waits", CreatedAt: old, NextAt: old},
		} {
			if err := tx.AppendMail(m); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		before time.Time
		want   int
	}{{before, 1}, {before, 1}, {before, 0}, {now, 1}, {now, 0}} {
		e.update(func(tx idp.Tx) error {
			n, err := tx.SweepMails(c.before, 1)
			if n != c.want {
				e.Errorf("SweepMails(%v, 1) = %d, want %d", c.before, n, c.want)
			}
			return err
		})
	}
	if got := e.dueMails(); len(got) != 1 || got[0].To != "waits" {
		e.Errorf("DueMails after the sweep = %v, want the one that waits", got)
	}
}
