// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const ticketColumns = `hash, kind, user_id, email, created_at, expires_at, used_at`

func scanTicket(r row) (idp.Ticket, error) {
	var k idp.Ticket
	err := r.Scan(asHash{&k.Hash}, &k.Kind, &k.UserID, &k.Email,
		asTime{&k.CreatedAt}, asTime{&k.ExpiresAt}, asTime{&k.UsedAt})
	return k, err
}

// CreateTicket keeps the address in the ticket: the user may have another when
// the link is followed.
func (t *tx) CreateTicket(k idp.Ticket) error {
	return t.insert("ticket", "tickets", ticketColumns,
		hash(k.Hash), k.Kind, k.UserID, k.Email, t.created(k.CreatedAt), millis(k.ExpiresAt), millis(k.UsedAt))
}

func (t *tx) Ticket(h idp.Hash) (idp.Ticket, error) {
	return one(t, "ticket", scanTicket, `SELECT `+ticketColumns+` FROM tickets WHERE hash = ?`, hash(h))
}

// UseTicket reads before it writes, to tell a used ticket from none; no other
// transaction can come between them.
func (t *tx) UseTicket(h idp.Hash) error {
	k, err := t.Ticket(h)
	if err != nil {
		return err
	}
	if !k.UsedAt.IsZero() {
		return fmt.Errorf("ticket: %w", idp.ErrReused)
	}
	return t.change("ticket", `UPDATE tickets SET used_at = ? WHERE hash = ?`, millis(t.now), hash(h))
}

// VoidTickets leaves the times of those that were used.
func (t *tx) VoidTickets(user idp.UserID) error {
	_, err := t.exec("tickets of user "+string(user),
		`UPDATE tickets SET used_at = ? WHERE user_id = ? AND used_at IS NULL`, millis(t.now), user)
	return err
}
