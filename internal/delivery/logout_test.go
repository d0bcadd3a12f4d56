// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// newLogoutWorld is a world whose stream is one of logout tokens.
func newLogoutWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.update(func(tx idp.Tx) (err error) {
		app := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "atlas", Name: "Atlas"}
		if err := tx.CreateApplication(app); err != nil {
			return err
		}
		p := idp.OIDCProvider{ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: "Atlas", ClientID: "atlas",
			AuthMethod: idp.AuthClientSecretBasic, AccessTokenLifetime: time.Hour, IDTokenLifetime: time.Hour,
			RefreshTokenLifetime: time.Hour, BackchannelLogoutURI: "https://atlas.example.com/logout?of=tocsin"}
		if err := tx.CreateOIDCProvider(p); err != nil {
			return err
		}
		w.stream, err = tx.CreateStream(idp.Stream{ID: idp.NewID[idp.StreamID](), ProviderID: p.ID, ApplicationID: app.ID,
			Audience: secevent.Audience{"atlas"}, EventsRequested: []secevent.EventType{caep.TypeSessionRevoked},
			Method: idp.Logout, EndpointURL: p.BackchannelLogoutURI, Status: idp.StreamEnabled,
			StatusBy: idp.ActorSystem, DefaultSubjects: idp.SubjectsAll})
		return err
	})
	return w
}

// answering answers with the status until told otherwise.
func answering(status int, body string) func(string, *http.Request) (*http.Response, error) {
	return func(string, *http.Request) (*http.Response, error) { return reply(status, body), nil }
}

// tokens are the logout tokens of all requests, by their "stream/seq/user" and
// payload.
func (w *world) tokens(bodies []string) (tokens []string) {
	w.t.Helper()
	for _, body := range bodies {
		form, err := url.ParseQuery(body)
		if err != nil || len(form) != 1 || len(form["logout_token"]) != 1 {
			w.t.Fatalf("body = %q, want one logout_token and nothing else", body)
		}
		tokens = append(tokens, form["logout_token"][0])
	}
	return tokens
}

func (w *world) attempts() (list []idp.Attempt) {
	w.t.Helper()
	w.view(func(tx idp.Tx) (err error) {
		list, err = tx.Attempts(w.stream.Num, 100)
		return err
	})
	return list
}

// TestLogout is OIDC BCL §2.5: a logout token travels in a form, and 200 or 204
// says that it was taken (OIDC BCL §2.8).
func TestLogout(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusNoContent} {
		synctest.Test(t, func(t *testing.T) {
			w := newLogoutWorld(t)
			w.receiver.set(answering(status, ""))
			w.run()
			w.emit(w.stream, 1)
			w.settle(time.Second)

			req := w.receiver.requests[0]
			if got := req.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type = %q", got)
			}
			if _, has := req.Header["Authorization"]; has {
				t.Error("an Authorization header was sent")
			}
			if req.Method != http.MethodPost || req.URL.String() != w.stream.EndpointURL {
				t.Errorf("request = %s %s, want POST %s", req.Method, req.URL, w.stream.EndpointURL)
			}
			want := []string{string(w.stream.ID) + `/1/1/{"user":1}`}
			if diff := cmp.Diff(want, w.tokens(w.receiver.taken())); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
			w.wantSettled(1)
			if a := w.attempts(); len(a) != 1 || a[0].Outcome != idp.Acknowledged || a[0].Status != status || a[0].Err != "" {
				t.Errorf("attempts = %+v, want one acknowledged with %d", a, status)
			}
		})
	}
}

// TestLogoutFound: tokens that were waiting when the program started are sent
// without anybody waking the engine.
func TestLogoutFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLogoutWorld(t)
		w.emit(w.stream, 1, 2, 3)
		w.run()
		w.settle(time.Minute)
		if got := w.tokens(w.receiver.taken()); len(got) != 3 {
			t.Errorf("tokens = %q, want 3", got)
		}
		w.wantSettled(3)
	})
}

// TestLogoutOutage: an application that is away gets its tokens afterwards, in
// the order of each user.
func TestLogoutOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLogoutWorld(t)
		w.receiver.set(down)
		w.run()
		w.emit(w.stream, 1, 2, 1)
		w.settle(3 * 24 * time.Hour)
		w.receiver.set(answering(http.StatusOK, ""))
		w.settle(20 * time.Minute)
		var bare []string
		for _, token := range w.tokens(w.receiver.taken()) {
			bare = append(bare, token[:strings.LastIndex(token, "/")])
		}
		wantOnceInOrder(t, bare, 3)
		w.wantSettled(3)
		w.view(func(tx idp.Tx) error {
			d, err := tx.Delivery(w.stream.Num, 1)
			if kept := d.ExpiresAt.Sub(d.At); kept < idp.LogoutRetention {
				t.Errorf("the first is kept for %v, want %v from its last attempt", kept, idp.LogoutRetention)
			}
			return err
		})
	})
}

// TestLogoutRejected: a 400 rejects the token (OIDC BCL §2.8). It is tried
// again on its own, each time with a token that was signed anew, and others of
// the user wait for it.
func TestLogoutRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLogoutWorld(t)
		w.receiver.set(answering(http.StatusBadRequest, `{"error":"invalid_request","error_description":"no such sid"}`))
		w.run()
		w.emit(w.stream, 1)
		w.settle(time.Second)
		w.view(func(tx idp.Tx) error {
			retries, err := tx.Exceptions(w.stream.Num, idp.Retry)
			if len(retries) != 1 || retries[0].Err != "invalid_request" || retries[0].Detail != "no such sid" ||
				retries[0].JWS != "" || retries[0].KID != "" {
				t.Errorf("retries = %+v, want one without a token", retries)
			}
			return err
		})
		w.receiver.set(answering(http.StatusOK, ""))
		w.emit(w.stream, 1)
		w.settle(2 * time.Minute)
		want := []string{string(w.stream.ID) + `/1/1/{"user":1}`, string(w.stream.ID) + `/2/1/{"user":1}`}
		if diff := cmp.Diff(want, w.tokens(w.receiver.taken())); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		w.wantSettled(2)
	})
}

// TestLogoutRejectedForGood: after its tries the token is a dead letter and the
// user's next one goes out. A restart in between changes nothing.
func TestLogoutRejectedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLogoutWorld(t)
		w.receiver.set(func(body string, _ *http.Request) (*http.Response, error) {
			if strings.Contains(body, "%2F1%2F1%2F") {
				return reply(http.StatusBadRequest, "no"), nil
			}
			return reply(http.StatusOK, ""), nil
		})
		w.run()
		w.emit(w.stream, 1, 1)
		w.settle(10 * time.Minute)
		w.stop()
		w.run()
		w.settle(2 * time.Hour)
		if got := w.tokens(w.receiver.taken()); len(got) != 1 || !strings.Contains(got[0], "/2/1/") {
			t.Errorf("tokens = %q, want the second", got)
		}
		w.view(func(tx idp.Tx) error {
			dead, err := tx.Exceptions(w.stream.Num, idp.DeadLetter)
			if len(dead) != 1 || dead[0].Tries != 6 {
				t.Errorf("dead letters = %+v, want one after 6 tries", dead)
			}
			return err
		})
	})
}
