// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/secevent"
)

// demand sets what an application demands.
func (w *world) demand(r registration, p idp.SignInPolicy) {
	w.t.Helper()
	r.app.Policy = p
	w.update(func(tx idp.Tx) error { return tx.UpdateApplication(r.app) })
}

// signInAt makes a session of the given level.
func (w *world) signInAt(level string, at time.Time, amr ...string) idp.Session {
	w.t.Helper()
	s := w.signIn(w.user.ID, at)
	s.ACR, s.AMR = level, amr
	w.update(func(tx idp.Tx) error { return tx.UpdateSession(s) })
	return s
}

// give gives the user a credential of a kind.
func (w *world) give(kind idp.CredentialKind) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		return tx.PutCredential(idp.Credential{ID: idp.NewID[idp.CredentialID](), UserID: w.user.ID, Kind: kind,
			Name: "factor", Secret: idp.NewSecret("seed"), Data: []byte("{}"), CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
	})
}

// TestPolicy walks each policy with a session of each level.
func TestPolicy(t *testing.T) {
	w := newWorld(t)
	sessions := map[string]idp.Session{}
	for _, acr := range identity.ACRs() {
		sessions[acr] = w.signInAt(acr, time.Now().Add(-time.Minute), "pwd")
	}
	for _, tt := range []struct {
		policy idp.SignInPolicy
		enough []string
	}{
		{idp.PolicyAny, []string{identity.ACRPassword, identity.ACRFactor, identity.ACRPasskey}},
		{idp.PolicyFactor, []string{identity.ACRFactor, identity.ACRPasskey}},
		{idp.PolicyPasskey, []string{identity.ACRPasskey}},
	} {
		w.demand(w.atlas, tt.policy)
		enough := map[string]bool{}
		for _, acr := range tt.enough {
			enough[acr] = true
		}
		for acr, session := range sessions {
			t.Run(string(tt.policy)+" with "+acr, func(t *testing.T) {
				testPolicy(t, w, session, tt.policy, enough[acr])
			})
		}
		t.Run(string(tt.policy)+" with nobody", func(t *testing.T) {
			step, ok := w.resume(w.request(w.atlas), nil).(oidc.SignIn)
			if !ok || step.Need != tt.policy || step.StepUp || step.Wished {
				t.Errorf("Resume = %#v, want SignIn that needs %q", step, tt.policy)
			}
		})
	}
}

func testPolicy(t *testing.T, w *world, session idp.Session, policy idp.SignInPolicy, enough bool) {
	t.Helper()
	step := w.resume(w.request(w.atlas), &session)
	silent := w.resume(w.request(w.atlas, "prompt", "none"), &session).(oidc.Continue)
	if enough {
		if _, ok := step.(oidc.Continue); !ok {
			t.Errorf("Resume = %#v, want Continue", step)
		}
		param(t, silent.URL, "code")
		return
	}
	asked, ok := step.(oidc.SignIn)
	if !ok || asked.Need != policy || !asked.StepUp || asked.Again || asked.Wished {
		t.Errorf("Resume = %#v, want SignIn that steps up to %q", step, policy)
	}
	if got := param(t, silent.URL, "error"); got != string(oidc.LoginRequired) {
		t.Errorf("Resume, silently = %q, want login_required", got)
	}
}

// TestACRValues shows what a wish does, and that it keeps nobody out (OIDC Core
// §3.1.2.1).
func TestACRValues(t *testing.T) {
	w := newWorld(t)
	session := w.signInAt(identity.ACRPassword, time.Now().Add(-time.Minute), "pwd")
	wish := []string{"acr_values", "urn:example:unknown urn:tocsin:acr:factor urn:tocsin:acr:passkey"}

	if step, ok := w.resume(w.request(w.atlas, wish...), &session).(oidc.Continue); !ok {
		t.Errorf("Resume of a user without a factor = %#v, want Continue", step)
	}
	w.give(idp.CredentialTOTP)
	step, ok := w.resume(w.request(w.atlas, wish...), &session).(oidc.SignIn)
	if !ok || step.Need != idp.PolicyFactor || !step.Wished || !step.StepUp {
		t.Errorf("Resume of a user with a factor = %#v, want a wish to step up", step)
	}
	id := w.request(w.atlas, "acr_values", identity.ACRPasskey)
	if step, ok := w.resume(id, &session).(oidc.Continue); !ok {
		t.Errorf("Resume of a user without a passkey = %#v, want Continue", step)
	}
	if step, ok := w.resume(w.request(w.atlas, append(wish, "prompt", "none")...), &session).(oidc.Continue); ok {
		param(t, step.URL, "code")
	} else {
		t.Errorf("Resume, silently = %#v, want Continue", step)
	}
	asked := w.request(w.atlas, wish...)
	after := w.signInAt(identity.ACRPassword, time.Now().Add(time.Minute), "pwd")
	if step, ok := w.resume(asked, &after).(oidc.Continue); !ok {
		t.Errorf("Resume after a sign-in that was asked = %#v, want Continue", step)
	}
	t.Run("does not lower a demand", func(t *testing.T) {
		w.demand(w.atlas, idp.PolicyFactor)
		step, ok := w.resume(w.request(w.atlas, "acr_values", identity.ACRPassword), &session).(oidc.SignIn)
		if !ok || step.Need != idp.PolicyFactor || step.Wished {
			t.Errorf("Resume = %#v, want the demand", step)
		}
	})
}

// TestLevelInIDToken checks that "acr" and "amr" are those of the session.
func TestLevelInIDToken(t *testing.T) {
	w := newWorld(t)
	w.demand(w.atlas, idp.PolicyFactor)
	w.session = w.signInAt(identity.ACRFactor, time.Now().Add(-time.Minute), "pwd", "otp", "mfa")
	claims := payloadOf(t, w.tokens().text("id_token"))
	if claims["acr"] != identity.ACRFactor {
		t.Errorf("acr = %v, want %s", claims["acr"], identity.ACRFactor)
	}
	if amr, _ := claims["amr"].([]any); len(amr) != 3 || amr[1] != "otp" {
		t.Errorf("amr = %v, want pwd, otp and mfa", claims["amr"])
	}
}

// TestPolicyRaised is an application that demands more while its users have
// tokens already: none is made any more, and those that exist expire.
func TestPolicyRaised(t *testing.T) {
	w := newWorld(t)
	tokens, code := w.tokens(), w.code()
	w.demand(w.atlas, idp.PolicyFactor)
	wantError(t, "refresh", w.post("/oauth2/token", w.atlas, refreshForm(tokens.text("refresh_token"))),
		http.StatusBadRequest, oidc.InvalidGrant)
	wantError(t, "code", w.post("/oauth2/token", w.atlas, codeForm(code)), http.StatusBadRequest, oidc.InvalidGrant)
	if !w.works(tokens.text("access_token")) {
		t.Error("the access token stopped working at once, want that it expires")
	}
	t.Run("goes on after a step-up", func(t *testing.T) {
		w.session.ACR = identity.ACRFactor
		w.update(func(tx idp.Tx) error { return tx.UpdateSession(w.session) })
		a := w.post("/oauth2/token", w.atlas, refreshForm(tokens.text("refresh_token")))
		if a.status != http.StatusOK {
			t.Errorf("refresh = %d %s, want 200", a.status, a.body)
		}
	})
}

// payloadOf decodes the claims of a token; its signature is TestFlow's matter.
func payloadOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestSessionPresented checks that the use of a session at an application is a
// signal once: when the application has tokens, it knows.
func TestSessionPresented(t *testing.T) {
	w := newWorld(t)
	w.tokens()
	w.tokens()
	if n := len(w.signalsOf(caep.TypeSessionPresented)); n != 1 {
		t.Errorf("%d session-presented after two sign-ins at one application, want 1", n)
	}
	if _, err := w.provider.Consent(t.Context(), w.request(w.beacon), &w.session); err != nil {
		t.Fatal(err)
	}
	if n := len(w.signalsOf(caep.TypeSessionPresented)); n != 2 {
		t.Errorf("%d session-presented after another application, want 2", n)
	}
}

// signalsOf returns what was recorded of one event type.
func (w *world) signalsOf(event secevent.EventType) []idp.Signal {
	w.t.Helper()
	return slices.DeleteFunc(w.signals(), func(s idp.Signal) bool { return s.Type != event })
}
