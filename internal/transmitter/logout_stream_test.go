// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// TestSyncLogoutStream: there is one stream while an OIDC provider serves an
// application and has an address (OIDC BCL §2.2), and it fits the provider.
func TestSyncLogoutStream(t *testing.T) {
	const moved = "https://atlas.example.com/moved"
	change := func(e *env, fn func(*idp.OIDCProvider)) {
		e.t.Helper()
		e.update(func(tx idp.Tx) error {
			p, err := tx.OIDCProviderByClient("atlas-client")
			if err != nil {
				return err
			}
			fn(&p)
			return errors.Join(tx.UpdateOIDCProvider(p), transmitter.SyncLogoutStream(e.t.Context(), tx, admin, p))
		})
	}
	t.Run("is made with the address", func(t *testing.T) {
		e := newEnv(t)
		e.signal(caep.TypeCredentialChange, ada)
		s := e.setLogoutURI(e.app.ID, logoutURI)
		want := idp.Stream{ApplicationID: e.app.ID, Audience: secevent.Audience{"atlas-client"},
			EventsRequested: []secevent.EventType{caep.TypeSessionRevoked}, Description: "Back-channel logout",
			Method: idp.Logout, EndpointURL: logoutURI, Status: idp.StreamEnabled, StatusBy: idp.ActorSystem,
			DefaultSubjects: idp.SubjectsAll, FromSignal: 1}
		got := s
		got.Num, got.ID, got.ProviderID = 0, "", ""
		got.ActiveAt, got.CreatedAt, got.UpdatedAt = time.Time{}, time.Time{}, time.Time{}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(idp.Secret{})); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
		if again := e.setLogoutURI(e.app.ID, logoutURI); again.ID != s.ID || !again.UpdatedAt.Equal(s.UpdatedAt) {
			t.Errorf("a second call made %v of %v", again, s)
		}
	})
	t.Run("goes with the address", func(t *testing.T) {
		e := newEnv(t)
		e.setLogoutURI(e.app.ID, logoutURI)
		if s := e.setLogoutURI(e.app.ID, ""); s.ID != "" {
			t.Errorf("stream = %v, want none", s)
		}
	})
	t.Run("moves with the address and keeps what waits", func(t *testing.T) {
		e := newEnv(t)
		s := e.setLogoutURI(e.app.ID, logoutURI)
		e.revoked(idp.Principal{UserID: "gone"}, idp.CauseRevoked)
		if got := e.setLogoutURI(e.app.ID, moved); got.ID != s.ID || got.EndpointURL != moved || len(e.payloads(got)) != 1 {
			t.Errorf("stream = %+v, want %s at the new address with its delivery", got, s.ID)
		}
	})
	t.Run("begins anew with another application", func(t *testing.T) {
		e := newEnv(t)
		s := e.setLogoutURI(e.app.ID, logoutURI)
		third := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "third", Name: "Third"}
		e.update(func(tx idp.Tx) error { return tx.CreateApplication(third) })
		change(e, func(p *idp.OIDCProvider) { p.ApplicationID = third.ID })
		got := e.logoutStreams("")
		if len(got) != 1 || got[0].ID == s.ID || got[0].ApplicationID != third.ID {
			t.Errorf("streams = %v, want another one of the third application", got)
		}
		change(e, func(p *idp.OIDCProvider) { p.ApplicationID = "" })
		if got := e.logoutStreams(""); len(got) != 0 {
			t.Errorf("streams of an unassigned provider = %v, want none", got)
		}
	})
	t.Run("goes with the provider", func(t *testing.T) {
		e := newEnv(t)
		e.setLogoutURI(e.app.ID, logoutURI)
		e.update(func(tx idp.Tx) error {
			p, err := tx.OIDCProviderOf(e.app.ID)
			if err != nil {
				return err
			}
			return errors.Join(tx.DeleteOIDCProvider(p.ID), transmitter.SyncLogoutStream(t.Context(), tx, admin, p))
		})
		if got := e.logoutStreams(""); len(got) != 0 {
			t.Errorf("streams = %v, want none", got)
		}
	})
	t.Run("another address ends a pause of delivery, not one of an admin", func(t *testing.T) {
		for actor, want := range map[idp.Actor]idp.StreamStatus{idp.System(): idp.StreamEnabled, admin: idp.StreamPaused} {
			e := newEnv(t)
			s := e.setLogoutURI(e.app.ID, logoutURI)
			e.setAs(actor, ssf.Stream{ID: string(s.ID)}, idp.StreamPaused, "gone")
			if got := e.setLogoutURI(e.app.ID, moved); got.Status != want || got.EndpointURL != moved {
				t.Errorf("paused by %s, then moved: %s at %s, want %s", actor.Kind, got.Status, got.EndpointURL, want)
			}
		}
	})
}

// TestSweepLogoutStreams: what was changed behind our back is repaired once.
func TestSweepLogoutStreams(t *testing.T) {
	e := newEnv(t)
	sweep := func(want int) {
		t.Helper()
		if n, err := e.tx.SweepLogoutStreams(t.Context()); n != want || err != nil {
			t.Errorf("SweepLogoutStreams = %d, %v, want %d", n, err, want)
		}
	}
	set := func(uri string) {
		e.update(func(tx idp.Tx) error {
			p, err := tx.OIDCProviderOf(e.app.ID)
			if err != nil {
				return err
			}
			p.BackchannelLogoutURI = uri
			return tx.UpdateOIDCProvider(p)
		})
	}
	sweep(0)
	for _, uri := range []string{logoutURI, logoutURI + "/moved", ""} {
		set(uri)
		sweep(1)
		sweep(0)
		got := e.logoutStreams("")
		if uri == "" && len(got) != 0 || uri != "" && (len(got) != 1 || got[0].EndpointURL != uri) {
			t.Errorf("streams after %q = %v", uri, got)
		}
	}
	e.view(func(tx idp.Tx) error {
		entries, err := tx.AuditEntries(idp.AuditFilter{ObjectKind: "stream"})
		if len(entries) != 3 || entries[2].Action != "stream.create" || entries[0].Action != "stream.delete" || entries[0].Actor.Kind != idp.ActorSystem {
			t.Errorf("audit = %+v, want the three repairs of the system", entries)
		}
		return err
	})
}

// TestLogoutStreamIsHidden: the Management API knows nothing of it, also when
// the Receiver guessed its stream_id.
func TestLogoutStreamIsHidden(t *testing.T) {
	e := newEnv(t)
	s := e.setLogoutURI(e.app.ID, logoutURI)
	id := string(s.ID)
	if all := decode[[]ssf.Stream](e.do("GET", "streams", manage, nil).want(http.StatusOK)); len(all) != 0 {
		t.Errorf("list = %+v, want it empty", all)
	}
	for name, ex := range examples() {
		method, path, _ := strings.Cut(name, " ")
		if path == "streams" && method == "POST" || name == "GET streams" {
			continue
		}
		if ex.query || strings.HasSuffix(path, "?") {
			path = strings.TrimSuffix(path, "?") + "?stream_id=" + id
		}
		path = strings.ReplaceAll(path, "{stream_id}", id)
		e.do(method, path, manage, ex.body(ssf.Stream{ID: id})).wantError(http.StatusNotFound)
	}
	e.do("POST", "streams", manage, object{"delivery": object{"method": idp.Logout, "endpoint_url": logoutURI}}).
		wantError(http.StatusBadRequest)
	if got := e.logoutStreams(""); len(got) != 1 || got[0].Status != idp.StreamEnabled || len(e.payloads(s)) != 0 {
		t.Errorf("stream = %+v, want it untouched", got)
	}
}

// TestLogoutStreamVerbs: an admin sees the stream and can stop it, but it has
// none of the events of SSF, and goes with its provider alone.
func TestLogoutStreamVerbs(t *testing.T) {
	e := newEnv(t)
	s := e.setLogoutURI(e.app.ID, logoutURI)
	err := e.db.Update(t.Context(), func(tx idp.Tx) error { return transmitter.DeleteStream(t.Context(), tx, admin, s) })
	if !errors.Is(err, idp.ErrConflict) {
		t.Errorf("DeleteStream = %v, want %v", err, idp.ErrConflict)
	}
	var invalid *idp.InvalidError
	err = e.db.Update(t.Context(), func(tx idp.Tx) error {
		_, err := transmitter.RequestVerification(t.Context(), tx, admin, idp.SSFProvider{}, s, nil)
		return err
	})
	if !errors.As(err, &invalid) {
		t.Errorf("RequestVerification = %v, want an InvalidError", err)
	}
	wire := ssf.Stream{ID: string(s.ID)}
	e.setAs(admin, wire, idp.StreamPaused, "maintenance")
	e.revoked(idp.Principal{UserID: "gone"}, idp.CauseRevoked)
	if got := e.payloads(s); len(got) != 1 {
		t.Errorf("payloads of the paused stream = %q, want the logout token alone, held", got)
	}
	e.setAs(admin, wire, idp.StreamDisabled, "")
	e.revoked(idp.Principal{UserID: "gone"}, idp.CauseRevoked)
	if got := e.payloads(s); len(got) != 1 {
		t.Errorf("payloads of the disabled stream = %q, want no more", got)
	}
}

// TestLogoutRetention: what an application that is away could not be sent
// expires a retention after the last try, and not before.
func TestLogoutRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t)
		s := e.setLogoutURI(e.app.ID, logoutURI)
		e.revoked(idp.Principal{UserID: "gone"}, idp.CauseRevoked)
		e.update(func(tx idp.Tx) error {
			return tx.PutHealth(idp.StreamHealth{Stream: s.Num, Failures: 1, FailedAt: tx.Now().Add(time.Hour), FailingSince: tx.Now()})
		})
		time.Sleep(idp.LogoutRetention + time.Minute)
		if swept := e.sweep(); swept.Expired != 0 {
			t.Errorf("swept = %+v, want nothing an hour early", swept)
		}
		time.Sleep(time.Hour)
		if swept := e.sweep(); swept.Expired != 1 {
			t.Errorf("swept = %+v, want the delivery expired", swept)
		}
	})
}
