// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// SyncLogoutStream makes, changes or removes the stream through which an OIDC
// provider gets its logout tokens, so that it fits the provider as it is
// stored: one stream while it serves an application and has an address for
// them (OIDC BCL §2.2), otherwise none. Call it in the transaction that
// created, updated or deleted the provider, after that.
//
// A new stream takes part from the next signal on. One whose application
// changed begins anew, and what waited on it is erased. One that delivery
// paused, because its address answered that it is gone, is enabled by another
// address. What an admin paused or disabled stays so.
func SyncLogoutStream(ctx context.Context, tx idp.Tx, actor idp.Actor, provider idp.OIDCProvider) error {
	stored, err := tx.OIDCProvider(provider.ID)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	streams, err := tx.Streams(idp.StreamFilter{ProviderID: provider.ID, Method: idp.Logout})
	if err != nil {
		return err
	}
	var kept *idp.Stream
	for _, s := range streams {
		if kept == nil && serves(s, stored) {
			kept = &s
			continue
		}
		if err := deleteStream(tx, actor, s); err != nil {
			return err
		}
	}
	switch {
	case !wantsLogout(stored):
		return nil
	case kept == nil:
		return createLogoutStream(tx, actor, stored)
	case kept.EndpointURL == stored.BackchannelLogoutURI:
		return nil
	}
	return moveLogoutStream(ctx, tx, actor, *kept, stored.BackchannelLogoutURI)
}

func wantsLogout(p idp.OIDCProvider) bool {
	return p.ApplicationID != "" && p.BackchannelLogoutURI != ""
}

// serves reports whether a stream of logout tokens is the provider's as it is
// now, but for the address: audience and application do not change.
func serves(s idp.Stream, p idp.OIDCProvider) bool {
	return wantsLogout(p) && s.ApplicationID == p.ApplicationID &&
		len(s.Audience) == 1 && s.Audience[0] == p.ClientID
}

func createLogoutStream(tx idp.Tx, actor idp.Actor, p idp.OIDCProvider) error {
	from, err := tx.LastSignal()
	if err != nil {
		return err
	}
	s, err := tx.CreateStream(idp.Stream{
		ID:              idp.NewID[idp.StreamID](),
		ProviderID:      p.ID,
		ApplicationID:   p.ApplicationID,
		Audience:        secevent.Audience{p.ClientID},
		EventsRequested: []secevent.EventType{caep.TypeSessionRevoked},
		Description:     "Back-channel logout",
		Method:          idp.Logout,
		EndpointURL:     p.BackchannelLogoutURI,
		Status:          idp.StreamEnabled,
		StatusBy:        idp.ActorSystem,
		DefaultSubjects: idp.SubjectsAll,
		FromSignal:      from,
		ActiveAt:        tx.Now(),
		CreatedAt:       tx.Now(),
		UpdatedAt:       tx.Now(),
	})
	if err != nil {
		return err
	}
	return audit(tx, actor, s, "stream.create", "", "")
}

func moveLogoutStream(ctx context.Context, tx idp.Tx, actor idp.Actor, s idp.Stream, to string) error {
	s.EndpointURL = to
	if err := tx.UpdateStream(s); err != nil {
		return err
	}
	if s.Status == idp.StreamPaused && s.StatusBy == idp.ActorSystem {
		_, _, err := SetStatus(ctx, tx, idp.System(), s, idp.StreamEnabled, "")
		return err
	}
	return audit(tx, actor, s, "stream.update", "", "")
}

// SweepLogoutStreams repairs the streams of logout tokens that do not fit their
// OIDC provider, as after a change that was not made by package admin. It
// returns how many providers it found so. Call it every minute.
func (t *Transmitter) SweepLogoutStreams(ctx context.Context) (int, error) {
	var wrong []idp.OIDCProvider
	err := t.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		wrong, err = unsynced(tx)
		return err
	})
	if err != nil || len(wrong) == 0 {
		return 0, err
	}
	err = t.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		if wrong, err = unsynced(tx); err != nil {
			return err
		}
		for _, p := range wrong {
			if err := SyncLogoutStream(ctx, tx, idp.System(), p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, p := range wrong {
		t.log.LogAttrs(ctx, slog.LevelInfo, "back-channel logout repaired", slog.Any("provider", p))
	}
	return len(wrong), nil
}

// unsynced returns the OIDC providers whose stream of logout tokens is missing,
// wrong or too much. A provider that is gone is known by its ID alone.
func unsynced(tx idp.Tx) ([]idp.OIDCProvider, error) {
	providers, err := tx.OIDCProviders()
	if err != nil {
		return nil, err
	}
	streams, err := tx.Streams(idp.StreamFilter{Method: idp.Logout})
	if err != nil {
		return nil, err
	}
	of := make(map[idp.ProviderID][]idp.Stream)
	for _, s := range streams {
		of[s.ProviderID] = append(of[s.ProviderID], s)
	}
	var wrong []idp.OIDCProvider
	for _, p := range providers {
		has := of[p.ID]
		delete(of, p.ID)
		fits := len(has) == 1 && serves(has[0], p) && has[0].EndpointURL == p.BackchannelLogoutURI
		if !fits && (wantsLogout(p) || len(has) > 0) {
			wrong = append(wrong, p)
		}
	}
	for id := range of {
		wrong = append(wrong, idp.OIDCProvider{ID: id})
	}
	return wrong, nil
}
