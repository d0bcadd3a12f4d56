// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// UserTx reads and writes users.
type UserTx interface {
	// CreateUser stores a new user; ErrConflict when the user name or e-mail
	// address is taken. Both are compared regardless of case, and a user name
	// must not be another user's e-mail address.
	CreateUser(User) error
	User(UserID) (User, error)
	// UserByLogin finds a user by user name or e-mail address, regardless of
	// case.
	UserByLogin(login string) (User, error)
	Users(UserFilter) ([]User, error)
	// CountUsers counts all users and those who are enabled admins.
	CountUsers() (users, admins int, err error)
	// UpdateUser replaces all members but ID and CreatedAt, with UpdatedAt set
	// to Now.
	UpdateUser(User) error
	// DeleteUser erases the user with their credentials, devices, tickets,
	// sessions, grants, tokens and memberships. Signals, audit entries, mails
	// and throttles stay.
	DeleteUser(UserID) error
}

// GroupTx reads and writes groups and memberships.
type GroupTx interface {
	CreateGroup(Group) error
	Group(GroupID) (Group, error)
	// Groups returns all groups by name.
	Groups() ([]Group, error)
	UpdateGroup(Group) error
	// DeleteGroup also takes it from applications and users. An application
	// whose last group it was would admit everybody, so that is ErrConflict.
	DeleteGroup(GroupID) error
	// AddMember and RemoveMember change nothing when there is nothing to
	// change.
	AddMember(GroupID, UserID) error
	RemoveMember(GroupID, UserID) error
	GroupsOf(UserID) ([]GroupID, error)
	Members(GroupID) ([]UserID, error)
}

// CredentialTx reads and writes credentials.
type CredentialTx interface {
	// Credentials returns a user's credentials, oldest first.
	Credentials(UserID) ([]Credential, error)
	Credential(CredentialID) (Credential, error)
	// PutCredential creates the credential or replaces all but the ID, UserID
	// and CreatedAt of the one with its ID; ErrConflict when that one is
	// another user's. UpdatedAt is the caller's, for only the caller knows
	// whether this is a change or a use.
	PutCredential(Credential) error
	DeleteCredential(CredentialID) error
}

// SessionTx reads and writes sessions.
type SessionTx interface {
	CreateSession(Session) error
	Session(SessionID) (Session, error)
	SessionByToken(Hash) (Session, error)
	// SessionsOf returns a user's sessions, newest first; live ones only when
	// asked.
	SessionsOf(user UserID, liveOnly bool) ([]Session, error)
	// UpdateSession replaces TokenHash, AuthTime, AMR, ACR, LastSeenAt and
	// ExpiresAt.
	UpdateSession(Session) error
	// EndSession ends a session at Now; ending an ended one changes nothing.
	EndSession(id SessionID, reason string) error
	// TimedOutSessions returns up to limit sessions that were not ended, and
	// were last seen at idleSince or before it or whose absolute time is up,
	// ordered by ID.
	TimedOutSessions(idleSince time.Time, limit int) ([]Session, error)
	// SweepSessions erases sessions that ended or expired before the given
	// time, at most limit of them.
	SweepSessions(before time.Time, limit int) (int, error)
}

// GrantTx reads and writes grants and authorization requests.
type GrantTx interface {
	// Grant returns what the user let the application have, or ErrNotFound.
	Grant(UserID, ApplicationID) (Grant, error)
	GrantsOf(UserID) ([]Grant, error)
	// PutGrant creates the grant of its user and application or replaces its
	// scopes.
	PutGrant(Grant) error
	DeleteGrant(UserID, ApplicationID) error

	CreateAuthRequest(AuthRequest) error
	AuthRequest(id string) (AuthRequest, error)
	AuthRequestByCode(Hash) (AuthRequest, error)
	// UpdateAuthRequest replaces all members but ID, ApplicationID and
	// CreatedAt.
	UpdateAuthRequest(AuthRequest) error
	DeleteAuthRequest(id string) error
}

// TokenTx reads and writes the records behind access and refresh tokens.
type TokenTx interface {
	CreateAccessToken(AccessToken) error
	AccessToken(id string) (AccessToken, error)
	// RevokeAccessToken revokes at Now; revoking a revoked one changes nothing.
	RevokeAccessToken(id string) error
	CreateRefreshToken(RefreshToken) error
	RefreshToken(Hash) (RefreshToken, error)
	// UseRefreshToken sets UsedAt to Now; ErrReused when it was set before.
	UseRefreshToken(Hash) error
	// RevokeTokens revokes all access and refresh tokens that match every
	// member set in the filter, and returns how many it revoked. An empty
	// filter is an error.
	RevokeTokens(TokenFilter) (int, error)
	// SessionApplications returns the applications that got tokens through a
	// session, also when those were swept: it forgets none before the session
	// is erased.
	SessionApplications(SessionID) ([]ApplicationID, error)
	// SweepTokens erases tokens, tickets, authorization requests and one-time
	// values that expired before the given time, at most limit of each.
	SweepTokens(before time.Time, limit int) (int, error)
}

// TokenFilter selects tokens to revoke. Members that are empty do not
// restrict.
type TokenFilter struct {
	UserID        UserID
	SessionID     SessionID
	ApplicationID ApplicationID
	FamilyID      FamilyID
}

// AuditTx appends and reads audit entries.
type AuditTx interface {
	// AppendAudit stores an entry with At set to Now.
	AppendAudit(AuditEntry) error
	AuditEntries(AuditFilter) ([]AuditEntry, error)
}

// APITokenTx reads and writes API tokens.
type APITokenTx interface {
	CreateAPIToken(APIToken) error
	APIToken(id string) (APIToken, error)
	APITokenByHash(Hash) (APIToken, error)
	// APITokens returns all tokens, newest first.
	APITokens() ([]APIToken, error)
	// RevokeAPIToken revokes at Now; revoking a revoked one changes nothing.
	RevokeAPIToken(id string) error
}
