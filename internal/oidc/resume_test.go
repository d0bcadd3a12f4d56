// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// TestResume walks the decisions of OIDC Core §3.1.2.3 and §3.1.2.4.
func TestResume(t *testing.T) {
	w := newWorld(t)
	old := w.signIn(w.user.ID, time.Now().Add(-time.Hour))
	ended := w.signIn(w.user.ID, time.Now())
	w.update(func(tx idp.Tx) error { return tx.EndSession(ended.ID, "signed out") })
	later := w.signIn(w.user.ID, time.Now().Add(time.Minute))
	for _, tt := range []struct {
		name    string
		session *idp.Session
		pairs   []string
		want    oidc.Step
	}{
		{"nobody", nil, []string{"login_hint", "ada"}, oidc.SignIn{Application: w.atlas.app, LoginHint: "ada"}},
		{"signed in", &w.session, nil, oidc.Continue{}},
		{"session ended", &ended, nil, oidc.SignIn{Application: w.atlas.app, Again: true}},
		{"max_age kept", &w.session, []string{"max_age", "600"}, oidc.Continue{}},
		{"max_age exceeded", &old, []string{"max_age", "600"}, oidc.SignIn{Application: w.atlas.app, Again: true}},
		{"max_age zero", &w.session, []string{"max_age", "0"}, oidc.SignIn{Application: w.atlas.app, Again: true}},
		{"max_age zero, new sign-in", &later, []string{"max_age", "0"}, oidc.Continue{}},
		{"prompt login", &w.session, []string{"prompt", "login"}, oidc.SignIn{Application: w.atlas.app, Again: true}},
		{"prompt login, new sign-in", &later, []string{"prompt", "login"}, oidc.Continue{}},
		{"prompt login and large max_age", &w.session, []string{"prompt", "login", "max_age", "9999"}, oidc.SignIn{Application: w.atlas.app, Again: true}},
		{"prompt select_account", &w.session, []string{"prompt", "select_account"}, oidc.SignIn{Application: w.atlas.app, Again: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := w.resume(w.request(w.atlas, tt.pairs...), tt.session)
			if _, ok := tt.want.(oidc.Continue); ok {
				next, ok := got.(oidc.Continue)
				if !ok {
					t.Fatalf("Resume = %#v, want Continue", got)
				}
				param(t, next.URL, "code")
				return
			}
			if !equalStep(got, tt.want) {
				t.Errorf("Resume = %#v, want %#v", got, tt.want)
			}
		})
	}
}

// equalStep compares steps by what the pages use of an application.
func equalStep(a, b oidc.Step) bool {
	x, okX := a.(oidc.SignIn)
	y, okY := b.(oidc.SignIn)
	if okX && okY {
		return x.Application.ID == y.Application.ID && x.LoginHint == y.LoginHint && x.Again == y.Again
	}
	return reflect.DeepEqual(a, b)
}

// TestResumeSilently is prompt=none: every question is an error for the
// application (OIDC Core §3.1.2.6).
func TestResumeSilently(t *testing.T) {
	w := newWorld(t)
	members := w.addGroup("members")
	closed := w.register("closed", func(p *idp.OIDCProvider) { p.SkipConsent = true })
	w.restrict(closed, members)
	old := w.signIn(w.user.ID, time.Now().Add(-time.Hour))
	for _, tt := range []struct {
		name    string
		client  registration
		session *idp.Session
		pairs   []string
		want    oidc.Code
	}{
		{"nobody", w.atlas, nil, nil, oidc.LoginRequired},
		{"too long ago", w.atlas, &old, []string{"max_age", "60"}, oidc.LoginRequired},
		{"no consent", w.beacon, &w.session, nil, oidc.ConsentRequired},
		{"not admitted", closed, &w.session, nil, oidc.AccessDenied},
		{"all well", w.atlas, &w.session, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			step := w.resume(w.request(tt.client, append(tt.pairs, "prompt", "none")...), tt.session)
			next, ok := step.(oidc.Continue)
			if !ok {
				t.Fatalf("Resume = %#v, want Continue", step)
			}
			u, _ := url.Parse(next.URL)
			if got := u.Query().Get("error"); got != string(tt.want) || u.Query().Has("code") == (tt.want != "") {
				t.Errorf("Resume = %s, want error %q", next.URL, tt.want)
			}
			if u.Query().Get("iss") != w.url || u.Query().Get("state") == "" {
				t.Errorf("Resume = %s, want iss and state", next.URL)
			}
		})
	}
}

func (w *world) addGroup(name string, members ...idp.UserID) idp.GroupID {
	w.t.Helper()
	g := idp.Group{ID: idp.NewID[idp.GroupID](), Name: name}
	w.update(func(tx idp.Tx) error {
		if err := tx.CreateGroup(g); err != nil {
			return err
		}
		for _, m := range members {
			if err := tx.AddMember(g.ID, m); err != nil {
				return err
			}
		}
		return nil
	})
	return g.ID
}

// restrict lets only a group use an application.
func (w *world) restrict(r registration, group idp.GroupID) {
	w.t.Helper()
	r.app.Groups = []idp.GroupID{group}
	w.update(func(tx idp.Tx) error { return tx.UpdateApplication(r.app) })
}

func TestResumeDenied(t *testing.T) {
	w := newWorld(t)
	w.restrict(w.atlas, w.addGroup("members"))
	id := w.request(w.atlas)
	step, ok := w.resume(id, &w.session).(oidc.Denied)
	if !ok || step.Reason == "" || step.Application.ID != w.atlas.app.ID {
		t.Fatalf("Resume = %#v, want Denied with a reason", step)
	}
	target, err := w.provider.Deny(t.Context(), id)
	if err != nil || param(t, target, "error") != string(oidc.AccessDenied) {
		t.Errorf("Deny = %q, %v, want access_denied", target, err)
	}
	if _, err := w.provider.Deny(t.Context(), id); !errors.Is(err, idp.ErrNotFound) {
		t.Errorf("second Deny = %v, want ErrNotFound", err)
	}
}

func TestConsent(t *testing.T) {
	w := newWorld(t)
	id := w.request(w.beacon, "scope", "openid profile")
	step, ok := w.resume(id, &w.session).(oidc.Consent)
	if !ok || len(step.Scopes) != 2 || step.Scopes[1].Name != "profile" || step.Scopes[1].Description == "" {
		t.Fatalf("Resume = %#v, want Consent to openid and profile", step)
	}
	next, err := w.provider.Consent(t.Context(), id, &w.session)
	if err != nil {
		t.Fatal(err)
	}
	param(t, next.(oidc.Continue).URL, "code")

	t.Run("is remembered", func(t *testing.T) {
		if _, ok := w.resume(w.request(w.beacon, "scope", "openid"), &w.session).(oidc.Continue); !ok {
			t.Error("Resume asks again for what was granted")
		}
	})
	t.Run("asks for what is new", func(t *testing.T) {
		step, ok := w.resume(w.request(w.beacon, "scope", "openid profile email"), &w.session).(oidc.Consent)
		if !ok || len(step.Scopes) != 1 || step.Scopes[0].Name != "email" {
			t.Errorf("Resume = %#v, want Consent to email alone", step)
		}
	})
	t.Run("asks again when told to", func(t *testing.T) {
		id := w.request(w.beacon, "scope", "openid profile", "prompt", "consent")
		if step, ok := w.resume(id, &w.session).(oidc.Consent); !ok || len(step.Scopes) != 2 {
			t.Errorf("Resume = %#v, want Consent to both", step)
		}
		next, err := w.provider.Consent(t.Context(), id, &w.session)
		if _, ok := next.(oidc.Continue); !ok || err != nil {
			t.Errorf("Consent = %#v, %v, want Continue", next, err)
		}
	})
	t.Run("is not without a session", func(t *testing.T) {
		step, err := w.provider.Consent(t.Context(), w.request(w.beacon, "scope", "openid address groups"), nil)
		if _, ok := step.(oidc.SignIn); !ok || err != nil {
			t.Errorf("Consent(nobody) = %#v, %v, want SignIn", step, err)
		}
	})
	t.Run("is the user's own", func(t *testing.T) {
		bob := idp.User{ID: idp.NewID[idp.UserID](), Username: "bob"}
		w.update(func(tx idp.Tx) error { return tx.CreateUser(bob) })
		session := w.signIn(bob.ID, time.Now())
		if step, ok := w.resume(w.request(w.beacon, "scope", "openid"), &session).(oidc.Consent); !ok {
			t.Errorf("Resume of another user = %#v, want Consent", step)
		}
	})
}

// TestHint is id_token_hint: the user it names, and nobody else (OIDC Core
// §3.1.2.1).
func TestHint(t *testing.T) {
	w := newWorld(t)
	hint := w.tokens().text("id_token")
	bob := idp.User{ID: idp.NewID[idp.UserID](), Username: "bob"}
	w.update(func(tx idp.Tx) error { return tx.CreateUser(bob) })
	bobs := w.signIn(bob.ID, time.Now())

	if step, ok := w.resume(w.request(w.atlas, "id_token_hint", hint), &w.session).(oidc.Continue); !ok {
		t.Errorf("Resume of the hinted user = %#v, want Continue", step)
	}
	if step, ok := w.resume(w.request(w.atlas, "id_token_hint", hint), &bobs).(oidc.SignIn); !ok {
		t.Errorf("Resume of another user = %#v, want SignIn", step)
	}
	next := w.resume(w.request(w.atlas, "id_token_hint", hint, "prompt", "none"), &bobs).(oidc.Continue)
	if got := param(t, next.URL, "error"); got != string(oidc.LoginRequired) {
		t.Errorf("Resume of another user, silently = %q, want login_required", got)
	}
	u := w.get("/oauth2/authorize", authorizeParams(w.beacon, "id_token_hint", hint)).location(t)
	if got := u.Query().Get("error"); got != string(oidc.LoginRequired) {
		t.Errorf("authorize with another client's ID token = %q, want login_required", got)
	}
}

// TestRequestEnds is about requests that cannot go on.
func TestRequestEnds(t *testing.T) {
	w := newWorld(t)
	resume := func(id string) error {
		_, err := w.provider.Resume(t.Context(), id, &w.session)
		return err
	}
	if err := resume("unknown"); !errors.Is(err, idp.ErrNotFound) {
		t.Errorf("Resume(unknown) = %v, want ErrNotFound", err)
	}
	t.Run("one code", func(t *testing.T) {
		id := w.request(w.atlas)
		w.resume(id, &w.session)
		if err := resume(id); !errors.Is(err, idp.ErrReused) {
			t.Errorf("second Resume = %v, want ErrReused", err)
		}
	})
	t.Run("expired", func(t *testing.T) {
		id := w.request(w.atlas)
		w.changeRequest(id, func(r *idp.AuthRequest) { r.ExpiresAt = time.Now().Add(-time.Second) })
		if err := resume(id); !errors.Is(err, idp.ErrExpired) {
			t.Errorf("Resume = %v, want ErrExpired", err)
		}
	})
	t.Run("redirect URI withdrawn", func(t *testing.T) {
		id := w.request(w.beacon, "redirect_uri", "https://rp.example/with?fixed=1")
		w.beacon.client.RedirectURIs = []string{callback}
		w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(w.beacon.client) })
		if err := resume(id); !errors.Is(err, idp.ErrNotFound) {
			t.Errorf("Resume = %v, want ErrNotFound", err)
		}
	})
}

func (w *world) changeRequest(id string, change func(*idp.AuthRequest)) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		r, err := tx.AuthRequest(id)
		if err != nil {
			return err
		}
		change(&r)
		return tx.UpdateAuthRequest(r)
	})
}

// TestNoCallback shows that knowing the id of a request gives nothing: there
// is no address that answers it with the code of whoever signed in.
func TestNoCallback(t *testing.T) {
	w := newWorld(t)
	id := w.request(w.atlas)
	w.resume(id, &w.session)
	for _, path := range []string{"/oauth2/authorize/callback", "/oauth2/authorize", "/authorize/callback"} {
		a := w.get(path, url.Values{"id": {id}, "request": {id}})
		if a.header.Get("Location") != "" || a.status < http.StatusBadRequest {
			t.Errorf("GET %s = %d to %q, want an error", path, a.status, a.header.Get("Location"))
		}
	}
}
