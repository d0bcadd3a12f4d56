// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// maxForm is the largest form, in bytes. The longest honest one is a set-up
// with two passwords of 256 characters.
const maxForm = 16 << 10

// visit is one request of a browser, and whose it is.
type visit struct {
	w http.ResponseWriter
	r *http.Request
	// session and user are zero while nobody is signed in.
	session idp.Session
	user    idp.User
}

func (v *visit) signedIn() bool { return v.session.ID != "" }

// sessionOrNil is the session as the OpenID Provider takes it.
func (v *visit) sessionOrNil() *idp.Session {
	if !v.signedIn() {
		return nil
	}
	return &v.session
}

// resume finds out whose request it is. A cookie that no longer means a
// session makes a stranger, and is taken away.
func (s *Site) resume(w http.ResponseWriter, r *http.Request) (*visit, error) {
	v := &visit{w: w, r: r}
	token := s.cookies.session(r)
	if token == "" {
		return v, nil
	}
	session, user, err := s.sessions.Resume(r.Context(), s.db, token)
	switch {
	case errors.Is(err, idp.ErrNotFound), errors.Is(err, idp.ErrExpired), errors.Is(err, idp.ErrDisabled):
		s.cookies.clearSession(w)
		return v, nil
	case err != nil:
		return v, err
	}
	v.session, v.user = session, user
	return v, nil
}

// actor is who acts through this visit.
func (s *Site) actor(v *visit, user idp.User) idp.Actor {
	return idp.Actor{
		Kind: idp.ActorUser, ID: string(user.ID), Name: user.Username,
		Address: s.address(v.r), UserAgent: userAgent(v.r), Session: v.session.ID,
	}
}

// userAgent is the User-Agent, cut to what an actor carries.
func userAgent(r *http.Request) string {
	ua := r.UserAgent()
	return strings.ToValidUTF8(ua[:min(len(ua), 512)], "")
}

// form reads the form in the body; what is in the query does not count.
func (v *visit) form() (url.Values, error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, tooLarge()
		}
		return nil, badForm("The form could not be read.")
	}
	return v.r.PostForm, nil
}

// frame is the frame of a page for this visit. It takes the notice that the
// last request left.
func (s *Site) frame(v *visit, title string, here page.Place) page.Frame {
	f := page.Frame{
		Title: title, Here: here, Now: time.Now(),
		Assets: s.assets.urls(),
		Notice: s.cookies.takeNotice(v.w, v.r),
	}
	if v.signedIn() {
		f.Viewer = &page.Viewer{Name: v.user.DisplayName(), Username: v.user.Username, Email: v.user.Email}
	}
	return f
}

// show writes a page.
func (v *visit) show(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(v.r.Context(), &b); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		v.w.Write(b.Bytes())
	}
	return nil
}

// redirect sends the browser to another page with GET.
func (v *visit) redirect(target string) error {
	// http.Redirect would write a page of its own around the target.
	v.w.Header().Set("Location", target)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// leave sends the browser to another site. After a form that takes a page in
// between; page.Continue says why.
func (s *Site) leave(v *visit, target string) error {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return v.redirect(target)
	}
	return v.show(http.StatusOK, page.Continue{
		Frame: s.frame(v, "Continue", ""), URL: target,
	}.Page())
}
