// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// Cause is why a change is made. The zero Cause is fine: each verb has words
// of its own.
type Cause struct {
	// Txn is shared by all signals of one change and its audit entry (SSF
	// §4.1.9). Empty makes a fresh one.
	Txn string
	// Admin is the text for logs and administrators, in English; empty takes
	// the verb's. At most 500 characters.
	Admin string
	// User is the text that may be shown to the end user, in English; empty
	// takes the verb's, which may be none. At most 500 characters.
	User string
	// Entered says that the caller has written the audit entry. Otherwise the
	// verb writes one.
	Entered bool
}

// NewTxn returns a fresh Cause.Txn.
func NewTxn() string { return idp.NewID[string]() }

// change is what the signals of one change have in common.
type change struct {
	tx    idp.Tx
	actor idp.Actor
	cause Cause
	// kind is what providers can hold signals back by.
	kind idp.SignalCause
}

// begin checks the cause and fills what is missing: reason_admin is never
// empty, because Receivers may rely on it (CAEP Interop §3.1).
func begin(tx idp.Tx, actor idp.Actor, cause Cause, kind idp.SignalCause, admin, user string) (change, error) {
	for _, r := range []struct {
		field string
		text  *string
		usual string
	}{{"reason_admin", &cause.Admin, admin}, {"reason_user", &cause.User, user}} {
		if *r.text == "" {
			*r.text = r.usual
		}
		if !utf8.ValidString(*r.text) || utf8.RuneCountInString(*r.text) > 500 {
			return change{}, idp.Invalid(r.field, "must be at most 500 characters of UTF-8")
		}
	}
	if cause.Txn == "" {
		cause.Txn = NewTxn()
	}
	return change{tx: tx, actor: actor, cause: cause, kind: kind}, nil
}

// common returns the claims that each CAEP event of the change carries.
func (c change) common() caep.Common {
	common := caep.Common{
		EventTimestamp:   caep.At(c.tx.Now()),
		InitiatingEntity: caep.InitiatingEntity(c.actor.InitiatingEntity()),
		ReasonAdmin:      caep.Reason{"en": c.cause.Admin},
	}
	if c.cause.User != "" {
		common.ReasonUser = caep.Reason{"en": c.cause.User}
	}
	return common
}

// record appends one signal about p.
func (c change) record(p idp.Principal, event interface {
	secevent.Event
	Validate() error
}) error {
	if err := event.Validate(); err != nil {
		return fmt.Errorf("signal: %w", err)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("signal %s: %w", event.EventType(), err)
	}
	return c.tx.AppendSignal(&idp.Signal{
		Txn: c.cause.Txn, Type: event.EventType(), Event: payload, Cause: c.kind, Principal: p,
	})
}

// enter writes the audit entry of a change to a user, unless the caller did.
func (c change) enter(action string, u idp.User) error {
	return c.enterAbout(action, "user", string(u.ID), u.Username)
}

func (c change) enterAbout(action, kind, id, name string) error {
	if c.cause.Entered {
		return nil
	}
	return c.tx.AppendAudit(idp.AuditEntry{
		Actor: c.actor, Action: action, ObjectKind: kind, ObjectID: id, ObjectName: name,
		Reason: c.cause.Admin, Outcome: "ok", Txn: c.cause.Txn,
	})
}

// enterRefused writes the audit entry of something that was asked for and not
// done. A user who does not exist is not named.
func (c change) enterRefused(action string, u idp.User) error {
	if c.cause.Entered {
		return nil
	}
	return c.tx.AppendAudit(idp.AuditEntry{
		Actor: c.actor, Action: action, ObjectKind: "user", ObjectID: string(u.ID), ObjectName: u.Username,
		Reason: c.cause.Admin, Outcome: "refused", Txn: c.cause.Txn,
	})
}

// principal describes a user as they are now.
func principal(tx idp.Tx, u idp.User) (idp.Principal, error) {
	groups, err := tx.GroupsOf(u.ID)
	if err != nil {
		return idp.Principal{}, err
	}
	return idp.Principal{UserID: u.ID, Email: u.Email, Groups: groups}, nil
}

// ofSession narrows a principal to one of the user's sessions.
func ofSession(p idp.Principal, id idp.SessionID) idp.Principal {
	p.SessionID = id
	return p
}
