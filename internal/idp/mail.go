// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// Mail is a message that waits to be sent, or was. It is written in the
// transaction of its cause, so that none is sent for what did not happen.
type Mail struct {
	ID int64
	// To is one address.
	To      string
	Subject string
	// Text is the body. It may hold a link that lets its holder in: the
	// database seals it and erases it once it was sent.
	Text      Secret
	CreatedAt time.Time
	// Tries counts failed attempts; NextAt is when the next is due.
	Tries  int
	NextAt time.Time
	// SentAt is zero while it waits. GivenUpAt is set when it was not taken
	// for too long.
	SentAt    time.Time
	GivenUpAt time.Time
	// Err is what the mail server last said.
	Err string
}

// MailTx appends and reads mails.
type MailTx interface {
	// AppendMail stores a mail under an ID of its own. It is due at once when
	// NextAt is zero.
	AppendMail(Mail) error
	// DueMails returns up to limit mails that wait and whose NextAt has come,
	// those that are due longest first.
	DueMails(limit int) ([]Mail, error)
	// UpdateMail replaces Tries, NextAt, SentAt, GivenUpAt and Err, and erases
	// Text when the mail was sent or given up.
	UpdateMail(Mail) error
	// SweepMails erases mails that were sent or given up before the given
	// time, at most limit of them.
	SweepMails(before time.Time, limit int) (int, error)
}
