// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import "github.com/tocsin-id/tocsin/subject"

// About is whom a SET is about, as this application knows them.
type About struct {
	// User is the "sub" of ID tokens, Session the "sid"; either may be empty.
	User    string `json:"user,omitempty"`
	Session string `json:"session,omitempty"`
	// Name is for people.
	Name string `json:"name"`
}

// about finds the user and the session in a subject: a complex subject says
// both, a simple one is a user (SSF §3.3).
func (a *App) about(id subject.Identifier) About {
	members, isComplex := id.(subject.Complex)
	if !isComplex {
		members = subject.Complex{subject.MemberUser: id}
	}
	about := About{Name: "somebody who never signed in here"}
	if session, ok := members[subject.MemberSession].(subject.Opaque); ok {
		about.Session = string(session)
	}
	if user, ok := members[subject.MemberUser].(subject.IssSub); ok && user.Issuer == a.cfg.Issuer {
		about.User = user.Subject
	}
	if name, ok := a.sessions.nameOf(about.User); ok {
		about.Name = name
	}
	return about
}
