// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"encoding/json"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (e *env) oidcProvider(id string, app idp.ApplicationID) idp.OIDCProvider {
	e.Helper()
	write(e, idp.Tx.CreateOIDCProvider, idp.OIDCProvider{
		ID: idp.ProviderID(id), ApplicationID: app, Name: id, ClientID: id + "-client",
		AuthMethod: idp.AuthClientSecretBasic, SecretHash: idp.HashToken(id),
	})
	return read(e, idp.Tx.OIDCProvider, idp.ProviderID(id))
}

// fullOIDCProvider has a value in each member.
func fullOIDCProvider(app idp.ApplicationID) idp.OIDCProvider {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return idp.OIDCProvider{
		ID: "p", ApplicationID: app, Name: "CRM", ClientID: "client", SecretHash: idp.HashToken("secret"),
		AuthMethod: idp.AuthPrivateKeyJWT, JWKS: json.RawMessage(`{"keys": []}`),
		RedirectURIs:           []string{"https://crm.example/cb", "https://crm.example/cb?x=1,2"},
		PostLogoutRedirectURIs: []string{"https://crm.example/bye"},
		Grants:                 []string{idp.GrantAuthorizationCode, idp.GrantRefreshToken},
		AccessTokenLifetime:    5 * time.Minute, IDTokenLifetime: 10 * time.Minute, RefreshTokenLifetime: 24 * time.Hour,
		BackchannelLogoutURI: "https://crm.example/logout?x=1", SkipConsent: true, CreatedAt: at, UpdatedAt: at.Add(time.Hour),
	}
}

var oidcProviderChecks = []check{
	{"comes back as it was made", func(e *env) {
		want := fullOIDCProvider(e.application("crm").ID)
		write(e, idp.Tx.CreateOIDCProvider, want)
		same(e, "OIDCProvider", read(e, idp.Tx.OIDCProvider, want.ID), want)
		same(e, "OIDCProviderByClient", read(e, idp.Tx.OIDCProviderByClient, want.ClientID), want)
		same(e, "OIDCProviderOf", read(e, idp.Tx.OIDCProviderOf, want.ApplicationID), want)
	}},
	{"needs no application", func(e *env) {
		a, b := e.oidcProvider("a", ""), e.oidcProvider("b", "")
		same(e, "OIDCProviders", get(e, idp.Tx.OIDCProviders), []idp.OIDCProvider{a, b})
		missing(e, idp.Tx.OIDCProviderOf, "")
	}},
	{"has a client id of its own", func(e *env) {
		a, b := e.oidcProvider("a", ""), e.oidcProvider("b", "")
		refuse(e, idp.ErrConflict, idp.Tx.CreateOIDCProvider, idp.OIDCProvider{ID: "c", Name: "c", ClientID: a.ClientID})
		b.ClientID = a.ClientID
		refuse(e, idp.ErrConflict, idp.Tx.UpdateOIDCProvider, b)
	}},
	{"is the only one of its application", func(e *env) {
		app := e.application("crm")
		e.oidcProvider("a", app.ID)
		b := e.oidcProvider("b", "")
		refuse(e, idp.ErrConflict, idp.Tx.CreateOIDCProvider,
			idp.OIDCProvider{ID: "c", Name: "c", ClientID: "c", ApplicationID: app.ID})
		b.ApplicationID = app.ID
		refuse(e, idp.ErrConflict, idp.Tx.UpdateOIDCProvider, b)
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.OIDCProvider, "none")
		missing(e, idp.Tx.OIDCProviderByClient, "none")
		missing(e, idp.Tx.OIDCProviderOf, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateOIDCProvider, idp.OIDCProvider{ID: "none", Name: "x", ClientID: "x"})
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteOIDCProvider, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.CreateOIDCProvider,
			idp.OIDCProvider{ID: "p", Name: "p", ClientID: "p", ApplicationID: "none"})
	}},
	{"is replaced but for its id and creation", func(e *env) {
		was := e.oidcProvider("p", "")
		next := fullOIDCProvider(e.application("crm").ID)
		e.update(func(tx idp.Tx) error {
			next.UpdatedAt = tx.Now()
			return tx.UpdateOIDCProvider(next)
		})
		next.CreatedAt = was.CreatedAt
		same(e, "OIDCProvider", read(e, idp.Tx.OIDCProvider, was.ID), next)
	}},
	{"is deleted", func(e *env) {
		app := e.application("crm")
		p := e.oidcProvider("p", app.ID)
		write(e, idp.Tx.DeleteOIDCProvider, p.ID)
		missing(e, idp.Tx.OIDCProvider, p.ID)
		read(e, idp.Tx.Application, app.ID)
	}},
	{"is erased with its stream", func(e *env) {
		s, other := e.logoutStream("s"), e.logoutStream("other")
		e.deliver(s.Num, 2)
		write(e, idp.Tx.DeleteOIDCProvider, s.ProviderID)
		missing(e, idp.Tx.Stream, s.ID)
		same(e, "deliveries", e.deliveriesFrom(s.Num, 1), []idp.Delivery(nil))
		read(e, idp.Tx.Application, s.ApplicationID)
		read(e, idp.Tx.Stream, other.ID)
	}},
}
