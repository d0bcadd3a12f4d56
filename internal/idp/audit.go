// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// AuditEntry says what an actor did. It is not an event: applications never
// see it. It is linked to the signals of the same change by Txn.
type AuditEntry struct {
	ID int64
	At time.Time
	// Actor did Action, such as "user.disable", to Object.
	Actor  Actor
	Action string
	// ObjectKind is a noun of the glossary, such as "user" or "stream".
	ObjectKind string
	ObjectID   string
	// ObjectName is what the object was called at the time.
	ObjectName string
	// Reason is what the actor gave; empty when none was asked.
	Reason string
	// Outcome is "ok" or a short cause such as "denied".
	Outcome string
	// Txn links to signals; empty when the action caused none.
	Txn string
}

// AuditFilter selects audit entries, newest first.
type AuditFilter struct {
	// ObjectKind, ObjectID, ActorID, Action and Txn restrict when not empty.
	// Action may end with a dot and then means all that begin with it.
	ObjectKind, ObjectID, ActorID, Action, Txn string
	// Search matches a part of the names of actor and object, the reason or
	// the address, regardless of case.
	Search string
	// From and Until restrict the time when not zero; Until is excluded.
	From, Until time.Time
	// Before is the ID before which to begin; zero begins at the newest.
	Before int64
	// Limit is how many to return, 1 to 500; zero means 50.
	Limit int
}

// APIToken lets automation use the admin API. It acts as an admin.
type APIToken struct {
	ID   string
	Name string
	Hash Hash
	// ExpiresAt is zero for a token that does not expire.
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}
