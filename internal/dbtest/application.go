// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var applicationChecks = []check{
	{"comes back as it was made", func(e *env) {
		staff, ops := e.group("staff"), e.group("ops")
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		want := idp.Application{
			ID: "a", Slug: "crm", Name: "CRM", Icon: "https://crm.example/icon.png", LaunchURL: "https://crm.example/",
			Policy: idp.PolicyPasskey,
			Groups: []idp.GroupID{ops.ID, staff.ID}, CreatedAt: at, UpdatedAt: at.Add(time.Hour),
		}
		write(e, idp.Tx.CreateApplication, want)
		same(e, "Application", read(e, idp.Tx.Application, "a"), want)
		same(e, "ApplicationBySlug", read(e, idp.Tx.ApplicationBySlug, "crm"), want)
	}},
	{"has a slug of its own", func(e *env) {
		e.application("crm")
		wiki := e.application("wiki")
		refuse(e, idp.ErrConflict, idp.Tx.CreateApplication, idp.Application{ID: "x", Slug: "crm", Name: "x"})
		wiki.Slug = "crm"
		refuse(e, idp.ErrConflict, idp.Tx.UpdateApplication, wiki)
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.Application, "none")
		missing(e, idp.Tx.ApplicationBySlug, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateApplication, idp.Application{ID: "none", Slug: "none", Name: "none"})
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteApplication, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.CreateApplication,
			idp.Application{ID: "a", Slug: "a", Name: "a", Groups: []idp.GroupID{"none"}})
		missing(e, idp.Tx.Application, "a")
	}},
	{"is listed by name", func(e *env) {
		for id, name := range map[string]string{"1": "b", "2": "C", "3": "a"} {
			write(e, idp.Tx.CreateApplication, idp.Application{ID: idp.ApplicationID(id), Slug: id, Name: name})
		}
		var names []string
		for _, a := range get(e, idp.Tx.Applications) {
			names = append(names, a.Name)
		}
		same(e, "Applications", names, []string{"a", "b", "C"})
	}},
	{"is replaced with its groups", func(e *env) {
		staff, ops := e.group("staff"), e.group("ops")
		a := e.application("crm", staff.ID)
		next := idp.Application{ID: a.ID, Slug: "sales", Name: "Sales", Icon: "https://x.example/i",
			LaunchURL: "https://x.example/", Policy: idp.PolicyFactor, Groups: []idp.GroupID{ops.ID}}
		e.update(func(tx idp.Tx) error {
			next.UpdatedAt = tx.Now()
			return tx.UpdateApplication(next)
		})
		next.CreatedAt = a.CreatedAt
		same(e, "Application", read(e, idp.Tx.Application, a.ID), next)
		next.Groups = nil
		write(e, idp.Tx.UpdateApplication, next)
		same(e, "groups", read(e, idp.Tx.Application, a.ID).Groups, []idp.GroupID(nil))
	}},
	{"is erased with grants, tokens and streams", func(e *env) {
		u := e.user("ada")
		app := e.application("crm")
		provider := e.ssfProvider("p", app.ID)
		main := e.oidcProvider("o", app.ID)
		s := e.streamOf("s", provider, idp.Push)
		e.deliver(s.Num, 3)
		write(e, idp.Tx.PutGrant, idp.Grant{ID: "g", UserID: u.ID, ApplicationID: app.ID})
		e.accessToken("access", app.ID, "", "")
		e.refreshToken("refresh", app.ID, u.ID, "")

		write(e, idp.Tx.DeleteApplication, app.ID)

		missing(e, idp.Tx.Application, app.ID)
		missing(e, idp.Tx.AccessToken, "access")
		missing(e, idp.Tx.RefreshToken, idp.HashToken("refresh"))
		missing(e, idp.Tx.Stream, s.ID)
		same(e, "grants", read(e, idp.Tx.GrantsOf, u.ID), []idp.Grant(nil))
		same(e, "application of the SSF provider",
			read(e, idp.Tx.SSFProvider, provider.ID).ApplicationID, idp.ApplicationID(""))
		same(e, "application of the OIDC provider",
			read(e, idp.Tx.OIDCProvider, main.ID).ApplicationID, idp.ApplicationID(""))
	}},
}
