// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// TicketKind says what a ticket lets its holder do.
type TicketKind string

// The kinds of tickets.
const (
	// TicketRecovery sets a new password without the old one.
	TicketRecovery TicketKind = "recovery"
	// TicketInvite sets the first password of an invited user.
	TicketInvite TicketKind = "invite"
)

// Ticket is a link that was mailed to a user. It works once.
type Ticket struct {
	// Hash is the hash of the token in the link.
	Hash   Hash
	Kind   TicketKind
	UserID UserID
	// Email is the address that the link went to; the ticket is void once the
	// user has another.
	Email     string
	CreatedAt time.Time
	ExpiresAt time.Time
	// UsedAt is zero until it was used or replaced.
	UsedAt time.Time
}

// TicketTx reads and writes tickets.
type TicketTx interface {
	CreateTicket(Ticket) error
	Ticket(Hash) (Ticket, error)
	// UseTicket sets UsedAt to Now; ErrReused when it was set before.
	UseTicket(Hash) error
	// VoidTickets marks all unused tickets of a user as used.
	VoidTickets(UserID) error
}
