// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const (
	// firstRetry is the time to the second attempt; each further one takes
	// twice as long, up to longestRetry.
	firstRetry   = 30 * time.Second
	longestRetry = time.Hour
	// giveUpAfter is how long a mail is tried.
	giveUpAfter = 48 * time.Hour
	// maxErr is how much is kept of what a mail server said, in bytes.
	maxErr = 300
)

// unsendableError says that no mail server could send the mail.
type unsendableError struct{ error }

// outcome is a mail after an attempt.
type outcome struct {
	mail idp.Mail
	// cause is why the mail was not sent, nil if it was.
	cause error
}

// settle writes down what came of an attempt.
func settle(m idp.Mail, cause error, now time.Time) outcome {
	if cause == nil {
		m.SentAt, m.Err = now, ""
		return outcome{m, nil}
	}
	m.Tries++
	m.Err = said(cause, m.To)
	m.NextAt = now.Add(retryAfter(m.Tries))
	if permanent(cause) || m.NextAt.Sub(m.CreatedAt) > giveUpAfter {
		m.GivenUpAt = now
	}
	return outcome{m, cause}
}

// retryAfter is the time from the given number of failed attempts to the next.
func retryAfter(tries int) time.Duration {
	wait := firstRetry
	for range tries - 1 {
		if wait *= 2; wait >= longestRetry {
			return longestRetry
		}
	}
	return wait
}

// permanent reports whether the server refused this recipient or this text for
// good. Other refusals, such as of our password, are about us: an operator can
// mend them within the two days.
func permanent(cause error) bool {
	var unsendable *unsendableError
	if errors.As(cause, &unsendable) {
		return true
	}
	var refused *gomail.SendError
	if !errors.As(cause, &refused) || refused.ErrorCode() < 500 {
		return false
	}
	return refused.Reason == gomail.ErrSMTPRcptTo || refused.Reason == gomail.ErrSMTPDataClose
}

// said is what the mail server said, without the recipient: servers repeat the
// address, and logs do not hold addresses.
func said(cause error, recipient string) string {
	text := cause.Error()
	if i := strings.Index(text, ", affected "); i >= 0 {
		text = text[:i] // go-mail names the recipient and the message once more
	}
	text = strings.ReplaceAll(text, recipient, "[recipient]")
	return strings.ToValidUTF8(text[:min(len(text), maxErr)], "")
}

// log writes the line of the outcome.
func (o outcome) log(ctx context.Context, log *slog.Logger) {
	m := o.mail
	switch {
	case o.cause == nil:
		log.InfoContext(ctx, "mail sent", "mail", m.ID, "tries", m.Tries+1)
	case !m.GivenUpAt.IsZero():
		log.ErrorContext(ctx, "mail given up", "mail", m.ID, "tries", m.Tries, "error", m.Err)
	default:
		log.WarnContext(ctx, "mail not taken; trying again", "mail", m.ID, "tries", m.Tries, "next", m.NextAt, "error", m.Err)
	}
}
