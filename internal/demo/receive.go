// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"slices"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// connect finds the identity provider and makes sure that the application has
// its stream.
func (a *App) connect(ctx context.Context) error {
	rp, err := discover(ctx, a.cfg)
	if err != nil {
		return err
	}
	metadata, err := receiver.Discover(ctx, a.cfg.HTTPClient, a.cfg.SSFIssuer)
	if err != nil {
		return err
	}
	tokens, err := receiver.NewClientCredentials(receiver.ClientCredentialsConfig{
		TokenURL: rp.oauth.Endpoint.TokenURL, ClientID: a.cfg.ClientID, ClientSecret: a.cfg.ClientSecret,
		Scopes: []string{"ssf.read", "ssf.manage"}, HTTP: a.cfg.HTTPClient,
	})
	if err != nil {
		return err
	}
	audience := secevent.Audience{a.cfg.ClientID}
	client, err := receiver.NewClient(receiver.ClientConfig{Metadata: metadata, Tokens: tokens, Audience: audience, HTTP: a.cfg.HTTPClient})
	if err != nil {
		return err
	}
	verifier, err := receiver.NewVerifier(metadata, audience, a.cfg.HTTPClient)
	if err != nil {
		return err
	}
	inbox, err := receiver.NewInbox(receiver.InboxConfig{Verifier: verifier, Handler: a.handle})
	if err != nil {
		return err
	}
	push, err := receiver.NewPush(receiver.PushConfig{Inbox: inbox, AuthorizationHeader: a.authorization(), Log: a.cfg.Log})
	if err != nil {
		return err
	}
	a.inbox = inbox
	// The transmitter may push as soon as the stream exists.
	a.mu.Lock()
	a.rp, a.client, a.push = rp, client, push
	a.mu.Unlock()
	stream, err := client.EnsureStream(ctx, a.wish())
	if err != nil {
		return err
	}
	status, err := client.Status(ctx, stream.ID)
	if err != nil {
		return err
	}
	a.configuration = stream
	a.setStream(StreamState{ID: stream.ID, Status: string(status.Status)})
	return nil
}

// wish is the stream that the application wants: it shows whatever there is,
// and acts on what it understands.
func (a *App) wish() ssf.CreateRequest {
	wish := ssf.CreateRequest{
		EventsRequested: slices.Concat(caep.Types(), risc.Types()),
		Description:     a.cfg.Name + " of tocsin dev",
		Delivery:        &ssf.Delivery{Method: ssf.Poll},
	}
	if a.cfg.Method == "push" {
		wish.Delivery = &ssf.Delivery{Method: ssf.Push, EndpointURL: a.cfg.URL + "/events", AuthorizationHeader: a.authorization()}
	}
	return wish
}

func (a *App) authorization() string { return "Bearer " + a.cfg.PushToken }

// receive takes SETs until ctx ends. Pushed ones come through the handler.
func (a *App) receive(ctx context.Context) {
	if a.cfg.Method == "push" {
		<-ctx.Done()
		return
	}
	poller, err := receiver.NewPoller(receiver.PollerConfig{Client: a.client, Stream: a.configuration, Inbox: a.inbox, Log: a.cfg.Log})
	if err != nil {
		a.setStream(StreamState{Problem: err.Error()})
		return
	}
	if err := poller.Run(ctx); err != nil && ctx.Err() == nil {
		a.cfg.Log.Error("polling ended", "application", a.cfg.Slug, "error", err)
		a.setStream(StreamState{Problem: err.Error()})
	}
}
