// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "log/slog"

// ActorKind says in which role somebody acts.
type ActorKind string

// The kinds of actors. They are also the values of CAEP's initiating_entity,
// except that an API token acts as an admin (CAEP §2).
const (
	// ActorUser is a person acting on their own account.
	ActorUser ActorKind = "user"
	// ActorAdmin is a person acting on somebody else's account, or on objects.
	ActorAdmin ActorKind = "admin"
	// ActorToken is automation with an API token; it acts as an admin.
	ActorToken ActorKind = "token"
	// ActorApplication is an application with its own credentials.
	ActorApplication ActorKind = "application"
	// ActorPolicy is a rule, such as the reuse of a refresh token.
	ActorPolicy ActorKind = "policy"
	// ActorSystem is the program itself, such as an expiry.
	ActorSystem ActorKind = "system"
)

// Actor is who does something. It travels with every verb and ends in the
// audit entry and in the signal's initiating_entity.
type Actor struct {
	Kind ActorKind
	// ID is a UserID, ApplicationID or API token id; empty for policy and
	// system.
	ID string
	// Name is what a person reads: a user name, a token's name.
	Name string
	// Address is the peer's IP address, empty when there is none.
	Address string
	// UserAgent is the peer's User-Agent, at most 512 bytes.
	UserAgent string
	// Session is the session through which a person acts, if any.
	Session SessionID
}

// System is the actor of the program itself.
func System() Actor { return Actor{Kind: ActorSystem, Name: "system"} }

// InitiatingEntity is the actor in CAEP's words: admin, user, policy or system
// (CAEP §2).
func (a Actor) InitiatingEntity() string {
	switch a.Kind {
	case ActorUser, ActorApplication:
		return string(ActorUser)
	case ActorAdmin, ActorToken:
		return string(ActorAdmin)
	case ActorPolicy:
		return string(ActorPolicy)
	default:
		return string(ActorSystem)
	}
}

// LogValue shows kind, id and name.
func (a Actor) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(a.Kind)),
		slog.String("id", a.ID), slog.String("name", a.Name))
}
