// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

type groupJSON struct {
	ID        idp.GroupID `json:"id"`
	Name      string      `json:"name"`
	CreatedAt time.Time   `json:"created_at"`
}

func toGroup(g idp.Group) groupJSON { return groupJSON(g) }

type groupNameJSON struct {
	Name string `json:"name" example:"staff"`
}

type membership struct {
	ID   string `path:"id" maxLength:"64"`
	User string `path:"user" maxLength:"64"`
}

func (a *API) groupRoutes() {
	const groups, group = "/groups", "/groups/{id}"
	view(a, operation(http.MethodGet, groups, "groups", "List groups"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[groupJSON], error) {
			found, err := Groups(ctx, tx, who)
			return list[groupJSON]{convert(found, toGroup)}, err
		})
	change(a, creates(operation(http.MethodPost, groups, "groups", "Create a group", http.StatusConflict)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withBody[groupNameJSON]) (groupJSON, error) {
			g, err := CreateGroup(ctx, tx, who, in.Body.Name)
			return toGroup(g), err
		})
	view(a, operation(http.MethodGet, group, "groups", "Get a group", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (groupJSON, error) {
			g, err := Group(ctx, tx, who, idp.GroupID(in.ID))
			return toGroup(g), err
		})
	change(a, operation(http.MethodPatch, group, "groups", "Rename a group", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[groupNameJSON]) (groupJSON, error) {
			g, err := RenameGroup(ctx, tx, who, idp.GroupID(in.ID), in.Body.Name)
			return toGroup(g), err
		})
	change(a, operation(http.MethodDelete, group, "groups", "Delete a group", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (nothing, error) {
			return nothing{}, DeleteGroup(ctx, tx, who, idp.GroupID(in.ID))
		})
	view(a, operation(http.MethodGet, group+"/members", "groups", "List the members of a group", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (list[userJSON], error) {
			users, err := Members(ctx, tx, who, idp.GroupID(in.ID))
			return list[userJSON]{convert(users, toUser)}, err
		})
	change(a, quiet(operation(http.MethodPut, group+"/members/{user}", "groups", "Add a member", http.StatusNotFound)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *membership) (nothing, error) {
			return nothing{}, AddMember(ctx, tx, who, idp.GroupID(in.ID), idp.UserID(in.User))
		})
	change(a, operation(http.MethodDelete, group+"/members/{user}", "groups", "Remove a member", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *membership) (nothing, error) {
			return nothing{}, RemoveMember(ctx, tx, who, idp.GroupID(in.ID), idp.UserID(in.User))
		})
}
