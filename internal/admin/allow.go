// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// object is what an action is done to. The kind is a noun of the glossary.
type object struct {
	kind string
	id   string
	// name is what the object is called. It is looked up for an object that
	// exists, which fails with idp.ErrNotFound when it does not.
	name string
	// fresh marks an object that is about to be created.
	fresh bool
}

// created is an object that does not exist yet. Its name has not been checked.
func created[T ~string](kind string, id T, name string) object {
	return object{kind: kind, id: string(id), name: name, fresh: true}
}

// DeniedError says that the actor may not do what they tried. It is
// idp.ErrDenied. Nothing of the transaction remains, so whoever ran it stores
// Entry in another one.
type DeniedError struct{ Entry idp.AuditEntry }

// Error names the actor and the action.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("%s %s: %s: %v", e.Entry.Actor.Kind, e.Entry.Actor.ID, e.Entry.Action, idp.ErrDenied)
}

// Unwrap returns idp.ErrDenied.
func (e *DeniedError) Unwrap() error { return idp.ErrDenied }

// allow returns nil if the actor may do action to o, and enters it in the
// audit log. The entry commits or vanishes with the change. Its reason and txn
// are those of the cause.
func allow(tx idp.Tx, actor idp.Actor, action string, o object, cause identity.Cause) error {
	entry, err := permit(tx, actor, action, o)
	if err != nil {
		return err
	}
	entry.Reason, entry.Txn = cause.Admin, cause.Txn
	return tx.AppendAudit(entry)
}

// permit is allow for a change that the entry can only be completed after: it
// returns the entry and the caller appends it.
func permit(tx idp.Tx, actor idp.Actor, action string, o object) (idp.AuditEntry, error) {
	entry := idp.AuditEntry{
		Actor: actor, Action: action, ObjectKind: o.kind, ObjectID: o.id, ObjectName: o.name, Outcome: "ok",
	}
	err := authorize(tx, actor)
	if errors.Is(err, idp.ErrDenied) {
		entry.Outcome = "denied"
		return idp.AuditEntry{}, &DeniedError{entry}
	}
	if err == nil && !o.fresh {
		entry.ObjectName, err = nameOf(tx, o)
	}
	return entry, err
}

// authorize returns idp.ErrDenied unless the actor is an admin: an enabled
// user with the admin right, a live API token, or the program itself. The
// rights are read in the transaction that uses them.
func authorize(tx idp.Tx, actor idp.Actor) error {
	switch actor.Kind {
	case idp.ActorSystem:
		return nil
	case idp.ActorToken:
		t, err := tx.APIToken(actor.ID)
		if err == nil && liveToken(t, tx.Now()) {
			return nil
		}
		return orDenied(err)
	case idp.ActorAdmin:
		u, err := tx.User(idp.UserID(actor.ID))
		if err == nil && u.Admin && !u.Disabled() {
			return nil
		}
		return orDenied(err)
	}
	return idp.ErrDenied
}

// orDenied keeps a failure of the database apart from a missing right.
func orDenied(err error) error {
	if err == nil || errors.Is(err, idp.ErrNotFound) {
		return idp.ErrDenied
	}
	return err
}

// nameOf looks up what an object is called.
func nameOf(tx idp.Tx, o object) (string, error) {
	switch o.kind {
	case "user":
		u, err := tx.User(idp.UserID(o.id))
		return u.Username, err
	case "group":
		g, err := tx.Group(idp.GroupID(o.id))
		return g.Name, err
	case "application":
		a, err := tx.Application(idp.ApplicationID(o.id))
		return a.Slug, err
	case "oidc_provider":
		p, err := tx.OIDCProvider(idp.ProviderID(o.id))
		return p.Name, err
	case "ssf_provider":
		p, err := tx.SSFProvider(idp.ProviderID(o.id))
		return p.Slug, err
	case "signing_key":
		k, err := tx.SigningKey(idp.KeyID(o.id))
		return k.Name, err
	case "stream":
		s, err := tx.Stream(idp.StreamID(o.id))
		return s.EndpointURL, err
	case "api_token":
		t, err := tx.APIToken(o.id)
		return t.Name, err
	}
	panic("admin: no name is known for a " + o.kind)
}

// causeOf gives a change that makes signals a txn, so that its audit entry and
// its signals can be found from each other.
func causeOf(r Reason) identity.Cause {
	return identity.Cause{Txn: identity.NewTxn(), Admin: r.Admin, User: r.User, Entered: true}
}

// Reason is why an admin does something.
type Reason struct {
	// Admin goes into the audit entry and, as reason_admin, into the signals;
	// User is what the user may read, as reason_user (CAEP §2). Either may be
	// empty: then signals carry the words of the verb. At most 500 characters
	// each.
	Admin, User string
}
