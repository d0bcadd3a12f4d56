// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"github.com/tocsin-id/tocsin/internal/idp"
)

const applicationColumns = `id, slug, name, icon, launch_url, policy, created_at, updated_at`

// selectApplication reads applications with their groups in one statement.
const selectApplication = `SELECT ` + applicationColumns + `,
	(SELECT json_group_array(group_id ORDER BY group_id) FROM application_groups WHERE application_id = id)
	FROM applications`

func scanApplication(r row) (idp.Application, error) {
	var a idp.Application
	err := r.Scan(&a.ID, &a.Slug, &a.Name, &a.Icon, &a.LaunchURL, &a.Policy,
		asTime{&a.CreatedAt}, asTime{&a.UpdatedAt}, asList(&a.Groups))
	return a, err
}

func (t *tx) CreateApplication(a idp.Application) error {
	err := t.insert("application "+a.Slug, "applications", applicationColumns,
		a.ID, a.Slug, a.Name, a.Icon, a.LaunchURL, a.Policy, t.created(a.CreatedAt), t.created(a.UpdatedAt))
	if err != nil {
		return err
	}
	return t.putApplicationGroups(a)
}

// putApplicationGroups replaces the groups, which are few, and is the last
// step of a write: it raises the config version.
func (t *tx) putApplicationGroups(a idp.Application) error {
	if _, err := t.exec("groups", `DELETE FROM application_groups WHERE application_id = ?`, a.ID); err != nil {
		return err
	}
	for _, g := range a.Groups {
		_, err := t.exec("group "+string(g)+" of application "+a.Slug,
			`INSERT INTO application_groups (application_id, group_id) VALUES (?, ?) ON CONFLICT DO NOTHING`,
			a.ID, g)
		if err != nil {
			return err
		}
	}
	return t.bumpConfig()
}

func (t *tx) Application(id idp.ApplicationID) (idp.Application, error) {
	return one(t, "application "+string(id), scanApplication, selectApplication+` WHERE id = ?`, id)
}

func (t *tx) ApplicationBySlug(slug string) (idp.Application, error) {
	return one(t, "application "+slug, scanApplication, selectApplication+` WHERE slug = ?`, slug)
}

// Applications are sorted here, not by an index: there are as many as fit a
// portal, and people expect the case of a name not to matter.
func (t *tx) Applications() ([]idp.Application, error) {
	return many(t, "applications", scanApplication, selectApplication+` ORDER BY lower(name), slug`)
}

func (t *tx) UpdateApplication(a idp.Application) error {
	err := t.update("application "+a.Slug, "applications", "slug, name, icon, launch_url, policy, updated_at",
		a.Slug, a.Name, a.Icon, a.LaunchURL, a.Policy, millis(t.now), a.ID)
	if err != nil {
		return err
	}
	return t.putApplicationGroups(a)
}

// DeleteApplication relies on the schema: what belongs to the application
// cascades, its providers fall back to NULL.
func (t *tx) DeleteApplication(id idp.ApplicationID) error {
	if err := t.remove("application "+string(id), `DELETE FROM applications WHERE id = ?`, id); err != nil {
		return err
	}
	return t.bumpConfig()
}
