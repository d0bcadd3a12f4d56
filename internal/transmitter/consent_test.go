// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// TestConsent is SSF §10.3.2: a SET does not tell an application what the
// user's ID token would not.
func TestConsent(t *testing.T) {
	const (
		allClaims = `{"claims":{"email":"new@example.com","groups":["staff"],"name":"Ada"}}`
		email     = `{"claims":{"email":"new@example.com"}}`
		profile   = `{"claims":{"name":"Ada"}}`
	)
	for _, c := range []struct {
		name   string
		scopes []string // nil: the user never signed in to the application
		typ    secevent.EventType
		event  string
		want   string // empty: no SET
	}{
		{"a user who never consented", nil, caep.TypeTokenClaimsChange, allClaims, ""},
		{"none of the claims", []string{"openid"}, caep.TypeTokenClaimsChange, allClaims, ""},
		{"the address only", []string{"openid", "email"}, caep.TypeTokenClaimsChange, allClaims, email},
		{"the profile only", []string{"openid", "profile"}, caep.TypeTokenClaimsChange, allClaims, profile},
		{"all claims", []string{"openid", "profile", "email", "groups"}, caep.TypeTokenClaimsChange, allClaims, allClaims},
		{"an address that was released", []string{"email"}, risc.TypeIdentifierChanged, `{"new-value":"new@example.com"}`, `{"new-value":"new@example.com"}`},
		{"an address that was not", []string{"profile"}, risc.TypeIdentifierChanged, `{"new-value":"new@example.com"}`, ""},
		{"an event without data", nil, caep.TypeCredentialChange, `{"change_type":"update"}`, `{"change_type":"update"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEnv(t, func(_ *transmitter.Config, p *idp.SSFProvider) {
				p.EventTypes = append(p.EventTypes, caep.TypeTokenClaimsChange)
			})
			s := e.createPoll()
			e.update(func(tx idp.Tx) error { return askConsent(tx, e.app.ID, c.scopes) })
			sig := idp.Signal{Txn: "t", Type: c.typ, Event: json.RawMessage(c.event),
				Principal: idp.Principal{UserID: "ada", Email: "old@example.com"}}
			e.update(func(tx idp.Tx) error { return tx.AppendSignal(&sig) })
			e.fanOut()
			got := ""
			for _, set := range e.poll(s, nil) {
				_, event := set.Event()
				got += string(event)
			}
			if got != c.want {
				t.Errorf("events = %s, want %s", got, c.want)
			}
		})
	}
}

// askConsent makes an application one that needs it, and has the user ada let
// it have scopes, if any.
func askConsent(tx idp.Tx, app idp.ApplicationID, scopes []string) error {
	provider, err := tx.OIDCProviderOf(app)
	if err != nil {
		return err
	}
	provider.SkipConsent = false
	err = errors.Join(tx.UpdateOIDCProvider(provider),
		tx.CreateUser(idp.User{ID: "ada", Username: "ada", Email: "ada@example.com"}))
	if err != nil || scopes == nil {
		return err
	}
	return tx.PutGrant(idp.Grant{ID: idp.NewID[idp.GrantID](), UserID: "ada", ApplicationID: app, Scopes: scopes})
}
