// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// signInTo lets a session have tokens for an application.
func (w *world) signInTo(app idp.Application, s idp.Session) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		return tx.CreateAccessToken(idp.AccessToken{
			ID: idp.NewID[string](), ApplicationID: app.ID, ClientID: app.Slug, UserID: s.UserID, SessionID: s.ID,
			CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
		})
	})
}

// stream gives an application a stream.
func (w *world) stream(app idp.Application) idp.Stream {
	w.t.Helper()
	key, err := signing.Generate(app.Slug, secevent.ES256)
	if err != nil {
		w.t.Fatal(err)
	}
	provider := idp.SSFProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: app.Name, Slug: app.Slug, SigningKeyID: key.ID,
		EventRetention: 24 * time.Hour, EventTypes: []secevent.EventType{caep.TypeSessionRevoked}, DefaultSubjects: idp.SubjectsAll,
	}
	stream := idp.Stream{
		ID: idp.NewID[idp.StreamID](), ProviderID: provider.ID, ApplicationID: app.ID, Audience: secevent.Audience{app.Slug},
		Method: idp.Poll, Status: idp.StreamEnabled, StatusBy: idp.ActorApplication, DefaultSubjects: idp.SubjectsAll,
	}
	w.update(func(tx idp.Tx) (err error) {
		if err := tx.CreateSigningKey(key); err != nil {
			return err
		}
		if err := tx.CreateSSFProvider(provider); err != nil {
			return err
		}
		stream, err = tx.CreateStream(stream)
		return err
	})
	return stream
}

// fanOut makes a delivery of each signal for the stream, as the fan-out does.
func (w *world) fanOut(stream idp.Stream) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		position, err := tx.FanOutPosition()
		if err != nil {
			return err
		}
		signals, err := tx.SignalsAfter(position, 100)
		if err != nil {
			return err
		}
		for _, signal := range signals {
			position = signal.ID
			if signal.Type != caep.TypeSessionRevoked {
				continue
			}
			err := tx.AppendDeliveries([]idp.Delivery{{
				Stream: stream.Num, SignalID: signal.ID, IssuedAt: tx.Now().Unix(), Payload: json.RawMessage(`{}`), ExpiresAt: tx.Now().Add(time.Hour),
			}})
			if err != nil {
				return err
			}
		}
		return tx.SetFanOutPosition(position)
	})
}

// settle ends all deliveries of a stream.
func (w *world) settle(stream idp.Stream, outcome idp.Outcome) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		last, err := tx.LastSeq(stream.Num)
		if err != nil {
			return err
		}
		p, err := tx.Position(stream.Num)
		if err != nil {
			return err
		}
		for seq := int64(1); seq <= last; seq++ {
			p.Settle(seq)
		}
		if err := tx.AppendAttempts([]idp.Attempt{{Stream: stream.Num, From: 1, To: last, At: tx.Now(), Outcome: outcome}}); err != nil {
			return err
		}
		return tx.SetPosition(stream.Num, p)
	})
}

// TestReceipts ends a session and follows what applications make of it.
func TestReceipts(t *testing.T) {
	w := newWorld(t)
	wiki := w.createApplication("wiki", "https://wiki.example/callback")
	atlas := w.stream(w.atlas)
	phone := w.newBrowser()
	phone.header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1")
	phone.post("/sign-in", "login", "ada", "password", adasPassword)
	session := w.sessions(w.ada)[0]
	w.signInTo(w.atlas, session)
	w.signInTo(wiki, session)
	b := w.signedIn("ada", adasPassword)

	if body := b.get("/account/sessions").body; !strings.Contains(body, "Atlas, Wiki") || strings.Contains(body, "Ended lately") {
		t.Errorf("the page does not name the applications of a session:\n%s", body)
	}
	b.post("/account/sessions/end", "session", string(session.ID))

	check := func(when string, want map[string]string) {
		t.Helper()
		body := b.get("/account/sessions").body
		if !strings.Contains(body, "Safari on iPhone") || !strings.Contains(body, "ended by you") {
			t.Errorf("%s, the page does not say what ended:\n%s", when, body)
		}
		a := b.get("/account/sessions/receipts")
		var receipts []struct{ ID, State, Words string }
		if err := json.Unmarshal([]byte(a.body), &receipts); err != nil || a.status != http.StatusOK || len(receipts) != len(want) {
			t.Fatalf("%s, receipts = %d %s, %v; want %d", when, a.status, a.body, err, len(want))
		}
		for _, r := range receipts {
			app, words := string(w.atlas.ID), want["Atlas"]
			if strings.HasSuffix(r.ID, string(wiki.ID)) {
				app, words = string(wiki.ID), want["Wiki"]
			}
			if !strings.HasSuffix(r.ID, app) || r.Words != words || !strings.Contains(body, `id="`+r.ID+`"`) || !strings.Contains(body, words) {
				t.Errorf("%s, %s = %q, want %q, on the page too", when, r.ID, r.Words, words)
			}
		}
	}
	const waits, untold = "has not confirmed it yet", "takes no messages, so it may still know you"
	check("before the fan-out", map[string]string{"Atlas": waits, "Wiki": waits})
	w.fanOut(atlas)
	check("after it", map[string]string{"Atlas": waits, "Wiki": untold})
	w.settle(atlas, idp.Acknowledged)
	check("when atlas has answered", map[string]string{"Atlas": "confirmed it just now", "Wiki": untold})
}

// TestEndings checks how the page tells of what ended sessions.
func TestEndings(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(w *world, tx idp.Tx) error
		want []string
	}{
		"by an administrator": {func(w *world, tx idp.Tx) error {
			return identity.RevokeSessions(t.Context(), tx, idp.Actor{Kind: idp.ActorAdmin, ID: "x"}, w.ada.ID, identity.Cause{})
		}, []string{"Every session", "ended by an administrator", "No application had to know."}},
		"by a time limit": {func(w *world, tx idp.Tx) error {
			return tx.AppendSignal(&idp.Signal{Txn: "t", Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{}`),
				Cause: idp.CauseTimeout, Principal: idp.Principal{UserID: w.ada.ID}})
		}, nil},
		"of a session that is gone": {func(w *world, tx idp.Tx) error {
			return tx.AppendSignal(&idp.Signal{Txn: "t", Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{"initiating_entity":"policy"}`),
				Cause: idp.CauseRisk, Principal: idp.Principal{UserID: w.ada.ID, SessionID: "gone"}})
		}, []string{"A session", "ended because something looked wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.update(func(tx idp.Tx) error { return test.end(w, tx) })
			body := w.signedIn("ada", adasPassword).get("/account/sessions").body
			for _, want := range test.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q:\n%s", want, body)
				}
			}
			if shown := strings.Contains(body, "Ended lately"); shown != (test.want != nil) {
				t.Errorf("endings shown %v, want %v", shown, test.want != nil)
			}
		})
	}
	t.Run("by a new password, all at once", func(t *testing.T) {
		w := newWorld(t)
		for range 4 {
			w.signedIn("ada", adasPassword)
		}
		b := w.signedIn("ada", adasPassword)
		const fresh = "analytical engine 1"
		b.post("/account/password", "current", adasPassword, "new", fresh, "repeat", fresh)
		body := b.get("/account/sessions").body
		if n := strings.Count(body, "ended because you changed how you sign in"); n != 1 || !strings.Contains(body, "and 1 more") {
			t.Errorf("the page tells it %d times, want once with all sessions:\n%s", n, body)
		}
	})
}
