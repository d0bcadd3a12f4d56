// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

// goldenEvent is an event as a verb records it, and whom it is about.
type goldenEvent struct {
	event interface {
		secevent.Event
		Validate() error
	}
	about idp.Principal
}

// goldenEvents has every event type that identity records, by the name of its
// file, with all the members that identity fills.
func goldenEvents() map[string]goldenEvent {
	user := idp.Principal{UserID: "0190e7c4-ada", Email: "ada@example.com"}
	session := user
	session.SessionID = "0190e7c4-s1"
	common := func(by caep.InitiatingEntity, admin, user string) caep.Common {
		c := caep.Common{EventTimestamp: caep.At(time.Now()), InitiatingEntity: by, ReasonAdmin: caep.Reason{"en": admin}}
		if user != "" {
			c.ReasonUser = caep.Reason{"en": user}
		}
		return c
	}
	byAdmin := common(caep.ByAdmin, "Ticket 4711: laptop lost", "An administrator ended your session")
	byUser := common(caep.ByUser, "The user changed their account", "")
	bySystem := common(caep.BySystem, "The session was idle for too long", "")
	byPolicy := common(caep.ByPolicy, "A refresh token was used twice", "")
	return map[string]goldenEvent{
		"session-revoked-user":         {caep.SessionRevoked{Common: byAdmin}, user},
		"session-revoked-session":      {caep.SessionRevoked{Common: bySystem}, session},
		"session-established":          {caep.SessionEstablished{Common: byUser, ACR: identity.ACRFactor, AMR: []string{"pwd", "otp", "mfa"}}, session},
		"session-presented":            {caep.SessionPresented{Common: byUser}, session},
		"credential-change-password":   {caep.CredentialChange{Common: byUser, CredentialType: caep.CredentialPassword, ChangeType: caep.ChangeUpdate}, user},
		"credential-change-app":        {caep.CredentialChange{Common: byUser, CredentialType: caep.CredentialApp, ChangeType: caep.ChangeCreate, FriendlyName: "Phone"}, user},
		"credential-change-fido2":      {caep.CredentialChange{Common: byAdmin, CredentialType: caep.CredentialFIDO2Roaming, ChangeType: caep.ChangeDelete, FriendlyName: "Key on the ring", FIDO2AAGUID: "2fc0579f-8113-47ea-b116-bb5a8db9202a"}, user},
		"token-claims-change":          {caep.TokenClaimsChange{Common: byAdmin, Claims: map[string]json.RawMessage{"groups": json.RawMessage(`["staff"]`)}}, user},
		"assurance-level-change":       {caep.AssuranceLevelChange{Common: byUser, Namespace: "urn:tocsin:acr", CurrentLevel: identity.ACRFactor, PreviousLevel: identity.ACRPassword, ChangeDirection: caep.Increase}, session},
		"risk-level-change":            {caep.RiskLevelChange{Common: byPolicy, Principal: caep.PrincipalUser, CurrentLevel: caep.RiskHigh, PreviousLevel: caep.RiskLow, RiskReason: "refresh token reused"}, user},
		"account-disabled":             {risc.AccountDisabled{}, user},
		"account-enabled":              {risc.AccountEnabled{}, user},
		"account-purged":               {risc.AccountPurged{}, user},
		"identifier-changed":           {risc.IdentifierChanged{NewValue: "ada@example.org"}, user},
		"credential-change-required":   {risc.AccountCredentialChangeRequired{}, user},
		"recovery-activated":           {risc.RecoveryActivated{}, user},
		"recovery-information-changed": {risc.RecoveryInformationChanged{}, user},
	}
}

// TestGolden compares the SETs of all event types with files, member by member,
// for each format of subjects: what a Receiver reads, apart from signature, kid
// and jti. The last is checked against the delivery.
func TestGolden(t *testing.T) {
	formats := []subject.Format{subject.FormatIssSub, subject.FormatEmail, subject.FormatOpaque, subject.FormatAliases}
	for _, format := range formats {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t, withFormat(format), func(_ *transmitter.Config, p *idp.SSFProvider) { p.EventTypes = identity.EventTypes() })
			s := e.stored(e.create(object{"events_requested": identity.EventTypes()}).ID)
			for name, g := range goldenEvents() {
				e.append(g)
				ds := e.deliveries(string(s.ID))
				d := ds[len(ds)-1]
				_, jws, err := e.signer.Sign(t.Context(), e.provider, s, d)
				if err != nil {
					t.Fatal(err)
				}
				e.golden(filepath.Join(string(format), name), jws, d)
			}
		})
	}
	t.Run("logout tokens", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnvInside(t)
			s := e.setLogoutURI(e.app.ID, logoutURI)
			e.signIn("0190e7c4-ada", "0190e7c4-s1", e.app.ID)
			for _, name := range []string{"session-revoked-user", "session-revoked-session"} {
				e.append(goldenEvents()[name])
				ds := e.deliveries(string(s.ID))
				d := ds[len(ds)-1]
				_, jws, err := e.signer.SignLogout(t.Context(), s, d)
				if err != nil {
					t.Fatal(err)
				}
				e.golden(filepath.Join("logout", name), jws, d)
			}
		})
	})
	t.Run("every event type of identity has one", func(t *testing.T) {
		covered := make(map[secevent.EventType]bool)
		for _, g := range goldenEvents() {
			covered[g.event.EventType()] = true
		}
		for _, typ := range identity.EventTypes() {
			if !covered[typ] {
				t.Errorf("%s has no golden file; add it to goldenEvents", typ)
			}
		}
	})
	t.Run("no file is left over", func(t *testing.T) {
		names := slices.Sorted(maps.Keys(goldenEvents()))
		for _, format := range formats {
			files, err := os.ReadDir(filepath.Join("testdata", "golden", string(format)))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if name := strings.TrimSuffix(f.Name(), ".json"); !slices.Contains(names, name) {
					t.Errorf("%s/%s belongs to no row of goldenEvents", format, f.Name())
				}
			}
		}
	})
}

// append records an event with a txn that does not change, and fans it out.
func (e *env) append(g goldenEvent) {
	e.t.Helper()
	if err := g.event.Validate(); err != nil {
		e.t.Fatal(err)
	}
	payload, err := json.Marshal(g.event)
	if err != nil {
		e.t.Fatal(err)
	}
	e.update(func(tx idp.Tx) error {
		return tx.AppendSignal(&idp.Signal{Txn: "0190e7c4-txn", Type: g.event.EventType(), Event: payload, Principal: g.about})
	})
	e.fanOut()
}

// golden compares header and claims of a token with a file.
func (e *env) golden(name, jws string, d idp.Delivery) {
	e.t.Helper()
	parts := strings.Split(jws, ".")
	var got struct {
		Header map[string]string          `json:"header"`
		Claims map[string]json.RawMessage `json:"claims"`
	}
	for i, into := range []any{&got.Header, &got.Claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			e.t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			e.t.Fatal(err)
		}
	}
	if want, err := json.Marshal(e.jti(d)); err != nil || !bytes.Equal(got.Claims["jti"], want) {
		e.t.Errorf("%s: jti = %s, want %s", name, got.Claims["jti"], want)
	}
	delete(got.Claims, "jti")
	delete(got.Header, "kid")
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		e.t.Fatal(err)
	}
	file := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			e.t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			e.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		e.t.Fatal(err)
	}
	read := func(text []byte) any { return decode[any](answer{t: e.t, body: string(text)}) }
	if diff := cmp.Diff(read(want), read(text)); diff != "" {
		e.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
