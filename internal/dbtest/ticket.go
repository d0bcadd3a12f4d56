// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ticket is a ticket of a user that nobody has used.
func (e *env) ticket(token string, user idp.UserID) idp.Ticket {
	e.Helper()
	k := idp.Ticket{Hash: idp.HashToken(token), Kind: idp.TicketRecovery, UserID: user, Email: "to@example.com"}
	e.update(func(tx idp.Tx) error {
		k.CreatedAt, k.ExpiresAt = tx.Now(), tx.Now().Add(time.Hour)
		return tx.CreateTicket(k)
	})
	return k
}

var ticketChecks = []check{
	{"comes back as it was made", func(e *env) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		want := idp.Ticket{Hash: idp.HashToken("t"), Kind: idp.TicketInvite, UserID: e.user("ada").ID,
			Email: "Ada@example.com", CreatedAt: at, ExpiresAt: at.Add(time.Hour), UsedAt: at.Add(time.Minute)}
		write(e, idp.Tx.CreateTicket, want)
		same(e, "Ticket", read(e, idp.Tx.Ticket, want.Hash), want)
	}},
	{"is of a user who exists, and has a token of its own", func(e *env) {
		k := e.ticket("t", e.user("ada").ID)
		refuse(e, idp.ErrConflict, idp.Tx.CreateTicket, k)
		k.Hash, k.UserID = idp.HashToken("u"), "nobody"
		refuse(e, idp.ErrNotFound, idp.Tx.CreateTicket, k)
		missing(e, idp.Tx.Ticket, k.Hash)
		refuse(e, idp.ErrNotFound, idp.Tx.UseTicket, k.Hash)
	}},
	{"is used once", func(e *env) {
		k := e.ticket("t", e.user("ada").ID)
		e.update(func(tx idp.Tx) error {
			k.UsedAt = tx.Now()
			return tx.UseTicket(k.Hash)
		})
		same(e, "Ticket", read(e, idp.Tx.Ticket, k.Hash), k)
		refuse(e, idp.ErrReused, idp.Tx.UseTicket, k.Hash)
	}},
	{"is void together with all of its user that are unused", func(e *env) {
		ada, bob := e.user("ada"), e.user("bob")
		first, used, bobs := e.ticket("1", ada.ID), e.ticket("2", ada.ID), e.ticket("3", bob.ID)
		e.update(func(tx idp.Tx) error {
			used.UsedAt = tx.Now()
			return tx.UseTicket(used.Hash)
		})
		e.later(used.UsedAt)
		e.update(func(tx idp.Tx) error {
			first.UsedAt = tx.Now()
			return tx.VoidTickets(ada.ID)
		})
		write(e, idp.Tx.VoidTickets, ada.ID) // there are none left
		for _, want := range []idp.Ticket{first, used, bobs} {
			same(e, "Ticket", read(e, idp.Tx.Ticket, want.Hash), want)
		}
		refuse(e, idp.ErrReused, idp.Tx.UseTicket, first.Hash)
		write(e, idp.Tx.UseTicket, bobs.Hash)
	}},
}
