// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

type sessionJSON struct {
	ID         idp.SessionID `json:"id" doc:"The sid of ID tokens."`
	CreatedAt  time.Time     `json:"created_at"`
	AuthTime   time.Time     `json:"auth_time"`
	AMR        []string      `json:"amr,omitempty"`
	ACR        string        `json:"acr,omitempty"`
	LastSeenAt time.Time     `json:"last_seen_at" doc:"Accurate to a minute."`
	ExpiresAt  time.Time     `json:"expires_at"`
	Address    string        `json:"address,omitempty"`
	UserAgent  string        `json:"user_agent,omitempty"`
	EndedAt    time.Time     `json:"ended_at,omitzero"`
	EndReason  string        `json:"end_reason,omitempty"`
}

func toSession(s idp.Session) sessionJSON {
	return sessionJSON{
		s.ID, s.CreatedAt, s.AuthTime, s.AMR, s.ACR, s.LastSeenAt, s.ExpiresAt,
		s.Address, s.UserAgent, s.EndedAt, s.EndReason,
	}
}

type sessionList struct {
	ID  string `path:"id" maxLength:"64"`
	All bool   `query:"all" doc:"Also those that have ended."`
}

type oneSession struct {
	ID      string `path:"id" maxLength:"64"`
	Session string `path:"session" maxLength:"64"`
	Body    *ReasonJSON
}

func (in *oneSession) reason() Reason {
	if in.Body == nil {
		return Reason{}
	}
	return in.Body.reason()
}

func (a *API) sessionRoutes() {
	const sessions = "/users/{id}/sessions"
	view(a, operation(http.MethodGet, sessions, "sessions", "List a user's sessions, newest first", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *sessionList) (list[sessionJSON], error) {
			found, err := Sessions(ctx, tx, who, idp.UserID(in.ID), !in.All)
			return list[sessionJSON]{convert(found, toSession)}, err
		})
	change(a, quiet(operation(http.MethodPost, sessions+"/revoke", "sessions", "Revoke all sessions of a user", http.StatusNotFound)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *mayHave[ReasonJSON]) (nothing, error) {
			return nothing{}, RevokeSessions(ctx, tx, who, idp.UserID(in.ID), in.body().reason())
		})
	change(a, quiet(operation(http.MethodPost, sessions+"/{session}/revoke", "sessions", "Revoke one session", http.StatusNotFound)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *oneSession) (nothing, error) {
			return nothing{}, RevokeSession(ctx, tx, who, idp.UserID(in.ID), idp.SessionID(in.Session), in.reason())
		})
}
