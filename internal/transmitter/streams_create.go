// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// NewStream is what is said about a stream when it is created.
type NewStream struct {
	// Audience is a wish: see CreateStream.
	Audience secevent.Audience
	// EventsRequested is nil when the Receiver did not say; see
	// EventsDelivered.
	EventsRequested []secevent.EventType
	// Delivery is how; the zero value means poll (SSF §8.1.1.1).
	Delivery ssf.Delivery
	// Description is cut after MaxDescription characters.
	Description string
}

// CreateStream creates an enabled stream of the provider's application, which
// takes part from the next signal on.
//
// The audience is the wish if all of it is among the provider's audiences,
// otherwise the first of these, or the application's client id where there is
// none: it is agreed out of band and not chosen here (SSF §8.1.1).
//
// It returns an *idp.InvalidError for a delivery method that we do not have,
// and an error that wraps idp.ErrConflict beyond MaxStreams. The push endpoint
// must have been checked.
func CreateStream(_ context.Context, tx idp.Tx, actor idp.Actor, provider idp.SSFProvider, n NewStream) (idp.Stream, error) {
	if provider.ApplicationID == "" {
		return idp.Stream{}, public(idp.ErrConflict, "the provider is not assigned to an application")
	}
	existing, err := tx.Streams(idp.StreamFilter{ProviderID: provider.ID,
		ApplicationID: provider.ApplicationID, Limit: MaxStreams})
	if err != nil {
		return idp.Stream{}, err
	}
	if len(existing) >= MaxStreams {
		return idp.Stream{}, public(idp.ErrConflict, "an application can have at most %d streams here; delete one first", MaxStreams)
	}
	audience, err := chooseAudience(tx, provider, n.Audience)
	if err != nil {
		return idp.Stream{}, err
	}
	from, err := tx.LastSignal()
	if err != nil {
		return idp.Stream{}, err
	}
	s := idp.Stream{
		ID:              idp.NewID[idp.StreamID](),
		ProviderID:      provider.ID,
		ApplicationID:   provider.ApplicationID,
		Audience:        audience,
		EventsRequested: n.EventsRequested,
		Description:     cut(n.Description, MaxDescription),
		Status:          idp.StreamEnabled,
		StatusBy:        actor.Kind,
		DefaultSubjects: provider.DefaultSubjects,
		FromSignal:      from,
		ActiveAt:        tx.Now(),
		CreatedAt:       tx.Now(),
		UpdatedAt:       tx.Now(),
	}
	if err := setDelivery(&s, n.Delivery); err != nil {
		return idp.Stream{}, err
	}
	if s, err = tx.CreateStream(s); err != nil {
		return idp.Stream{}, err
	}
	return s, audit(tx, actor, s, "stream.create", "", "")
}

// setDelivery replaces the delivery of a stream as a whole.
func setDelivery(s *idp.Stream, d ssf.Delivery) error {
	switch d.Method {
	case "", ssf.Poll:
		s.Method, s.EndpointURL, s.Authorization = idp.Poll, "", idp.Secret{}
	case ssf.Push:
		s.Method, s.EndpointURL = idp.Push, d.EndpointURL
		s.Authorization = idp.NewSecret(d.AuthorizationHeader)
	default:
		return idp.Invalid("delivery.method", "must be %s (push) or %s (poll)", ssf.Push, ssf.Poll)
	}
	return nil
}

func chooseAudience(tx idp.Tx, p idp.SSFProvider, wish secevent.Audience) (secevent.Audience, error) {
	foreign := func(aud string) bool { return !slices.Contains(p.Audiences, aud) }
	switch {
	case len(wish) > 0 && !slices.ContainsFunc(wish, foreign):
		return wish, nil
	case len(p.Audiences) > 0:
		return secevent.Audience{p.Audiences[0]}, nil
	}
	client, err := tx.OIDCProviderOf(p.ApplicationID)
	if errors.Is(err, idp.ErrNotFound) {
		return nil, public(idp.ErrConflict, "the provider has no audiences and its application has no client id to use instead")
	}
	if err != nil {
		return nil, err
	}
	return secevent.Audience{client.ClientID}, nil
}

// audit records what a Receiver or the program itself did to a stream. What an
// admin does is recorded by package admin, together with its authorization.
func audit(tx idp.Tx, actor idp.Actor, s idp.Stream, action, reason, txn string) error {
	if isAdmin(actor.Kind) {
		return nil
	}
	err := tx.AppendAudit(idp.AuditEntry{Actor: actor, Action: action, ObjectKind: "stream",
		ObjectID: string(s.ID), ObjectName: cut(s.Description, 100), Reason: reason, Outcome: "ok", Txn: txn})
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.ID, err)
	}
	return nil
}

func (t *Transmitter) serveCreate(c *call) (reply, error) {
	if err := c.allowed(); err != nil {
		return reply{}, err
	}
	req, err := ssf.ParseCreate(c.body)
	if err != nil {
		return reply{}, err
	}
	n := NewStream{Audience: wishedAudience(c.body), EventsRequested: req.EventsRequested, Description: req.Description}
	if req.Delivery != nil {
		n.Delivery = *req.Delivery
	}
	if err := t.checkEndpoint(req.Delivery); err != nil {
		return reply{}, err
	}
	var s idp.Stream
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		s, err = CreateStream(c.ctx, tx, c.actor, c.provider, n)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusCreated, t.Configuration(c.provider, s)}, nil
}

// wishedAudience is the "aud" of a creation. SSF §8.1.1 does not let the
// Receiver choose it, so one that cannot be read is ignored like any other
// member that is ours to supply.
func wishedAudience(body []byte) secevent.Audience {
	var members map[string]json.RawMessage
	var aud secevent.Audience
	if json.Unmarshal(body, &members) != nil || json.Unmarshal(members["aud"], &aud) != nil {
		return nil
	}
	return aud
}

// checkEndpoint refuses a push endpoint that we would not connect to.
func (t *Transmitter) checkEndpoint(d *ssf.Delivery) error {
	if d == nil || d.Method != ssf.Push {
		return nil
	}
	if err := t.cfg.CheckEndpoint(d.EndpointURL); err != nil {
		return idp.Invalid("delivery.endpoint_url", "is refused: %v", err)
	}
	return nil
}
