// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/demo"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

const issuer = "https://idp.example.com"

// Ada has two sessions, Ben has one.
func newApp() *demo.App {
	a := demo.New(config("push"))
	a.StartSession(demo.Session{SID: "ada-1", Subject: "ada", Name: "Ada"})
	a.StartSession(demo.Session{SID: "ada-2", Subject: "ada", Name: "Ada"})
	a.StartSession(demo.Session{SID: "ben-1", Subject: "ben", Name: "Ben"})
	return a
}

func userOf(iss, sub string) subject.Identifier { return subject.IssSub{Issuer: iss, Subject: sub} }

func sessionOf(sub, sid string) subject.Identifier {
	return subject.Complex{subject.MemberUser: userOf(issuer, sub), subject.MemberSession: subject.Opaque(sid)}
}

// revoked is a session-revoked that an admin caused.
func revoked(reason string) secevent.Event {
	e := caep.SessionRevoked{Common: caep.Common{InitiatingEntity: caep.ByAdmin}}
	if reason != "" {
		e.ReasonUser = caep.Reason{"en": reason}
	}
	return e
}

func setAbout(t *testing.T, id subject.Identifier, eventType secevent.EventType, event any) *secevent.Token {
	t.Helper()
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return &secevent.Token{
		Issuer: issuer + "/ssf/atlas", Audience: secevent.Audience{"atlas"}, ID: "jti-1", Subject: id,
		Txn: uuid.Must(uuid.NewV7()).String(), Events: map[secevent.EventType]json.RawMessage{eventType: raw},
	}
}

func TestAct(t *testing.T) {
	password := caep.CredentialChange{CredentialType: caep.CredentialPassword, ChangeType: caep.ChangeUpdate}
	risk := caep.RiskLevelChange{Principal: caep.PrincipalUser, CurrentLevel: caep.RiskHigh, RiskReason: "FAILURES"}
	level := caep.AssuranceLevelChange{Namespace: caep.NamespaceNISTAAL, CurrentLevel: "aal2"}
	for name, c := range map[string]struct {
		about  subject.Identifier
		typ    secevent.EventType
		event  any
		action string
		ended  []string
	}{
		"one session":            {sessionOf("ada", "ada-2"), caep.TypeSessionRevoked, revoked(""), "Ended 1 session here.", []string{"ada-2"}},
		"all of a user":          {userOf(issuer, "ada"), caep.TypeSessionRevoked, revoked(""), "Ended 2 sessions here.", []string{"ada-1", "ada-2"}},
		"unknown session":        {sessionOf("ada", "ada-9"), caep.TypeSessionRevoked, revoked(""), "Nothing to end: no such session here.", nil},
		"unknown user":           {userOf(issuer, "eve"), caep.TypeSessionRevoked, revoked(""), "Nothing to end: no such session here.", nil},
		"of another issuer":      {userOf("https://other.example.com", "ada"), caep.TypeSessionRevoked, revoked(""), "Nothing to end: no such session here.", nil},
		"of another kind":        {subject.Email("ada@example.com"), caep.TypeSessionRevoked, revoked(""), "Nothing to end: no such session here.", nil},
		"a changed password":     {userOf(issuer, "ada"), caep.TypeCredentialChange, password, "Noted that the password of Ada was changed (update).", nil},
		"a risk":                 {userOf(issuer, "ada"), caep.TypeRiskLevelChange, risk, "Noted that the risk of Ada is HIGH (FAILURES).", nil},
		"a level":                {sessionOf("ada", "ada-1"), caep.TypeAssuranceLevelChange, level, "Noted that the session has the level aal2 now.", nil},
		"a sign-in":              {sessionOf("ada", "ada-1"), caep.TypeSessionEstablished, struct{}{}, "Noted that a session began.", nil},
		"a use elsewhere":        {sessionOf("ada", "ada-1"), caep.TypeSessionPresented, struct{}{}, "Noted that the session is used at another application.", nil},
		"a disabled account":     {userOf(issuer, "ada"), risc.TypeAccountDisabled, struct{}{}, "Noted that the account of Ada was disabled.", nil},
		"an enabled account":     {userOf(issuer, "ada"), risc.TypeAccountEnabled, struct{}{}, "Noted that the account of Ada was enabled.", nil},
		"another event of RISC":  {userOf(issuer, "ada"), risc.TypeRecoveryActivated, struct{}{}, "Noted.", nil},
		"a verification":         {subject.Opaque("stream-1"), ssf.TypeVerification, struct{}{}, "Verified that SETs arrive.", nil},
		"an event of a stranger": {userOf(issuer, "ada"), "https://example.com/event", struct{}{}, "Noted.", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp()
			if err := a.Handle(setAbout(t, c.about, c.typ, c.event)); err != nil {
				t.Fatal(err)
			}
			state := a.State()
			if got := state.Received[0].Action; got != c.action {
				t.Errorf("Action = %q, want %q", got, c.action)
			}
			if got := state.Received[0].AfterMS; got < 0 {
				t.Errorf("AfterMS = %d, want the time since the txn was made", got)
			}
			var ended []string
			for _, s := range state.Sessions {
				if !s.Live() {
					ended = append(ended, s.SID)
				}
			}
			slices.Sort(ended)
			if !slices.Equal(ended, c.ended) {
				t.Errorf("ended sessions = %q, want %q", ended, c.ended)
			}
		})
	}
}

// TestActTwice has the same session end twice, as after a sign-out here that
// comes back as a signal.
func TestActTwice(t *testing.T) {
	a := newApp()
	for range 2 {
		if err := a.Handle(setAbout(t, sessionOf("ben", "ben-1"), caep.TypeSessionRevoked, revoked(""))); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := a.State().Received[0].Action, "Nothing to end: it was over here already."; got != want {
		t.Errorf("second Action = %q, want %q", got, want)
	}
}

// TestEndedPage tells the user why, in the words of the event if there are any.
func TestEndedPage(t *testing.T) {
	for reason, want := range map[string]string{
		"":                     "An administrator ended it at Tocsin.",
		"Your laptop was lost": "Your laptop was lost.",
		"<b>Bold</b>.":         "&lt;b&gt;Bold&lt;/b&gt;.",
	} {
		a := demo.New(config("push"))
		name, value := a.StartSession(demo.Session{SID: "ada-1", Subject: "ada", Name: "Ada"})
		if err := a.Handle(setAbout(t, sessionOf("ada", "ada-1"), caep.TypeSessionRevoked, revoked(reason))); err != nil {
			t.Fatal(err)
		}
		_, body := get(t, a, "/", name+"="+value)
		if !strings.Contains(body, "Your session has ended") || !strings.Contains(body, want) {
			t.Errorf("the page after %q does not say %q:\n%s", reason, want, body)
		}
	}
}
