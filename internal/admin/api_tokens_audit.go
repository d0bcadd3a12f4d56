// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

type apiTokenJSON struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Token     string    `json:"token,omitempty" doc:"Only in the answer that made it; it is not shown again."`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

func toAPIToken(t idp.APIToken) apiTokenJSON {
	return apiTokenJSON{ID: t.ID, Name: t.Name, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt}
}

type newAPITokenJSON struct {
	Name      string    `json:"name" example:"deploy"`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"Without it the token works until it is revoked."`
}

func (a *API) apiTokenRoutes() {
	const tokens, token = "/api-tokens", "/api-tokens/{id}"
	view(a, operation(http.MethodGet, tokens, "API tokens", "List API tokens, newest first"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[apiTokenJSON], error) {
			found, err := APITokens(ctx, tx, who)
			return list[apiTokenJSON]{convert(found, toAPIToken)}, err
		})
	change(a, creates(operation(http.MethodPost, tokens, "API tokens", "Create an API token")),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withBody[newAPITokenJSON]) (apiTokenJSON, error) {
			t, secret, err := CreateAPIToken(ctx, tx, who, in.Body.Name, in.Body.ExpiresAt)
			out := toAPIToken(t)
			out.Token = secret.Reveal()
			return out, err
		})
	change(a, operation(http.MethodDelete, token, "API tokens", "Revoke an API token", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (nothing, error) {
			return nothing{}, RevokeAPIToken(ctx, tx, who, in.ID)
		})
}

type auditEntryJSON struct {
	ID         int64     `json:"id"`
	At         time.Time `json:"at"`
	Actor      actorJSON `json:"actor"`
	Action     string    `json:"action" example:"user.disable"`
	ObjectKind string    `json:"object_kind"`
	ObjectID   string    `json:"object_id"`
	ObjectName string    `json:"object_name,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Outcome    string    `json:"outcome" doc:"ok, or a short cause such as denied."`
	Txn        string    `json:"txn,omitempty" doc:"The txn of the signals of the same change."`
}

type actorJSON struct {
	Kind      idp.ActorKind `json:"kind"`
	ID        string        `json:"id,omitempty"`
	Name      string        `json:"name,omitempty"`
	Address   string        `json:"address,omitempty"`
	UserAgent string        `json:"user_agent,omitempty"`
	Session   idp.SessionID `json:"session,omitempty"`
}

func toAuditEntry(e idp.AuditEntry) auditEntryJSON {
	return auditEntryJSON{e.ID, e.At, actorJSON(e.Actor), e.Action, e.ObjectKind, e.ObjectID, e.ObjectName, e.Reason, e.Outcome, e.Txn}
}

type auditList struct {
	ObjectKind string    `query:"object_kind" maxLength:"64"`
	ObjectID   string    `query:"object_id" maxLength:"64"`
	ActorID    string    `query:"actor_id" maxLength:"64"`
	Action     string    `query:"action" maxLength:"64" doc:"Such as user.disable. With a dot at its end, such as user., all that begin with it."`
	Txn        string    `query:"txn" maxLength:"64" doc:"The txn of a change."`
	Search     string    `query:"search" maxLength:"200" doc:"A part of the name of the actor or the object, of the reason or of the address, regardless of case."`
	From       time.Time `query:"from" doc:"The first instant."`
	Until      time.Time `query:"until" doc:"The instant after the last."`
	Cursor     int64     `query:"cursor" minimum:"0"`
	Limit      int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (a *API) auditRoutes() {
	view(a, operation(http.MethodGet, "/audit-entries", "audit log", "List audit entries, newest first"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *auditList) (page[auditEntryJSON], error) {
			found, err := AuditEntries(ctx, tx, who, idp.AuditFilter{
				ObjectKind: in.ObjectKind, ObjectID: in.ObjectID, ActorID: in.ActorID, Action: in.Action, Txn: in.Txn,
				Search: in.Search, From: in.From, Until: in.Until, Before: in.Cursor, Limit: in.Limit,
			})
			out := page[auditEntryJSON]{Items: convert(found, toAuditEntry)}
			if len(found) == in.Limit {
				out.NextCursor = strconv.FormatInt(found[len(found)-1].ID, 10)
			}
			return out, err
		})
}
