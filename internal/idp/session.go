// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"log/slog"
	"time"
)

// Session is a signed-in browser. It lives until somebody ends it, it is idle
// for too long, or its absolute time is up. An ended session stays on record.
type Session struct {
	ID     SessionID
	UserID UserID
	// TokenHash is the hash of the cookie.
	TokenHash Hash
	CreatedAt time.Time
	// AuthTime is when the user last proved who they are.
	AuthTime time.Time
	// AMR are the methods that they proved it with (OIDC Core §2).
	AMR []string
	// ACR is the level of the session (OIDC Core §2).
	ACR string
	// LastSeenAt is accurate to a minute.
	LastSeenAt time.Time
	// ExpiresAt is the absolute end.
	ExpiresAt time.Time
	// Address and UserAgent are those of the sign-in.
	Address   string
	UserAgent string
	// EndedAt is zero while the session has not been ended.
	EndedAt time.Time
	// EndReason says how it ended, such as "signed out".
	EndReason string
}

// Live reports whether the session was neither ended nor is past its absolute
// time at now.
func (s Session) Live(now time.Time) bool {
	return s.EndedAt.IsZero() && now.Before(s.ExpiresAt)
}

// LogValue shows session and user.
func (s Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("sid", string(s.ID)), slog.String("user", string(s.UserID)))
}
