// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// signInForm is what the sign-in page carries through a try.
type signInForm struct {
	// request is the id of an authorization request, next a local page; at
	// most one is set.
	request string
	next    string
	login   string
}

func readSignIn(values url.Values) signInForm {
	f := signInForm{request: values.Get("request"), login: values.Get("login")}
	if f.request == "" {
		f.next = localPath(values.Get("next"))
	}
	return f
}

// serveSignIn asks who is there, or goes on when that is known already.
func (s *Site) serveSignIn(v *visit) error {
	f := readSignIn(v.r.URL.Query())
	f.login = ""
	if f.request != "" {
		return s.continueRequest(v, f)
	}
	if v.signedIn() {
		return v.redirect(afterSignIn(f))
	}
	return s.showSignIn(v, http.StatusOK, f, "", oidc.SignIn{})
}

// page is where the form is.
func (f signInForm) page() string {
	switch {
	case f.request != "":
		return at(oidc.SignInPath, f.request)
	case f.next != "":
		return oidc.SignInPath + "?next=" + url.QueryEscape(f.next)
	default:
		return oidc.SignInPath
	}
}

func afterSignIn(f signInForm) string {
	if f.next == "" {
		return "/"
	}
	return f.next
}

// showSignIn shows the form. The step says which application waits for it, if
// one does.
func (s *Site) showSignIn(v *visit, status int, f signInForm, failure string, step oidc.SignIn) error {
	title := "Sign in"
	p := page.SignIn{Request: f.request, Next: f.next, Login: f.login, Failure: failure, Again: step.Again}
	if step.Application.ID != "" {
		title += " to " + step.Application.Name
		app := applicationView(step.Application)
		p.Application = &app
	}
	if failure != "" {
		title = "Error: " + title
	}
	p.Frame = s.frame(v, title, "")
	return v.show(status, p.Page())
}

// signIn checks the password and begins a session.
func (s *Site) signIn(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f, address := readSignIn(values), s.address(v.r)
	if wait := s.attempts.begin(f.login, address); wait > 0 {
		return s.slowDown(wait, f.page())
	}
	proof, err := s.passwords.Authenticate(v.r.Context(), s.db, f.login, values.Get("password"))
	if err == nil {
		err = s.begin(v, proof)
	}
	if errors.Is(err, identity.ErrCredentials) || errors.Is(err, identity.ErrStale) {
		s.logFailure(v, err)
		return s.refuseSignIn(v, f)
	}
	s.attempts.succeed(f.login, address)
	if err != nil {
		return err
	}
	if f.request != "" {
		return s.continueRequest(v, f)
	}
	return v.redirect(afterSignIn(f))
}

// logFailure says why a sign-in failed. What was typed stays out of the log,
// and with it the text of the error: people type their password into the
// wrong field.
func (s *Site) logFailure(v *visit, err error) {
	cause := "wrong password"
	switch {
	case errors.Is(err, idp.ErrDisabled):
		cause = "disabled user"
	case errors.Is(err, idp.ErrNotFound):
		cause = "unknown user, or one without a password"
	case errors.Is(err, identity.ErrStale):
		cause = "password changed meanwhile"
	}
	s.log.LogAttrs(v.r.Context(), slog.LevelInfo, "password refused", slog.String("path", v.r.URL.Path),
		slog.String("address", s.address(v.r)), slog.String("cause", cause))
}

// refuseSignIn shows the form again. It says the same whatever was wrong.
func (s *Site) refuseSignIn(v *visit, f signInForm) error {
	const failure = "That user name and password do not match. Check both and try again."
	var step oidc.SignIn
	if f.request != "" {
		next, err := s.oidc.Resume(v.r.Context(), f.request, nil)
		if err != nil {
			return requestError(err)
		}
		step, _ = next.(oidc.SignIn)
	}
	return s.showSignIn(v, http.StatusUnauthorized, f, failure, step)
}

// begin gives the browser a session with a token that it did not have before,
// so that nobody who planted or saw an earlier one is signed in with it.
//
// A session of the same user goes on, so that applications keep it. One of
// somebody else ends: this browser is no longer theirs.
func (s *Site) begin(v *visit, proof identity.Proof) error {
	ctx := v.r.Context()
	var session idp.Session
	var user idp.User
	var token string
	err := s.db.Update(ctx, func(tx idp.Tx) (err error) {
		if user, err = tx.User(proof.UserID()); err != nil {
			return err
		}
		if v.signedIn() && v.user.ID == user.ID {
			session, token, err = identity.Reauthenticate(ctx, tx, s.actor(v, user), v.session.ID, proof)
			if !errors.Is(err, idp.ErrExpired) {
				return err
			}
		} else if v.signedIn() {
			if err := identity.SignOut(ctx, tx, s.actor(v, v.user), v.session.ID, identity.Cause{}); err != nil {
				return err
			}
		}
		actor := s.actor(v, user)
		actor.Session = ""
		session, token, err = identity.SignIn(ctx, tx, actor, s.sessions, proof, identity.Cause{})
		return err
	})
	if err != nil {
		return err
	}
	v.session, v.user = session, user
	s.cookies.setSession(v.w, token)
	s.log.LogAttrs(ctx, slog.LevelInfo, "signed in", slog.Any("user", user), slog.Any("session", session))
	return nil
}
