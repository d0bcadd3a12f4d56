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
	passkey, err := s.askPasskey(v, nil)
	if err != nil {
		return err
	}
	p := page.SignIn{
		Waiting: waitingView(f, step), Login: f.login, Passkey: passkey, Failure: failure,
		Again: step.Again || step.StepUp, Only: step.Need == idp.PolicyPasskey && !step.Wished,
	}
	p.Frame = s.frame(v, signInTitle("Sign in", failure, step), "")
	return v.show(status, p.Page())
}

func signInTitle(title, failure string, step oidc.SignIn) string {
	if step.Application.ID != "" {
		title += " to " + step.Application.Name
	}
	if failure != "" {
		title = "Error: " + title
	}
	return title
}

// waitingView is what a sign-in goes on to, as the pages name it.
func waitingView(f signInForm, step oidc.SignIn) page.Waiting {
	w := page.Waiting{Request: f.request, Next: f.next}
	if step.Application.ID != "" {
		app := applicationView(step.Application)
		w.Application = &app
	}
	return w
}

// signIn checks the password, the first step of a sign-in.
func (s *Site) signIn(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f := readSignIn(values)
	step, err := s.stepOf(v, f)
	if err != nil {
		return err
	}
	var proof identity.Proof
	err = s.try(v, f.login, false, func() (err error) {
		proof, err = s.passwords.Authenticate(v.r.Context(), s.db, f.login, values.Get("password"))
		return err
	})
	if err != nil {
		const failure = "That user name and password do not match. Check both and try again."
		return s.refuseSignIn(v, f, step, failure, err)
	}
	return s.proceed(v, f.progress(), step, proof)
}

// signInWithPasskey is the first step and the last: the passkey tells who it
// is, and has verified them. Tries are not counted: there is nothing to guess,
// and no account to count them for.
func (s *Site) signInWithPasskey(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f := readSignIn(values)
	step, err := s.stepOf(v, f)
	if err != nil {
		return err
	}
	proof, err := s.provePasskey(v, values.Get("response"), nil)
	if err != nil {
		const failure = "The passkey was not accepted. Try again, or sign in with your password."
		return s.refuseSignIn(v, f, step, failure, err)
	}
	return s.proceed(v, f.progress(), step, proof)
}

// stepOf is what the application of an authorization request wants of a whole
// sign-in; zero without a request.
func (s *Site) stepOf(v *visit, f signInForm) (oidc.SignIn, error) {
	if f.request == "" {
		return oidc.SignIn{}, nil
	}
	next, err := s.oidc.Resume(v.r.Context(), f.request, nil)
	if err != nil {
		return oidc.SignIn{}, requestError(err)
	}
	step, ok := next.(oidc.SignIn)
	if !ok { // it wants an answer without a page, so no page of ours led here
		return oidc.SignIn{}, errRequestOver
	}
	return step, nil
}

// refuseSignIn shows the form again. It says the same whatever was wrong.
func (s *Site) refuseSignIn(v *visit, f signInForm, step oidc.SignIn, failure string, cause error) error {
	if !isRefusal(cause) {
		return s.orSlow(cause, f.page())
	}
	s.logFailure(v, cause)
	return s.showSignIn(v, http.StatusUnauthorized, f, failure, step)
}

// isRefusal reports whether somebody failed to prove who they are, rather than
// we to find out.
func isRefusal(err error) bool {
	for _, refusal := range []error{identity.ErrCredentials, identity.ErrStale, identity.ErrCode, identity.ErrPasskey, errCeremonyOver} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// logFailure says why a proof failed. What was typed stays out of the log, and
// with it the text of the error: people type their password into the wrong
// field.
func (s *Site) logFailure(v *visit, err error) {
	cause := "wrong password"
	switch {
	case errors.Is(err, idp.ErrDisabled):
		cause = "disabled user"
	case errors.Is(err, errCeremonyOver):
		cause = "challenge expired"
	case errors.Is(err, identity.ErrPasskey):
		cause = "passkey"
	case errors.Is(err, identity.ErrCode) && errors.Is(err, idp.ErrReused):
		cause = "code used before"
	case errors.Is(err, identity.ErrCode):
		cause = "wrong code"
	case errors.Is(err, idp.ErrNotFound):
		cause = "unknown user, or one without a password"
	case errors.Is(err, identity.ErrStale):
		cause = "credential changed meanwhile, or proof too old"
	}
	s.log.LogAttrs(v.r.Context(), slog.LevelInfo, "proof refused", slog.String("path", v.r.URL.Path),
		slog.String("address", s.address(v.r)), slog.String("cause", cause))
}
