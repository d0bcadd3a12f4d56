// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// How long the links in mails work.
const (
	RecoveryFor = time.Hour
	InviteFor   = 7 * 24 * time.Hour
)

// recoveryAddress is where recovery links go, empty when there is nowhere.
func recoveryAddress(u idp.User) string {
	if u.RecoveryEmail != "" {
		return u.RecoveryEmail
	}
	return u.Email
}

// ChangeRecoveryEmail sets where a user's recovery links go; empty uses their
// e-mail address. Links that were mailed before stop working, and a mail to
// the e-mail address tells of the change. A user needs a recent sign-in:
// ErrProveAgain.
//
// It records recovery-information-changed, or nothing when it is the same.
func ChangeRecoveryEmail(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, email string, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	if err := sensitive(tx, actor); err != nil || u.RecoveryEmail == email {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseRecovery, "The recovery address was changed", "")
	if err != nil {
		return err
	}
	u.RecoveryEmail = email
	if err := u.Validate(); err != nil {
		return err
	}
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	if err := tx.VoidTickets(u.ID); err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.record(p, risc.RecoveryInformationChanged{}); err != nil {
		return err
	}
	if u.Email != "" {
		if err := tx.AppendMail(recoveryChangedMail(u)); err != nil {
			return err
		}
	}
	return c.enter("user.change_recovery_email", u)
}

// StartRecovery mails a link to choose a new password to the user with that
// login, instead of those mailed before. It works for an hour.
//
// For an unknown user, a disabled one or one without an address it does nothing
// but enter that in the audit log, and returns nil all the same: the answer,
// and the work of a transaction that writes, tell nobody who has an account.
//
// It records recovery-activated.
func StartRecovery(_ context.Context, tx idp.Tx, actor idp.Actor, links Links, login string, cause Cause) error {
	u, err := tx.UserByLogin(strings.TrimSpace(login))
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	known := err == nil
	c, err := begin(tx, actor, cause, idp.CauseRecovery, "Recovery of the account was started", "")
	if err != nil {
		return err
	}
	to := recoveryAddress(u)
	if !known || u.Disabled() || to == "" {
		return c.enterRefused("user.start_recovery", u)
	}
	c.actor = asUser(actor, u)
	token, err := c.ticket(u, idp.TicketRecovery, to, RecoveryFor)
	if err != nil {
		return err
	}
	if err := tx.AppendMail(recoveryMail(u, to, links.Recovery(token))); err != nil {
		return err
	}
	p, err := principal(tx, u)
	if err != nil {
		return err
	}
	if err := c.record(p, risc.RecoveryActivated{}); err != nil {
		return err
	}
	return c.enter("user.start_recovery", u)
}

// asUser is a person who acts as u without a session.
func asUser(actor idp.Actor, u idp.User) idp.Actor {
	actor.Kind, actor.ID, actor.Name, actor.Session = idp.ActorUser, string(u.ID), u.Username, ""
	return actor
}

// Invite mails a link to choose the first password to a user. It works for
// seven days. A user without an e-mail address is an *idp.InvalidError, a
// disabled one idp.ErrDisabled.
//
// It records nothing: the password will be a change.
func Invite(_ context.Context, tx idp.Tx, actor idp.Actor, links Links, user idp.UserID, cause Cause) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	if u.Disabled() {
		return fmt.Errorf("user %s: %w", user, idp.ErrDisabled)
	}
	if u.Email == "" {
		return idp.Invalid("email", "must be set before a user can be invited")
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "The user was invited", "")
	if err != nil {
		return err
	}
	token, err := c.ticket(u, idp.TicketInvite, u.Email, InviteFor)
	if err != nil {
		return err
	}
	if err := tx.AppendMail(inviteMail(u, links.Invite(token))); err != nil {
		return err
	}
	return c.enter("user.invite", u)
}

// ticket makes a ticket instead of those the user has, and returns its token.
func (c change) ticket(u idp.User, kind idp.TicketKind, to string, valid time.Duration) (string, error) {
	if err := c.tx.VoidTickets(u.ID); err != nil {
		return "", err
	}
	token := idp.NewToken()
	return token, c.tx.CreateTicket(idp.Ticket{
		Hash: idp.HashToken(token), Kind: kind, UserID: u.ID, Email: to,
		CreatedAt: c.tx.Now(), ExpiresAt: c.tx.Now().Add(valid),
	})
}

// FindTicket returns the ticket of a link, and whose it is, while it can be
// used. Otherwise the error wraps idp.ErrNotFound, idp.ErrReused,
// idp.ErrDisabled, or idp.ErrExpired, which it also is when the user has
// another address now. It records nothing.
func FindTicket(tx idp.Tx, token string) (idp.Ticket, idp.User, error) {
	ticket, err := tx.Ticket(idp.HashToken(token))
	if err != nil {
		return idp.Ticket{}, idp.User{}, err
	}
	u, err := tx.User(ticket.UserID)
	if err != nil {
		return idp.Ticket{}, idp.User{}, err
	}
	address := u.Email
	if ticket.Kind == idp.TicketRecovery {
		address = recoveryAddress(u)
	}
	switch {
	case !ticket.UsedAt.IsZero():
		err = idp.ErrReused
	case !tx.Now().Before(ticket.ExpiresAt), ticket.Email != address:
		err = idp.ErrExpired
	case u.Disabled():
		err = idp.ErrDisabled
	}
	if err != nil {
		return idp.Ticket{}, idp.User{}, fmt.Errorf("ticket of user %s: %w", u.ID, err)
	}
	return ticket, u, nil
}

// CompleteRecovery gives the user of a recovery or invitation link the password
// that hash was made of, uses the link up and ends all their sessions. Errors
// are those of FindTicket. Second factors stay: the user signs in with the new
// password and them.
//
// It records a credential-change, "create" for a first password and otherwise
// "update", and a session-revoked for each session that it ends.
func CompleteRecovery(_ context.Context, tx idp.Tx, actor idp.Actor, token string, hash idp.Secret, cause Cause) (idp.User, error) {
	ticket, u, err := FindTicket(tx, token)
	if err != nil {
		return idp.User{}, err
	}
	kind, words, action := idp.CauseRecovery, "The user recovered their account", "user.complete_recovery"
	if ticket.Kind == idp.TicketInvite {
		kind, words, action = idp.CauseCredential, "The user accepted an invitation", "user.accept_invite"
	}
	c, err := begin(tx, asUser(actor, u), cause, kind, words, "")
	if err != nil {
		return idp.User{}, err
	}
	if err := tx.UseTicket(ticket.Hash); err != nil {
		return idp.User{}, err
	}
	if err := c.replacePassword(u, hash, "", action); err != nil {
		return idp.User{}, err
	}
	if u.Email != "" && ticket.Kind == idp.TicketRecovery {
		if err := tx.AppendMail(recoveredMail(u)); err != nil {
			return idp.User{}, err
		}
	}
	return tx.User(u.ID)
}
