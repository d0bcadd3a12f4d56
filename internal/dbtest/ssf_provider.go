// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// fullSSFProvider has a value in each member.
func fullSSFProvider(app idp.ApplicationID, key idp.KeyID) idp.SSFProvider {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return idp.SSFProvider{
		ID: "p", ApplicationID: app, Name: "CRM", Slug: "p", SigningKeyID: key,
		EventRetention: 48 * time.Hour, VerifyTLS: true,
		MinVerificationInterval: 30 * time.Second, InactivityTimeout: time.Hour,
		EventTypes:      []secevent.EventType{caep.TypeSessionRevoked, caep.TypeCredentialChange},
		DefaultSubjects: idp.SubjectsNone, SubjectFormat: subject.FormatAliases,
		HoldBack: []idp.SignalCause{idp.CauseSignOut, idp.CauseSignIn}, TellTimeouts: true,
		Audiences: []string{"https://a.example", "https://b.example"},
		CreatedAt: at, UpdatedAt: at.Add(time.Hour),
	}
}

var ssfProviderChecks = []check{
	{"comes back as it was made", func(e *env) {
		want := fullSSFProvider(e.application("crm").ID, e.signingKey("k").ID)
		write(e, idp.Tx.CreateSSFProvider, want)
		same(e, "SSFProvider", read(e, idp.Tx.SSFProvider, want.ID), want)
		same(e, "SSFProviderBySlug", read(e, idp.Tx.SSFProviderBySlug, want.Slug), want)
		same(e, "SSFProvidersOf", read(e, idp.Tx.SSFProvidersOf, want.ApplicationID), []idp.SSFProvider{want})
	}},
	{"may be one of several", func(e *env) {
		app := e.application("crm")
		b, a := e.ssfProvider("b", app.ID), e.ssfProvider("a", app.ID)
		other := e.ssfProvider("c", "")
		same(e, "SSFProvidersOf", read(e, idp.Tx.SSFProvidersOf, app.ID), []idp.SSFProvider{a, b})
		same(e, "SSFProviders", get(e, idp.Tx.SSFProviders), []idp.SSFProvider{a, b, other})
	}},
	{"has a slug of its own", func(e *env) {
		p := e.ssfProvider("p", "")
		p.ID = "q"
		refuse(e, idp.ErrConflict, idp.Tx.CreateSSFProvider, p)
	}},
	{"is not found when it does not exist", func(e *env) {
		p := e.ssfProvider("p", "")
		missing(e, idp.Tx.SSFProvider, "none")
		missing(e, idp.Tx.SSFProviderBySlug, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteSSFProvider, "none")
		p.ID = "none"
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateSSFProvider, p)
		p.ID, p.Slug, p.SigningKeyID = "q", "q", "none"
		refuse(e, idp.ErrNotFound, idp.Tx.CreateSSFProvider, p)
	}},
	{"is replaced but for its id, slug and creation", func(e *env) {
		was := e.ssfProvider("p", "")
		next := fullSSFProvider(e.application("crm").ID, e.signingKey("k").ID)
		next.Slug = "other"
		e.update(func(tx idp.Tx) error {
			next.UpdatedAt = tx.Now()
			return tx.UpdateSSFProvider(next)
		})
		next.CreatedAt, next.Slug = was.CreatedAt, was.Slug
		same(e, "SSFProvider", read(e, idp.Tx.SSFProvider, was.ID), next)
	}},
	{"is erased with its streams", func(e *env) {
		s := e.stream("s", idp.Push)
		e.deliver(s.Num, 2)
		write(e, idp.Tx.DeleteSSFProvider, s.ProviderID)
		missing(e, idp.Tx.SSFProvider, s.ProviderID)
		missing(e, idp.Tx.Stream, s.ID)
		read(e, idp.Tx.Application, s.ApplicationID)
	}},
}
