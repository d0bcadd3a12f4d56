// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"errors"
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// errNoEmail says that an event cannot be told because its subject has to be
// an e-mail address and the user had none.
var errNoEmail = errors.New("the event is about an e-mail address and the user had none")

// principal is the subject of a signal in all the ways in which it can be
// said.
type principal struct {
	// fixed is the sub_id where the event leaves no choice; nil where the
	// provider's format decides.
	fixed subject.Identifier
	// user and session are whom it is about; session may be empty.
	user    subject.IssSub
	session subject.Opaque
	// email is empty for a user without an address that a SET could tell.
	email subject.Email
	// about is every identifier under which a Receiver may have added the
	// principal.
	about []subject.Identifier
}

// principalOf describes the principal of a signal: the OIDC issuer and the user
// id, with the session where it is about one. An identifier that changed or
// was recycled is told by the old address whatever the format (RISC §2.5, RISC
// §2.6). A signal for one stream is about that stream, which stream names.
func principalOf(sig idp.Signal, issuer string, stream idp.StreamID) (principal, error) {
	if sig.Stream != 0 {
		return principal{fixed: ssf.StreamSubject(string(stream))}, nil
	}
	user := subject.IssSub{Issuer: issuer, Subject: string(sig.Principal.UserID)}
	p := principal{user: user, session: subject.Opaque(sig.Principal.SessionID), about: equivalents(sig.Principal, user)}
	if email := subject.Email(sig.Principal.Email); email != "" && email.Validate() == nil {
		p.email = email
	}
	if needsEmail(sig.Type) {
		if p.email == "" {
			return principal{}, errNoEmail
		}
		p.fixed = p.email
	}
	return p, nil
}

// sub is the sub_id of a SET, in a provider's format: for one kind of principal
// always the same, so that Receivers cannot correlate more than they were told
// (SSF §10.1). Without withEmail the address is not said.
//
// SPEC: RFC 9493 §3.2.2 has no way to say that there is no address. A user
// without one is named by issuer and id, which no other user shares.
func (p principal) sub(format subject.Format, withEmail bool) subject.Identifier {
	if p.fixed != nil {
		return p.fixed
	}
	user := p.inFormat(format, withEmail && p.email != "")
	if p.session == "" {
		return user
	}
	return subject.Complex{subject.MemberUser: user, subject.MemberSession: p.session}
}

func (p principal) inFormat(format subject.Format, withEmail bool) subject.Identifier {
	switch {
	case format == subject.FormatOpaque:
		return subject.Opaque(p.user.Subject)
	case format == subject.FormatEmail && withEmail:
		return p.email
	case format == subject.FormatAliases && withEmail:
		return subject.Aliases{p.user, p.email, subject.Opaque(p.user.Subject)}
	case format == subject.FormatAliases:
		return subject.Aliases{p.user, subject.Opaque(p.user.Subject)}
	}
	return p.user
}

func needsEmail(t secevent.EventType) bool {
	return t == risc.TypeIdentifierChanged || t == risc.TypeIdentifierRecycled
}

// equivalents is a user by issuer and id, by id alone and by address, each as
// a simple subject and as the user of a complex one.
//
// SPEC: SSF §8.1.3.1 does not say how a simple subject relates to a complex
// one, and a Receiver may know a user by another identifier than the sub_id.
// Here a simple subject stands for the user, so whoever added an address gets
// the events about the sessions of its owner as well.
func equivalents(p idp.Principal, user subject.IssSub) []subject.Identifier {
	simple := []subject.Identifier{user, subject.Opaque(user.Subject)}
	if p.Email != "" {
		simple = append(simple, subject.Email(p.Email))
	}
	about := slices.Clone(simple)
	for _, id := range simple {
		c := subject.Complex{subject.MemberUser: id}
		if p.SessionID != "" {
			c[subject.MemberSession] = subject.Opaque(string(p.SessionID))
		}
		about = append(about, c)
	}
	return about
}

// concerns decides by a stream's subjects whether a signal is for it, given
// those of its subjects that have anything to do with the principal: on a
// stream of all, that none of them was removed; otherwise, that one was added
// (SSF §8.1.3.1).
func (p principal) concerns(defaults idp.DefaultSubjects, candidates []idp.StreamSubject) bool {
	if defaults == idp.SubjectsAll {
		return !p.any(candidates, func(s idp.StreamSubject, id subject.Identifier) bool {
			return s.Removed && subject.Covers(s.Subject, id)
		})
	}
	return p.any(candidates, func(s idp.StreamSubject, id subject.Identifier) bool {
		return !s.Removed && subject.Match(s.Subject, id)
	})
}

func (p principal) any(candidates []idp.StreamSubject, holds func(idp.StreamSubject, subject.Identifier) bool) bool {
	return slices.ContainsFunc(candidates, func(s idp.StreamSubject) bool {
		return slices.ContainsFunc(p.about, func(id subject.Identifier) bool { return holds(s, id) })
	})
}
