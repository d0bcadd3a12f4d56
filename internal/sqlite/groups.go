// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const groupColumns = `id, name, created_at`

func scanGroup(r row) (idp.Group, error) {
	var g idp.Group
	err := r.Scan(&g.ID, &g.Name, asTime{&g.CreatedAt})
	return g, err
}

// CreateGroup also stores the folded name, which is what has to be unique.
func (t *tx) CreateGroup(g idp.Group) error {
	return t.insert(fmt.Sprintf("group %q", g.Name), "groups", groupColumns+", name_key",
		g.ID, g.Name, t.created(g.CreatedAt), fold(g.Name))
}

func (t *tx) Group(id idp.GroupID) (idp.Group, error) {
	return one(t, "group "+string(id), scanGroup,
		`SELECT `+groupColumns+` FROM groups WHERE id = ?`, id)
}

func (t *tx) Groups() ([]idp.Group, error) {
	return many(t, "groups", scanGroup, `SELECT `+groupColumns+` FROM groups ORDER BY name_key`)
}

func (t *tx) UpdateGroup(g idp.Group) error {
	return t.update(fmt.Sprintf("group %q", g.Name), "groups", "name, name_key",
		g.Name, fold(g.Name), g.ID)
}

// DeleteGroup asks first: the schema would let the last group of an
// application go, and an application without groups admits everybody.
func (t *tx) DeleteGroup(id idp.GroupID) error {
	what := "group " + string(id)
	slug, err := one(t, what, scalar[string], `
		SELECT a.slug FROM application_groups g JOIN applications a ON a.id = g.application_id
		WHERE g.group_id = ? AND NOT EXISTS (
		  SELECT 1 FROM application_groups o
		  WHERE o.application_id = g.application_id AND o.group_id <> g.group_id)
		LIMIT 1`, id)
	if err == nil {
		return fmt.Errorf("%s is the last one of application %s: %w", what, slug, idp.ErrConflict)
	}
	if !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	if err := t.remove(what, `DELETE FROM groups WHERE id = ?`, id); err != nil {
		return err
	}
	return t.bumpConfig()
}

// AddMember and RemoveMember leave the config version alone: fan-out takes the
// groups of a user from the signal.
func (t *tx) AddMember(group idp.GroupID, user idp.UserID) error {
	_, err := t.exec(fmt.Sprintf("member %s of group %s", user, group),
		`INSERT INTO members (group_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, group, user)
	return err
}

func (t *tx) RemoveMember(group idp.GroupID, user idp.UserID) error {
	_, err := t.exec(fmt.Sprintf("member %s of group %s", user, group),
		`DELETE FROM members WHERE group_id = ? AND user_id = ?`, group, user)
	return err
}

func (t *tx) GroupsOf(user idp.UserID) ([]idp.GroupID, error) {
	return many(t, "groups of user "+string(user), scalar[idp.GroupID],
		`SELECT group_id FROM members WHERE user_id = ? ORDER BY group_id`, user)
}

func (t *tx) Members(group idp.GroupID) ([]idp.UserID, error) {
	return many(t, "members of group "+string(group), scalar[idp.UserID],
		`SELECT user_id FROM members WHERE group_id = ? ORDER BY user_id`, group)
}
