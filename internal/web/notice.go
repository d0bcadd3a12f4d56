// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strconv"
	"strings"
)

// A notice confirms on the next page what a form did. Its cookie holds a word
// of this list and a number, never a text, so that nobody can make us say
// something.
const (
	noticePassword = "password-changed"
	noticeSession  = "session-ended"
	noticeAdmin    = "admin-created"
	noticeProfile  = "profile-changed"
	noticeApp      = "app-added"
	noticePasskey  = "passkey-added"
	noticeRenamed  = "factor-renamed"
	noticeRemoved  = "factor-removed"
	noticeCodes    = "codes-removed"
	noticeTicket   = "password-by-mail"
)

func (c cookies) noticeName() string { return c.name("tocsin-notice", "tocsin_notice") }

// leaveNotice keeps a notice for the next page, for a minute at most.
func (c cookies) leaveNotice(w http.ResponseWriter, notice string, n int) {
	c.set(w, c.noticeName(), notice+"."+strconv.Itoa(n), 60)
}

// takeNotice returns the text of the notice that waits, once.
func (c cookies) takeNotice(w http.ResponseWriter, r *http.Request) string {
	value := c.value(r, c.noticeName())
	if value == "" {
		return ""
	}
	c.set(w, c.noticeName(), "", -1)
	notice, number, _ := strings.Cut(value, ".")
	n, _ := strconv.Atoi(number)
	return noticeText(notice, n)
}

func noticeText(notice string, n int) string {
	switch {
	case notice == noticePassword && n == 1:
		return "Your password is changed. One other session was signed out."
	case notice == noticePassword && n > 1:
		return "Your password is changed. " + strconv.Itoa(n) + " other sessions were signed out."
	case notice == noticePassword:
		return "Your password is changed."
	case notice == noticeSession:
		return "That session is signed out, and its applications have been told."
	case notice == noticeAdmin:
		return "The administrator is created. Sign in to begin."
	default:
		return doneText(notice)
	}
}

// doneText is noticeText where no number matters.
func doneText(notice string) string {
	switch notice {
	case noticeProfile:
		return "Your profile is saved."
	case noticeApp:
		return "The app is added. Its codes work from now on."
	case noticePasskey:
		return "The passkey is added. You can sign in with it from now on."
	case noticeRenamed:
		return "The name is changed."
	case noticeRemoved:
		return "It is removed, and no longer signs you in."
	case noticeCodes:
		return "The recovery codes are removed."
	case noticeTicket:
		return "Your password is set. Sign in with it."
	default:
		return ""
	}
}
