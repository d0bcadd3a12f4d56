// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// AddMember puts a user into a group.
//
// It records a token-claims-change with the user's groups as they are then, or
// nothing when the user is in the group already.
func AddMember(_ context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, user idp.UserID, cause Cause) error {
	return changeMembership(tx, actor, group, user, cause, true)
}

// RemoveMember takes a user out of a group.
//
// It records a token-claims-change with the groups that are left, or nothing
// when the user is not in the group. Applications that only the old groups
// admitted learn of it too.
func RemoveMember(_ context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, user idp.UserID, cause Cause) error {
	return changeMembership(tx, actor, group, user, cause, false)
}

func changeMembership(tx idp.Tx, actor idp.Actor, group idp.GroupID, user idp.UserID, cause Cause, member bool) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	if _, err := tx.Group(group); err != nil {
		return err
	}
	before, err := tx.GroupsOf(user)
	if err != nil || slices.Contains(before, group) == member {
		return err
	}
	set, words, action := tx.RemoveMember, "The user left a group", "user.leave_group"
	if member {
		set, words, action = tx.AddMember, "The user joined a group", "user.join_group"
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, words, "")
	if err != nil {
		return err
	}
	if err := set(group, user); err != nil {
		return err
	}
	if err := c.groupsChanged(u, before); err != nil {
		return err
	}
	return c.enter(action, u)
}

// RenameGroup gives a group another name.
//
// It records a token-claims-change for each member.
func RenameGroup(_ context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, name string, cause Cause) (idp.Group, error) {
	g, err := tx.Group(group)
	if err != nil || g.Name == name {
		return g, err
	}
	g.Name = name
	if err := g.Validate(); err != nil {
		return idp.Group{}, err
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "A group was renamed", "")
	if err != nil {
		return idp.Group{}, err
	}
	members, err := c.members(group)
	if err != nil {
		return idp.Group{}, err
	}
	if err := tx.UpdateGroup(g); err != nil {
		return idp.Group{}, err
	}
	if err := c.allGroupsChanged(members); err != nil {
		return idp.Group{}, err
	}
	return g, c.enterAbout("group.rename", "group", string(g.ID), g.Name)
}

// DeleteGroup erases a group. The last group of an application stays:
// idp.ErrConflict, because without it everybody could use the application.
//
// It records a token-claims-change for each member.
func DeleteGroup(_ context.Context, tx idp.Tx, actor idp.Actor, group idp.GroupID, cause Cause) error {
	g, err := tx.Group(group)
	if err != nil {
		return err
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "A group was deleted", "")
	if err != nil {
		return err
	}
	members, err := c.members(group)
	if err != nil {
		return err
	}
	if err := tx.DeleteGroup(group); err != nil {
		return err
	}
	if err := c.allGroupsChanged(members); err != nil {
		return err
	}
	return c.enterAbout("group.delete", "group", string(g.ID), g.Name)
}

// member is a user with their groups before a change.
type member struct {
	user   idp.User
	before []idp.GroupID
}

func (c change) members(group idp.GroupID) ([]member, error) {
	ids, err := c.tx.Members(group)
	if err != nil {
		return nil, err
	}
	members := make([]member, 0, len(ids))
	for _, id := range ids {
		u, err := c.tx.User(id)
		if err != nil {
			return nil, err
		}
		before, err := c.tx.GroupsOf(id)
		if err != nil {
			return nil, err
		}
		members = append(members, member{u, before})
	}
	return members, nil
}

func (c change) allGroupsChanged(members []member) error {
	for _, m := range members {
		if err := c.groupsChanged(m.user, m.before); err != nil {
			return err
		}
	}
	return nil
}

// groupsChanged records the names of a user's groups as they are now. The
// principal has the groups of before and after: an application that the user
// may no longer use has to hear of it most of all.
func (c change) groupsChanged(u idp.User, before []idp.GroupID) error {
	p, err := principal(c.tx, u)
	if err != nil {
		return err
	}
	names, err := GroupNames(c.tx, p.Groups)
	if err != nil {
		return err
	}
	for _, g := range before {
		if !slices.Contains(p.Groups, g) {
			p.Groups = append(p.Groups, g)
		}
	}
	return c.claimsChanged(p, map[string]any{"groups": names})
}

// GroupNames returns the names of groups as the "groups" claim has them:
// sorted regardless of case, never nil.
func GroupNames(tx idp.Tx, ids []idp.GroupID) ([]string, error) {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		g, err := tx.Group(id)
		if err != nil {
			return nil, err
		}
		names = append(names, g.Name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	return names, nil
}
