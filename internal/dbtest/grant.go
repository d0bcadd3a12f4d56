// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var grantChecks = []check{
	{"comes back as it was put", func(e *env) {
		u := e.user("ada")
		crm, wiki := e.application("crm"), e.application("wiki")
		at := u.CreatedAt
		first := idp.Grant{ID: "g1", UserID: u.ID, ApplicationID: crm.ID, Scopes: []string{"openid", "email"},
			CreatedAt: at, UpdatedAt: at.Add(time.Hour)}
		second := idp.Grant{ID: "g2", UserID: u.ID, ApplicationID: wiki.ID,
			CreatedAt: at.Add(time.Minute), UpdatedAt: at.Add(time.Minute)}
		write(e, idp.Tx.PutGrant, second)
		write(e, idp.Tx.PutGrant, first)
		same(e, "Grant", e.grant(u.ID, crm.ID), first)
		same(e, "GrantsOf", read(e, idp.Tx.GrantsOf, u.ID), []idp.Grant{first, second})
	}},
	{"is the only one of its user and application", func(e *env) {
		u, app := e.user("ada"), e.application("crm")
		g := idp.Grant{ID: "g", UserID: u.ID, ApplicationID: app.ID, Scopes: []string{"openid"},
			CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
		write(e, idp.Tx.PutGrant, g)
		e.update(func(tx idp.Tx) error {
			g.Scopes, g.UpdatedAt = []string{"openid", "email"}, tx.Now()
			return tx.PutGrant(idp.Grant{ID: "other", UserID: u.ID, ApplicationID: app.ID, Scopes: g.Scopes})
		})
		same(e, "Grant", e.grant(u.ID, app.ID), g)
	}},
	{"is deleted", func(e *env) {
		u, app := e.user("ada"), e.application("crm")
		write(e, idp.Tx.PutGrant, idp.Grant{ID: "g", UserID: u.ID, ApplicationID: app.ID})
		e.update(func(tx idp.Tx) error { return tx.DeleteGrant(u.ID, app.ID) })
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error {
			_, err := tx.Grant(u.ID, app.ID)
			return err
		})
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.DeleteGrant(u.ID, app.ID) })
	}},
	{"names what exists", func(e *env) {
		u, app := e.user("ada"), e.application("crm")
		refuse(e, idp.ErrNotFound, idp.Tx.PutGrant, idp.Grant{ID: "g", UserID: "nobody", ApplicationID: app.ID})
		refuse(e, idp.ErrNotFound, idp.Tx.PutGrant, idp.Grant{ID: "g", UserID: u.ID, ApplicationID: "none"})
	}},
}

func (e *env) grant(user idp.UserID, app idp.ApplicationID) idp.Grant {
	e.Helper()
	return get(e, func(tx idp.Tx) (idp.Grant, error) { return tx.Grant(user, app) })
}

// fullAuthRequest has a value in each member.
func fullAuthRequest(app idp.ApplicationID, user idp.UserID) idp.AuthRequest {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return idp.AuthRequest{
		ID: "q", ApplicationID: app, ClientID: "client", RedirectURI: "https://crm.example/cb",
		ResponseType: "code", ResponseMode: "form_post", State: "state", Nonce: "nonce",
		Scopes: []string{"openid"}, Challenge: "challenge", Prompt: []string{"login", "consent"},
		MaxAge: new(5 * time.Minute), LoginHint: "ada", ACRValues: []string{"2"},
		CreatedAt: at, ExpiresAt: at.Add(time.Hour),
		UserID: user, SessionID: "sid", AuthTime: at.Add(time.Minute), AMR: []string{"pwd"}, ACR: "1", Done: true,
		CodeHash: idp.HashToken("code"), CodeUsedAt: at.Add(2 * time.Minute), FamilyID: "family",
	}
}

var authRequestChecks = []check{
	{"comes back as it was made", func(e *env) {
		want := fullAuthRequest(e.application("crm").ID, e.user("ada").ID)
		write(e, idp.Tx.CreateAuthRequest, want)
		same(e, "AuthRequest", read(e, idp.Tx.AuthRequest, want.ID), want)
		same(e, "AuthRequestByCode", read(e, idp.Tx.AuthRequestByCode, want.CodeHash), want)
	}},
	{"begins without user and code", func(e *env) {
		app := e.application("crm")
		for _, id := range []string{"1", "2"} {
			at := app.CreatedAt
			want := idp.AuthRequest{ID: id, ApplicationID: app.ID, CreatedAt: at, ExpiresAt: at.Add(time.Minute)}
			write(e, idp.Tx.CreateAuthRequest, want)
			same(e, "AuthRequest", read(e, idp.Tx.AuthRequest, id), want)
		}
		missing(e, idp.Tx.AuthRequestByCode, idp.Hash{})
	}},
	{"tells a maximum age of zero from none", func(e *env) {
		app := e.application("crm")
		write(e, idp.Tx.CreateAuthRequest, idp.AuthRequest{ID: "q", ApplicationID: app.ID, MaxAge: new(time.Duration(0)),
			ExpiresAt: app.CreatedAt})
		if got := read(e, idp.Tx.AuthRequest, "q").MaxAge; got == nil || *got != 0 {
			e.Errorf("MaxAge = %v, want 0", got)
		}
	}},
	{"is replaced but for id, application and creation", func(e *env) {
		app, u := e.application("crm"), e.user("ada")
		other := e.application("wiki")
		write(e, idp.Tx.CreateAuthRequest, idp.AuthRequest{ID: "q", ApplicationID: app.ID, CreatedAt: app.CreatedAt,
			ExpiresAt: app.CreatedAt})
		next := fullAuthRequest(other.ID, u.ID)
		write(e, idp.Tx.UpdateAuthRequest, next)
		next.ApplicationID, next.CreatedAt = app.ID, app.CreatedAt
		same(e, "AuthRequest", read(e, idp.Tx.AuthRequest, "q"), next)
	}},
	{"is deleted", func(e *env) {
		app := e.application("crm")
		write(e, idp.Tx.CreateAuthRequest, idp.AuthRequest{ID: "q", ApplicationID: app.ID, ExpiresAt: app.CreatedAt})
		write(e, idp.Tx.DeleteAuthRequest, "q")
		missing(e, idp.Tx.AuthRequest, "q")
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteAuthRequest, "q")
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateAuthRequest, idp.AuthRequest{ID: "q", ExpiresAt: app.CreatedAt})
	}},
}
