// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
)

// cookies names and writes our cookies. Browsers share cookies between the
// ports of a host, so in development, where applications run on other ports,
// the names must be ours alone.
type cookies struct {
	// secure is false when browsers reach us over http, which is development.
	secure bool
}

// name adds the prefix that makes browsers take the cookie only with Secure,
// for this host and for all paths.
func (c cookies) name(secured, plain string) string {
	if c.secure {
		return "__Host-" + secured
	}
	return plain
}

func (c cookies) sessionName() string { return c.name("tocsin", "tocsin_session") }

// session returns the session token that the browser sent, or "".
func (c cookies) session(r *http.Request) string {
	return c.value(r, c.sessionName())
}

// setSession gives the browser a session token. The cookie has no end of its
// own: the session has.
func (c cookies) setSession(w http.ResponseWriter, token string) {
	c.set(w, c.sessionName(), token, 0)
}

func (c cookies) clearSession(w http.ResponseWriter) {
	c.set(w, c.sessionName(), "", -1)
}

func (c cookies) value(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// set writes a cookie. Lax lets it come along when an application sends the
// browser here, and keeps it from forms of other sites.
func (c cookies) set(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
