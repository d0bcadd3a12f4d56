// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
)

const logoutURI = "https://atlas.example.com/logout"

// setLogoutURI gives an application's OIDC provider an address for logout
// tokens, and returns the stream that it has then; the zero value for none.
func (e *env) setLogoutURI(app idp.ApplicationID, uri string) (s idp.Stream) {
	e.t.Helper()
	e.update(func(tx idp.Tx) error {
		p, err := tx.OIDCProviderOf(app)
		if err != nil {
			return err
		}
		p.BackchannelLogoutURI = uri
		return errors.Join(tx.UpdateOIDCProvider(p), transmitter.SyncLogoutStream(e.t.Context(), tx, admin, p))
	})
	if streams := e.logoutStreams(app); len(streams) > 0 {
		return streams[0]
	}
	return idp.Stream{}
}

func (e *env) logoutStreams(app idp.ApplicationID) (list []idp.Stream) {
	e.t.Helper()
	e.view(func(tx idp.Tx) (err error) {
		list, err = tx.Streams(idp.StreamFilter{ApplicationID: app, Method: idp.Logout})
		return err
	})
	return list
}

// signIn gives a user a session through which the applications got tokens.
func (e *env) signIn(user idp.UserID, sid idp.SessionID, apps ...idp.ApplicationID) {
	e.t.Helper()
	e.update(func(tx idp.Tx) error {
		if _, err := tx.User(user); errors.Is(err, idp.ErrNotFound) {
			if err := tx.CreateUser(idp.User{ID: user, Username: string(user)}); err != nil {
				return err
			}
		}
		err := tx.CreateSession(idp.Session{ID: sid, UserID: user, TokenHash: idp.HashToken(string(sid)),
			AuthTime: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour)})
		for _, app := range apps {
			err = errors.Join(err, tx.CreateAccessToken(idp.AccessToken{ID: idp.NewID[string](), ApplicationID: app,
				UserID: user, SessionID: sid, ExpiresAt: tx.Now().Add(time.Hour)}))
		}
		return err
	})
}

// otherApp is the application "other".
func (e *env) otherApp() (app idp.Application) {
	e.t.Helper()
	e.view(func(tx idp.Tx) (err error) {
		app, err = tx.ApplicationBySlug("other")
		return err
	})
	return app
}

// revoked records a session-revoked and fans it out.
func (e *env) revoked(p idp.Principal, cause idp.SignalCause) {
	e.t.Helper()
	e.update(func(tx idp.Tx) error {
		return tx.AppendSignal(&idp.Signal{Txn: "t", Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{}`), Cause: cause, Principal: p})
	})
	e.fanOut()
}

// payloads are what waits on a stream.
func (e *env) payloads(s idp.Stream) (list []string) {
	e.t.Helper()
	for _, d := range e.deliveries(string(s.ID)) {
		list = append(list, string(d.Payload))
	}
	return list
}

// TestLogout: applications get a logout token when a session ends through which
// their user signed in (OIDC BCL §2.3, OIDC BCL §2.4).
func TestLogout(t *testing.T) {
	const event = `"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	begin := func(t *testing.T) (e *env, atlas, other idp.Stream) {
		e = newEnv(t)
		return e, e.setLogoutURI(e.app.ID, logoutURI), e.setLogoutURI(e.otherApp().ID, "https://other.example.com/logout")
	}
	want := func(t *testing.T, e *env, s idp.Stream, payloads ...string) {
		t.Helper()
		if diff := cmp.Diff(payloads, e.payloads(s)); diff != "" {
			t.Errorf("logout tokens (-want +got):\n%s", diff)
		}
	}
	t.Run("of one session, with its sid", func(t *testing.T) {
		e, atlas, other := begin(t)
		e.signIn("ada", "s1", e.app.ID)
		e.signIn("ada", "s2", e.otherApp().ID)
		e.revoked(idp.Principal{UserID: "ada", SessionID: "s1"}, idp.CauseSignOut)
		want(t, e, atlas, `{"sub":"ada","sid":"s1",`+event)
		want(t, e, other)
		if len(e.woke) != 1 || e.woke[0].Stream != atlas.Num {
			t.Errorf("woke %+v, want delivery of the token", e.woke)
		}
	})
	t.Run("of all sessions, without sid", func(t *testing.T) {
		e, atlas, other := begin(t)
		e.signIn("ada", "s1", e.app.ID)
		e.signIn("ada", "s2", e.app.ID, e.otherApp().ID)
		e.signIn("bob", "s3", e.app.ID)
		e.revoked(idp.Principal{UserID: "ada"}, idp.CauseRevoked)
		want(t, e, atlas, `{"sub":"ada",`+event)
		want(t, e, other, `{"sub":"ada",`+event)
	})
	t.Run("not where the user never signed in", func(t *testing.T) {
		e, atlas, other := begin(t)
		e.signIn("ada", "s1", e.app.ID)
		e.revoked(idp.Principal{UserID: "ada"}, idp.CauseRevoked)
		want(t, e, atlas, `{"sub":"ada",`+event)
		want(t, e, other)
	})
	t.Run("also when the user may not use the application any more", func(t *testing.T) {
		e, atlas, _ := begin(t)
		e.signIn("ada", "s1", e.app.ID)
		e.app.Groups = []idp.GroupID{e.group}
		e.update(func(tx idp.Tx) error { return tx.UpdateApplication(e.app) })
		e.revoked(idp.Principal{UserID: "ada", SessionID: "s1"}, idp.CauseRevoked)
		want(t, e, atlas, `{"sub":"ada","sid":"s1",`+event)
	})
	t.Run("of a user who was deleted, to all that they might have used", func(t *testing.T) {
		e, atlas, other := begin(t)
		closed := e.otherApp()
		closed.Groups = []idp.GroupID{e.group}
		e.update(func(tx idp.Tx) error { return tx.UpdateApplication(closed) })
		e.revoked(idp.Principal{UserID: "gone"}, idp.CauseAccount)
		want(t, e, atlas, `{"sub":"gone",`+event)
		want(t, e, other)
	})
	t.Run("not for what is no end of a session", func(t *testing.T) {
		e, atlas, _ := begin(t)
		e.signIn("ada", "s1", e.app.ID)
		e.signal(caep.TypeCredentialChange, idp.Principal{UserID: "ada"})
		e.signal(risc.TypeAccountDisabled, idp.Principal{UserID: "ada"})
		e.revoked(idp.Principal{UserID: "ada", SessionID: "s1"}, idp.CauseTimeout)
		want(t, e, atlas)
	})
	t.Run("from the next signal on", func(t *testing.T) {
		e := newEnv(t)
		e.signIn("ada", "s1", e.app.ID)
		e.signal(caep.TypeSessionRevoked, idp.Principal{UserID: "ada", SessionID: "s1"})
		s := e.setLogoutURI(e.app.ID, logoutURI)
		e.fanOut()
		want(t, e, s)
	})
	// The rules of an SSF provider of the same application are another matter.
	t.Run("beside the SET", func(t *testing.T) {
		e := newEnv(t, func(_ *transmitter.Config, p *idp.SSFProvider) { p.HoldBack = []idp.SignalCause{idp.CauseSignOut} })
		s, poll := e.setLogoutURI(e.app.ID, logoutURI), e.createPoll()
		e.signIn("ada", "s1", e.app.ID)
		p := idp.Principal{UserID: "ada", SessionID: "s1"}
		e.revoked(p, idp.CauseSignOut)
		e.revoked(p, idp.CauseRevoked)
		if ds := e.deliveries(string(s.ID)); len(ds) != 2 || ds[0].OrderKey != ds[1].OrderKey ||
			ds[0].ExpiresAt.Sub(ds[0].At) < idp.LogoutRetention-time.Minute {
			t.Errorf("deliveries = %+v, want two in order, kept for %v", ds, idp.LogoutRetention)
		}
		if ds := e.deliveries(poll.ID); len(ds) != 1 {
			t.Errorf("deliveries of the SSF stream = %+v, want one", ds)
		}
	})
}
