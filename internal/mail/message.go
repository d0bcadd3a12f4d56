// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// message makes what is sent of a mail.
func message(from *mail.Address, m idp.Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.CreatedAt)
	// It is the same for each attempt, so that a mail server which gets the
	// mail twice can tell. It does not name the machine.
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(fmt.Sprintf("%d.%d@%s", m.CreatedAt.UnixMilli(), m.ID, domain))
	// Keeps absence notices and the like from being sent to us.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text.Reveal())
	return msg, nil
}
