// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// SSFProviders returns all SSF providers.
func SSFProviders(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.SSFProvider, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.SSFProviders()
}

// SSFProvider returns one SSF provider.
func SSFProvider(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ProviderID) (idp.SSFProvider, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.SSFProvider{}, err
	}
	return tx.SSFProvider(id)
}

// CreateSSFProvider stores a new SSF provider with a fresh ID.
func CreateSSFProvider(_ context.Context, tx idp.Tx, actor idp.Actor, p idp.SSFProvider) (idp.SSFProvider, error) {
	p.ID = idp.NewID[idp.ProviderID]()
	p.CreatedAt, p.UpdatedAt = tx.Now(), tx.Now()
	o := created("ssf_provider", p.ID, p.Slug)
	if err := allow(tx, actor, "ssf_provider.create", o, identity.Cause{}); err != nil {
		return idp.SSFProvider{}, err
	}
	if err := checkSSFProvider(tx, p); err != nil {
		return idp.SSFProvider{}, err
	}
	return p, tx.CreateSSFProvider(p)
}

// UpdateSSFProvider replaces the data of the SSF provider with p.ID.
//
// The slug stays, because Receivers compare the issuer that it is a part of
// (SSF §7.2.4). While the provider has streams its application stays, whose
// streams they are, and its signing key: SETs that were signed with the old
// one may still be on their way and would be verified against the JWK Set of
// the new one.
func UpdateSSFProvider(_ context.Context, tx idp.Tx, actor idp.Actor, p idp.SSFProvider) (idp.SSFProvider, error) {
	o := object{kind: "ssf_provider", id: string(p.ID)}
	if err := allow(tx, actor, "ssf_provider.update", o, identity.Cause{}); err != nil {
		return idp.SSFProvider{}, err
	}
	old, err := tx.SSFProvider(p.ID)
	if err != nil {
		return idp.SSFProvider{}, err
	}
	if err := checkSSFProvider(tx, p); err != nil {
		return idp.SSFProvider{}, err
	}
	if p.Slug != old.Slug {
		return idp.SSFProvider{}, idp.Invalid("slug", "cannot change: it is a part of the issuer; create another provider")
	}
	if p.ApplicationID != old.ApplicationID || p.SigningKeyID != old.SigningKeyID {
		if err := withoutStreams(tx, old, p); err != nil {
			return idp.SSFProvider{}, err
		}
	}
	p.UpdatedAt = tx.Now()
	return p, tx.UpdateSSFProvider(p)
}

// withoutStreams refuses what cannot change under streams that exist.
func withoutStreams(tx idp.Tx, old, p idp.SSFProvider) error {
	streams, err := tx.Streams(idp.StreamFilter{ProviderID: p.ID, Limit: 1})
	if err != nil || len(streams) == 0 {
		return err
	}
	if p.ApplicationID != old.ApplicationID {
		return fmt.Errorf("application_id cannot change while the provider has streams; delete them first: %w", idp.ErrConflict)
	}
	return fmt.Errorf("signing_key_id cannot change while the provider has streams; rotate the key instead: %w", idp.ErrConflict)
}

// DeleteSSFProvider erases an SSF provider with its streams and everything
// that waits on them.
func DeleteSSFProvider(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ProviderID) error {
	o := object{kind: "ssf_provider", id: string(id)}
	if err := allow(tx, actor, "ssf_provider.delete", o, identity.Cause{}); err != nil {
		return err
	}
	return tx.DeleteSSFProvider(id)
}

func checkSSFProvider(tx idp.Tx, p idp.SSFProvider) error {
	if err := p.Validate(); err != nil {
		return err
	}
	for i, t := range p.EventTypes {
		if !slices.Contains(caep.Types(), t) && !slices.Contains(risc.Types(), t) {
			return idp.Invalid("event_types", "must be event types of CAEP and RISC; %q is not", t)
		}
		if slices.Contains(p.EventTypes[:i], t) {
			return idp.Invalid("event_types", "must not name an event type twice; %q is", t)
		}
	}
	_, err := tx.SigningKey(p.SigningKeyID)
	if errors.Is(err, idp.ErrNotFound) {
		return idp.Invalid("signing_key", "must be the id of a signing key; there is no key %q", p.SigningKeyID)
	}
	if err != nil {
		return err
	}
	return assignable(tx, p.ApplicationID)
}
