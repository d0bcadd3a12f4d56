// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// Recovery and invitation links lead to these, as identity.Links says.
const (
	recoverPath = "/recover"
	welcomePath = "/welcome"
)

var errTicketOver = &pageError{status: http.StatusNotFound, heading: "This link does not work",
	text: "It was used already, is too old, or a newer one was mailed since. Ask for another.",
	link: page.Link{Text: "Mail me a new link", URL: recoverPath}}

// serveRecover asks who forgot their password; with a ticket it is the page
// that the mail leads to.
func (s *Site) serveRecover(v *visit) error {
	if v.r.URL.Query().Has("ticket") {
		return s.serveTicket(v)
	}
	return s.showRecover(v, http.StatusOK, page.Recover{})
}

func (s *Site) showRecover(v *visit, status int, p page.Recover) error {
	title := "Forgot your password?"
	if p.Error != "" {
		title = "Error: " + title
	}
	p.Frame, p.Off = s.frame(v, title, ""), !s.mails
	return v.show(status, p.Page())
}

// startRecovery mails a link. The answer is the same whoever asks and whoever
// they name, and so is the work before it: one transaction that writes.
func (s *Site) startRecovery(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	login := strings.TrimSpace(values.Get("login"))
	switch {
	case !s.mails:
		return s.showRecover(v, http.StatusOK, page.Recover{})
	case login == "":
		return s.showRecover(v, http.StatusUnprocessableEntity, page.Recover{Error: "Say whose password it is."})
	}
	ctx := v.r.Context()
	actor := idp.Actor{Kind: idp.ActorUser, Address: s.address(v.r), UserAgent: userAgent(v.r)}
	// What is typed counts as an account of its own, so that asking for mails
	// does not lock anybody's sign-in. Tries are not given back: each may have
	// sent a mail.
	try := identity.Try{Login: "recovery of " + login, Address: actor.Address}
	err = s.db.Update(ctx, func(tx idp.Tx) error {
		wait, err := identity.BeginTry(ctx, tx, try)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &slowError{wait}
		}
		return identity.StartRecovery(ctx, tx, actor, s.links(), login, identity.Cause{})
	})
	if err != nil {
		return s.orSlow(err, recoverPath)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "recovery asked for", slog.String("address", actor.Address))
	return v.show(http.StatusOK, page.RecoverSent{
		Frame: s.frame(v, "Look into your mail", ""), Minutes: int(identity.RecoveryFor.Minutes()),
	}.Page())
}

// links says where the links in mails lead.
func (s *Site) links() identity.Links {
	return identity.Links{Base: strings.TrimSuffix(s.base.String(), "/")}
}

// serveTicket asks for a new password behind a link that was mailed.
func (s *Site) serveTicket(v *visit) error {
	return s.showTicket(v, http.StatusOK, v.r.URL.Query().Get("ticket"), page.TicketPassword{})
}

func (s *Site) showTicket(v *visit, status int, token string, p page.TicketPassword) error {
	ticket, user, err := s.findTicket(v, token)
	if err != nil {
		return err
	}
	title := "Choose a new password"
	p.Action, p.Ticket, p.Username, p.Rule = recoverPath+"/password", token, user.Username, passwordRule()
	if p.Invited = ticket.Kind == idp.TicketInvite; p.Invited {
		title, p.Action = "Welcome to Tocsin", welcomePath
	}
	if status != http.StatusOK {
		title = "Error: " + title
	}
	p.Frame = s.frame(v, title, "")
	return v.show(status, p.Page())
}

func (s *Site) findTicket(v *visit, token string) (idp.Ticket, idp.User, error) {
	var ticket idp.Ticket
	var user idp.User
	err := s.db.View(v.r.Context(), func(tx idp.Tx) (err error) {
		ticket, user, err = identity.FindTicket(tx, token)
		return err
	})
	return ticket, user, ticketError(err)
}

// ticketError says the same of every ticket that does not work: why is nobody's
// business who merely found the link.
func ticketError(err error) error {
	for _, over := range []error{idp.ErrNotFound, idp.ErrReused, idp.ErrExpired, idp.ErrDisabled} {
		if errors.Is(err, over) {
			return orPage(err, over, errTicketOver)
		}
	}
	return err
}

// useTicket sets the password. Who comes through a mail signs in with it like
// anybody else, second factor and all.
func (s *Site) useTicket(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	token, fresh := values.Get("ticket"), values.Get("new")
	_, user, err := s.findTicket(v, token)
	if err != nil {
		return err
	}
	found, wrong := checkStrength(fresh, user)
	if p, ok := checkNewPassword(values); !ok || wrong != "" {
		if p.NewError == "" {
			p.NewError = wrong
		}
		return s.showTicket(v, http.StatusUnprocessableEntity, token,
			page.TicketPassword{NewError: p.NewError, RepeatError: p.RepeatError, Strength: found})
	}
	ctx := v.r.Context()
	hash, err := s.passwords.Hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx idp.Tx) error {
		_, err := identity.CompleteRecovery(ctx, tx, s.actor(v, user), token, hash, identity.Cause{})
		return err
	})
	if err != nil {
		return ticketError(err)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "password set by mail", slog.Any("user", user))
	s.cookies.leaveNotice(v.w, noticeTicket, 0)
	return v.redirect("/sign-in")
}
