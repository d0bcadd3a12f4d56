// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// lookEvery is how often the database is asked for mails that are due.
	lookEvery = 3 * time.Second
	// batch is how many mails one connection takes.
	batch = 20
)

// Config is what a Sender needs.
type Config struct {
	// DB holds the mails. Required.
	DB idp.DB
	// Server takes the mails. Required.
	Server Server
	// Log gets one line per attempt. Nil discards.
	Log *slog.Logger
}

// Sender sends the mails that are due.
type Sender struct {
	db     idp.DB
	log    *slog.Logger
	server Server
	from   *mail.Address
}

// New returns a Sender, or an error that names what is wrong with the server.
func New(c Config) (*Sender, error) {
	if c.DB == nil {
		return nil, errors.New("mail: DB is required")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	from, err := c.Server.check()
	if err != nil {
		return nil, err
	}
	return &Sender{db: c.DB, log: c.Log, server: c.Server, from: from}, nil
}

// Run sends mails until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		for {
			n, err := s.SendDue(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "mails cannot be read or settled; trying again", "error", err)
			}
			if err != nil || n == 0 {
				break
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// SendDue tries some of the mails that are due once and returns how many. An
// error is the database's: that a mail was not taken is no error here.
func (s *Sender) SendDue(ctx context.Context) (int, error) {
	var due []idp.Mail
	err := s.db.View(ctx, func(tx idp.Tx) (err error) {
		due, err = tx.DueMails(batch)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	causes := s.send(ctx, due)
	if ctx.Err() != nil {
		// The attempt was cut short by the end of the program, which says
		// nothing about the mails. What was sent still has to be settled.
		due, causes = sent(due, causes)
		ctx = context.WithoutCancel(ctx)
	}
	outcomes := make([]outcome, len(due))
	err = s.db.Update(ctx, func(tx idp.Tx) error {
		for i, m := range due {
			outcomes[i] = settle(m, causes[i], tx.Now())
			if err := tx.UpdateMail(outcomes[i].mail); err != nil {
				return fmt.Errorf("mail %d: %w", m.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, o := range outcomes {
		o.log(ctx, s.log)
	}
	return len(due), nil
}

// sent keeps the mails that were sent.
func sent(mails []idp.Mail, causes []error) (kept []idp.Mail, none []error) {
	for i, m := range mails {
		if causes[i] == nil {
			kept = append(kept, m)
		}
	}
	return kept, make([]error, len(kept))
}

// send takes mails to the server over one connection. It returns why each of
// them was not sent, nil for those that were.
func (s *Sender) send(ctx context.Context, mails []idp.Mail) []error {
	causes := make([]error, len(mails))
	line, err := s.server.call(ctx)
	if err != nil {
		for i := range causes {
			causes[i] = err
		}
		return causes
	}
	defer line.hangUp()
	for i, m := range mails {
		if ctx.Err() != nil {
			causes[i] = ctx.Err()
			continue
		}
		msg, err := message(s.from, m)
		if err != nil {
			causes[i] = &unsendableError{err}
			continue
		}
		// A connection that broke after the server took the mail makes an
		// error too.
		if err := line.client.SendWithSMTPClient(line.smtp, msg); err != nil && !msg.IsDelivered() {
			causes[i] = err
		}
	}
	return causes
}
