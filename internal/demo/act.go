// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// handle acts on a verified SET and shows it. The application's whole state is
// in memory, so there is nothing that could fail and be tried again.
func (a *App) handle(_ context.Context, set *secevent.Token) error {
	r := Received{ID: set.ID, Txn: set.Txn, Action: a.act(set)}
	for eventType, raw := range set.Events {
		r.Type, r.Event = string(eventType), raw
	}
	r.Subject, _ = json.Marshal(set.Subject)
	r.At = time.Now()
	r.AfterMS = sinceChange(set.Txn, r.At)
	a.feed.add(r)
	a.cfg.Log.Debug("SET received", "application", a.cfg.Slug, "type", r.Type, "action", r.Action)
	return nil
}

// sinceChange is the time since the change in milliseconds. The events tell it
// in whole seconds only; Tocsin's txn is a UUID of version 7, which holds the
// instant.
func sinceChange(txn string, now time.Time) int64 {
	id, err := uuid.Parse(txn)
	if err != nil || id.Version() != 7 {
		return -1
	}
	seconds, nanos := id.Time().UnixTime()
	return max(now.Sub(time.Unix(seconds, nanos)).Milliseconds(), 0)
}

// act does what the event asks of this application, and says what that was.
func (a *App) act(set *secevent.Token) string {
	for eventType, raw := range set.Events {
		event, err := caep.Parse(eventType, raw)
		if err != nil {
			return a.actOther(eventType)
		}
		switch e := event.(type) {
		case caep.SessionRevoked:
			return a.endSessions(set.Subject, e)
		case caep.CredentialChange:
			return fmt.Sprintf("Noted: the %s of %s was changed (%s) by %s.", e.CredentialType,
				a.who(set.Subject), e.ChangeType, e.InitiatingEntity)
		}
		return "Noted."
	}
	return "Nothing to do."
}

func (a *App) actOther(eventType secevent.EventType) string {
	switch eventType {
	case ssf.TypeVerification:
		return "Verified that SETs arrive."
	case ssf.TypeStreamUpdated:
		a.learnStatus()
		return "Noted the stream's new status."
	}
	return "Noted."
}

// endSessions ends the sessions that the subject names: one by its sid, or all
// of a user (CAEP §3.1).
func (a *App) endSessions(about subject.Identifier, e caep.SessionRevoked) string {
	sid, user := identify(about)
	n := a.sessions.end("session-revoked by "+string(e.InitiatingEntity), func(s Session) bool {
		if sid != "" {
			return s.SID == sid
		}
		return user != "" && s.Subject == user
	})
	switch {
	case n == 0:
		return "No such session here."
	case n == 1:
		return "Ended 1 session."
	}
	return fmt.Sprintf("Ended %d sessions.", n)
}

// identify finds the session and the user in a subject.
func identify(about subject.Identifier) (sid, user string) {
	members, isComplex := about.(subject.Complex)
	if !isComplex {
		members = subject.Complex{subject.MemberUser: about}
	}
	if id, ok := members[subject.MemberSession].(subject.Opaque); ok {
		sid = string(id)
	}
	if id, ok := members[subject.MemberUser].(subject.IssSub); ok {
		user = id.Subject
	}
	return sid, user
}

// who names the user of a subject, by the name of one of their sessions here.
func (a *App) who(about subject.Identifier) string {
	_, user := identify(about)
	for _, s := range a.sessions.all() {
		if s.Subject == user {
			return s.Name
		}
	}
	return "somebody who never signed in here"
}

// describeSubject says in words whom a SET is about.
func describeSubject(raw json.RawMessage) string {
	about, err := subject.Parse(raw)
	if err != nil {
		return string(raw)
	}
	switch sid, user := identify(about); {
	case sid != "":
		return "session " + sid
	case user != "":
		return "user " + user + ", all sessions"
	}
	return string(about.Format()) + " " + string(raw)
}
