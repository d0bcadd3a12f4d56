// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// serveSessions lists where the user is signed in, this browser first.
func (s *Site) serveSessions(v *visit) error {
	sessions, err := s.otherSessions(v)
	if err != nil {
		return err
	}
	p := page.Sessions{}
	err = s.db.View(v.r.Context(), func(tx idp.Tx) error {
		names, err := applicationNames(tx)
		if err != nil {
			return err
		}
		for _, session := range slices.Insert(sessions, 0, v.session) {
			view := page.SessionView{
				ID: string(session.ID), Device: device(session), Current: session.ID == v.session.ID,
				SignedInAt: session.CreatedAt, LastSeenAt: session.LastSeenAt,
			}
			if view.Applications, err = signedInTo(tx, session.ID, names); err != nil {
				return err
			}
			p.Sessions = append(p.Sessions, view)
		}
		p.Endings, err = endingViews(tx, v.user.ID)
		return err
	})
	if err != nil {
		return err
	}
	p.Frame = s.frame(v, "Where you are signed in", page.AccountSessions)
	return v.show(http.StatusOK, p.Page())
}

// signedInTo names the applications that a session signed in to.
func signedInTo(tx idp.Tx, id idp.SessionID, names map[idp.ApplicationID]string) ([]string, error) {
	ids, err := tx.SessionApplications(id)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, id := range ids {
		if name, ok := names[id]; ok {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list, nil
}

// otherSessions returns the user's live sessions without this one, the latest
// seen first. One that was idle for too long counts as over.
func (s *Site) otherSessions(v *visit) ([]idp.Session, error) {
	var others []idp.Session
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		live, err := tx.SessionsOf(v.user.ID, true)
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(live, func(o idp.Session) bool {
			return o.ID == v.session.ID || !s.sessions.Live(o, tx.Now())
		})
		return nil
	})
	slices.SortStableFunc(others, func(a, b idp.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
	return others, err
}

// endSession ends one of the user's own sessions. Another user's does not
// exist for them.
func (s *Site) endSession(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx, id := v.r.Context(), idp.SessionID(values.Get("session"))
	if id == v.session.ID {
		return s.signOut(v)
	}
	err = s.db.Update(ctx, func(tx idp.Tx) error { return s.revokeOwn(ctx, tx, v, id) })
	if err != nil {
		return err
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "session revoked", slog.Any("user", v.user), slog.String("sid", string(id)))
	s.cookies.leaveNotice(v.w, noticeSession, 0)
	return v.redirect(string(page.AccountSessions))
}

func (s *Site) revokeOwn(ctx context.Context, tx idp.Tx, v *visit, id idp.SessionID) error {
	session, err := tx.Session(id)
	if err != nil {
		return err
	}
	if session.UserID != v.user.ID {
		return fmt.Errorf("session %s of another user: %w", id, idp.ErrNotFound)
	}
	return identity.RevokeSession(ctx, tx, s.actor(v, v.user), id, identity.Cause{})
}

// endSessions signs the user out everywhere, here too.
func (s *Site) endSessions(v *visit) error {
	ctx := v.r.Context()
	err := s.db.Update(ctx, func(tx idp.Tx) error {
		return identity.RevokeSessions(ctx, tx, s.actor(v, v.user), v.user.ID, identity.Cause{})
	})
	if err != nil {
		return err
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "signed out everywhere", slog.Any("user", v.user))
	s.cookies.clearSession(v.w)
	return v.redirect("/sign-out")
}
