// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// Applications returns all applications by name.
func Applications(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.Application, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.Applications()
}

// Application returns one application.
func Application(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ApplicationID) (idp.Application, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.Application{}, err
	}
	return tx.Application(id)
}

// CreateApplication stores a new application with a fresh ID.
func CreateApplication(_ context.Context, tx idp.Tx, actor idp.Actor, a idp.Application) (idp.Application, error) {
	a.ID = idp.NewID[idp.ApplicationID]()
	a.CreatedAt, a.UpdatedAt = tx.Now(), tx.Now()
	o := created("application", a.ID, a.Slug)
	if err := allow(tx, actor, "application.create", o, identity.Cause{}); err != nil {
		return idp.Application{}, err
	}
	if err := checkApplication(tx, a); err != nil {
		return idp.Application{}, err
	}
	return a, tx.CreateApplication(a)
}

// UpdateApplication replaces the data of the application with a.ID.
func UpdateApplication(_ context.Context, tx idp.Tx, actor idp.Actor, a idp.Application) (idp.Application, error) {
	o := object{kind: "application", id: string(a.ID)}
	if err := allow(tx, actor, "application.update", o, identity.Cause{}); err != nil {
		return idp.Application{}, err
	}
	if err := checkApplication(tx, a); err != nil {
		return idp.Application{}, err
	}
	a.UpdatedAt = tx.Now()
	return a, tx.UpdateApplication(a)
}

// DeleteApplication erases an application with its grants, tokens and streams.
// Its providers stay, unassigned.
func DeleteApplication(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ApplicationID) error {
	o := object{kind: "application", id: string(id)}
	if err := allow(tx, actor, "application.delete", o, identity.Cause{}); err != nil {
		return err
	}
	return tx.DeleteApplication(id)
}

func checkApplication(tx idp.Tx, a idp.Application) error {
	if err := a.Validate(); err != nil {
		return err
	}
	for _, id := range a.Groups {
		_, err := tx.Group(id)
		if errors.Is(err, idp.ErrNotFound) {
			return idp.Invalid("groups", "must be ids of groups; there is no group %q", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// assignable returns an *idp.InvalidError unless id is empty or an application.
func assignable(tx idp.Tx, id idp.ApplicationID) error {
	if id == "" {
		return nil
	}
	_, err := tx.Application(id)
	if errors.Is(err, idp.ErrNotFound) {
		return idp.Invalid("application_id", "must be the id of an application, or empty; there is no application %q", id)
	}
	return err
}
