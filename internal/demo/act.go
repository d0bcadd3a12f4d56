// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// handle acts on a verified SET and shows it. The application's whole state is
// in memory, so there is nothing that could fail and be tried again.
func (a *App) handle(_ context.Context, set *secevent.Token) error {
	claims, err := json.Marshal(set)
	if err != nil {
		return err
	}
	r := Received{ID: set.ID, Txn: set.Txn, About: a.about(set.Subject), Claims: claims}
	r.Subject, _ = json.Marshal(set.Subject)
	eventType, raw := set.Event()
	r.Type, r.Event = string(eventType), raw
	event := parse(eventType, raw)
	if common, ok := caep.CommonOf(event); ok {
		r.By, r.Reason = string(common.InitiatingEntity), common.ReasonAdmin.Pick("en")
	}
	r.Action = a.act(eventType, event, r.About, sinceChange(set.Txn, time.Now()))
	r.At = time.Now()
	r.AfterMS = sinceChange(set.Txn, r.At)
	a.feed.add(r)
	a.cfg.Log.Debug("SET received", "application", a.cfg.Slug, "type", r.Type, "action", r.Action)
	return nil
}

// sinceChange is the time since the change in milliseconds. The events tell it
// in whole seconds only; Tocsin's txn is a UUID of version 7, which holds the
// instant. It is negative for a txn of another kind.
func sinceChange(txn string, now time.Time) int64 {
	id, err := uuid.Parse(txn)
	if err != nil || id.Version() != 7 {
		return -1
	}
	seconds, nanos := id.Time().UnixTime()
	return max(now.Sub(time.Unix(seconds, nanos)).Milliseconds(), 0)
}

// act does what an event asks of this application, and says what that was. The
// event is nil when it is none of CAEP or RISC.
func (a *App) act(eventType secevent.EventType, event secevent.Event, about About, afterMS int64) string {
	if e, ok := event.(caep.SessionRevoked); ok {
		return a.endSessions(about, e, afterMS)
	}
	switch eventType {
	case ssf.TypeVerification:
		return "Verified that SETs arrive."
	case ssf.TypeStreamUpdated:
		a.learnStatus()
		return "Noted the stream's new status."
	}
	return note(event, about)
}

// endSessions ends the sessions that the subject names: one by its sid, or all
// of a user (CAEP §3.1).
func (a *App) endSessions(about About, e caep.SessionRevoked, afterMS int64) string {
	end := Ending{At: time.Now(), By: "session-revoked", Reason: whyEnded(e), AfterMS: afterMS}
	ended, known := a.sessions.end(end, func(s Session) bool {
		if about.Session != "" {
			return s.SID == about.Session
		}
		return about.User != "" && s.Subject == about.User
	})
	switch {
	case ended == 1:
		return "Ended 1 session here."
	case ended > 1:
		return fmt.Sprintf("Ended %d sessions here.", ended)
	case known > 0:
		return "Nothing to end: it was over here already."
	}
	return "Nothing to end: no such session here."
}

// whyEnded tells the user why their session is over: in the words of the event
// if it has any for them, otherwise by who caused it (CAEP §2).
func whyEnded(e caep.SessionRevoked) string {
	if text := e.ReasonUser.Pick("en"); text != "" {
		return strings.TrimSuffix(text, ".") + "."
	}
	switch e.InitiatingEntity {
	case caep.ByUser:
		return "You ended it at Tocsin."
	case caep.ByAdmin:
		return "An administrator ended it at Tocsin."
	case caep.ByPolicy:
		return "A policy of Tocsin ended it."
	}
	return "Tocsin ended it."
}
