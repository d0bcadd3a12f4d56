// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// Groups returns all groups by name.
func Groups(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.Group, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.Groups()
}

// Group returns one group.
func Group(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.GroupID) (idp.Group, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.Group{}, err
	}
	return tx.Group(id)
}

// Members returns the users in a group.
func Members(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.GroupID) ([]idp.User, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	if _, err := tx.Group(id); err != nil {
		return nil, err
	}
	ids, err := tx.Members(id)
	if err != nil {
		return nil, err
	}
	users := make([]idp.User, 0, len(ids))
	for _, id := range ids {
		u, err := tx.User(id)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// CreateGroup stores a new group without members.
func CreateGroup(_ context.Context, tx idp.Tx, actor idp.Actor, name string) (idp.Group, error) {
	g := idp.Group{ID: idp.NewID[idp.GroupID](), Name: name, CreatedAt: tx.Now()}
	if err := allow(tx, actor, "group.create", created("group", g.ID, name), identity.Cause{}); err != nil {
		return idp.Group{}, err
	}
	if err := g.Validate(); err != nil {
		return idp.Group{}, err
	}
	return g, tx.CreateGroup(g)
}

// RenameGroup gives a group another name; see identity.RenameGroup.
func RenameGroup(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.GroupID, name string) (idp.Group, error) {
	cause := causeOf(Reason{})
	if err := allow(tx, actor, "group.rename", groupObject(id), cause); err != nil {
		return idp.Group{}, err
	}
	return identity.RenameGroup(ctx, tx, actor, id, name, cause)
}

// DeleteGroup erases a group; see identity.DeleteGroup.
func DeleteGroup(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.GroupID) error {
	cause := causeOf(Reason{})
	if err := allow(tx, actor, "group.delete", groupObject(id), cause); err != nil {
		return err
	}
	return identity.DeleteGroup(ctx, tx, actor, id, cause)
}

// AddMember puts a user into a group; see identity.AddMember.
func AddMember(ctx context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, user idp.UserID) error {
	cause := causeOf(Reason{})
	if err := allow(tx, actor, "group.add_member", groupObject(group), cause); err != nil {
		return err
	}
	return identity.AddMember(ctx, tx, actor, group, user, cause)
}

// RemoveMember takes a user out of a group; see identity.RemoveMember.
func RemoveMember(ctx context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, user idp.UserID) error {
	cause := causeOf(Reason{})
	if err := allow(tx, actor, "group.remove_member", groupObject(group), cause); err != nil {
		return err
	}
	return identity.RemoveMember(ctx, tx, actor, group, user, cause)
}

func groupObject(id idp.GroupID) object { return object{kind: "group", id: string(id)} }
