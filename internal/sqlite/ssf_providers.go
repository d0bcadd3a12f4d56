// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"github.com/tocsin-id/tocsin/internal/idp"
)

// ssfProviderColumns are those that an update replaces.
const ssfProviderColumns = `application_id, name, signing_key_id, event_retention, verify_tls,
	min_verification_interval, inactivity_timeout, event_types, default_subjects, subject_format, hold_back, tell_timeouts,
	audiences, updated_at`

const selectSSFProvider = `SELECT id, slug, created_at, ` + ssfProviderColumns + ` FROM ssf_providers`

func scanSSFProvider(r row) (idp.SSFProvider, error) {
	var p idp.SSFProvider
	err := r.Scan(&p.ID, &p.Slug, asTime{&p.CreatedAt},
		asText(&p.ApplicationID), &p.Name, &p.SigningKeyID, asMillis{&p.EventRetention}, &p.VerifyTLS,
		asMillis{&p.MinVerificationInterval}, asMillis{&p.InactivityTimeout},
		asList(&p.EventTypes), &p.DefaultSubjects, &p.SubjectFormat, asList(&p.HoldBack), &p.TellTimeouts,
		asList(&p.Audiences), asTime{&p.UpdatedAt})
	return p, err
}

// ssfProviderValues are the values of ssfProviderColumns without the last.
func ssfProviderValues(p idp.SSFProvider) []any {
	return []any{optional(p.ApplicationID), p.Name, p.SigningKeyID, p.EventRetention.Milliseconds(), p.VerifyTLS,
		p.MinVerificationInterval.Milliseconds(), p.InactivityTimeout.Milliseconds(),
		list(p.EventTypes), p.DefaultSubjects, p.SubjectFormat, list(p.HoldBack), p.TellTimeouts,
		list(p.Audiences)}
}

func (t *tx) CreateSSFProvider(p idp.SSFProvider) error {
	err := t.insert("SSF provider "+p.Slug, "ssf_providers", ssfProviderColumns+", id, slug, created_at",
		append(ssfProviderValues(p), t.created(p.UpdatedAt), p.ID, p.Slug, t.created(p.CreatedAt))...)
	if err != nil {
		return err
	}
	return t.bumpConfig()
}

func (t *tx) SSFProvider(id idp.ProviderID) (idp.SSFProvider, error) {
	return one(t, "SSF provider "+string(id), scanSSFProvider, selectSSFProvider+` WHERE id = ?`, id)
}

func (t *tx) SSFProviderBySlug(slug string) (idp.SSFProvider, error) {
	return one(t, "SSF provider "+slug, scanSSFProvider, selectSSFProvider+` WHERE slug = ?`, slug)
}

func (t *tx) SSFProvidersOf(id idp.ApplicationID) ([]idp.SSFProvider, error) {
	return many(t, "SSF providers of application "+string(id), scanSSFProvider,
		selectSSFProvider+` WHERE application_id = ? ORDER BY lower(name), id`, id)
}

func (t *tx) SSFProviders() ([]idp.SSFProvider, error) {
	return many(t, "SSF providers", scanSSFProvider, selectSSFProvider+` ORDER BY lower(name), id`)
}

// UpdateSSFProvider cannot change the slug, for it is not among the columns.
func (t *tx) UpdateSSFProvider(p idp.SSFProvider) error {
	err := t.update("SSF provider "+string(p.ID), "ssf_providers", ssfProviderColumns,
		append(ssfProviderValues(p), millis(t.now), p.ID)...)
	if err != nil {
		return err
	}
	return t.bumpConfig()
}

func (t *tx) DeleteSSFProvider(id idp.ProviderID) error {
	if err := t.remove("SSF provider "+string(id), `DELETE FROM ssf_providers WHERE id = ?`, id); err != nil {
		return err
	}
	return t.bumpConfig()
}
