// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

func withFormat(f subject.Format) option {
	return func(_ *transmitter.Config, p *idp.SSFProvider) { p.SubjectFormat = f }
}

// told is the sub_id of the one SET that a new poll stream gets about p.
func (e *env) told(typ secevent.EventType, p idp.Principal) subject.Identifier {
	e.t.Helper()
	s := e.createPoll()
	e.signal(typ, p)
	e.fanOut()
	sets := e.poll(s, nil)
	if len(sets) != 1 {
		e.t.Fatalf("%d SETs, want 1", len(sets))
	}
	e.do("DELETE", "streams?stream_id="+s.ID, manage, nil).want(http.StatusNoContent)
	return sets[0].Subject
}

// TestSubjectFormat is SSF §10.1: users are named in the provider's format, in
// simple and in complex subjects.
func TestSubjectFormat(t *testing.T) {
	issSub := subject.IssSub{Issuer: base, Subject: "ada"}
	opaque, email := subject.Opaque("ada"), subject.Email("ada@example.com")
	for _, c := range []struct {
		format  subject.Format
		user    subject.Identifier
		without subject.Identifier // the user has no address
	}{
		{"", issSub, issSub},
		{subject.FormatIssSub, issSub, issSub},
		{subject.FormatOpaque, opaque, opaque},
		{subject.FormatEmail, email, issSub},
		{subject.FormatAliases, subject.Aliases{issSub, email, opaque}, subject.Aliases{issSub, opaque}},
	} {
		t.Run("format "+string(c.format), func(t *testing.T) {
			e := newEnv(t, withFormat(c.format))
			for _, row := range []struct {
				name string
				typ  secevent.EventType
				p    idp.Principal
				want subject.Identifier
			}{
				{"a user", caep.TypeCredentialChange, idp.Principal{UserID: "ada", Email: "ada@example.com"}, c.user},
				{"a session", caep.TypeSessionRevoked, ada, subject.Complex{"user": c.user, "session": subject.Opaque("s1")}},
				{"a user without an address", caep.TypeCredentialChange, idp.Principal{UserID: "ada"}, c.without},
				{"a session of one", caep.TypeSessionRevoked, idp.Principal{UserID: "ada", SessionID: "s1"},
					subject.Complex{"user": c.without, "session": subject.Opaque("s1")}},
				// An address that no SET may have is none.
				{"an address that is no addr-spec", caep.TypeCredentialChange, idp.Principal{UserID: "ada", Email: "ada"}, c.without},
				// RISC §2.5: whatever the format.
				{"an address that changed", risc.TypeIdentifierChanged, idp.Principal{UserID: "ada", Email: "ada@example.com"}, email},
			} {
				if got := e.told(row.typ, row.p); !cmp.Equal(got, row.want) {
					t.Errorf("%s: sub_id = %v, want %v", row.name, got, row.want)
				}
			}
		})
	}
	// One signal, two ways of saying it, in one batch.
	t.Run("each provider has its own", func(t *testing.T) {
		e := newEnv(t, withFormat(subject.FormatOpaque))
		second := newProvider("second", e.app.ID, e.provider.SigningKeyID)
		second.SubjectFormat = subject.FormatEmail
		e.update(func(tx idp.Tx) error { return tx.CreateSSFProvider(second) })
		a := e.createPoll()
		b := decode[ssf.Stream](e.do("POST", "/ssf/second/streams", manage, object{}).want(http.StatusCreated))
		e.signal(caep.TypeCredentialChange, ada)
		e.fanOut()
		for id, want := range map[string]subject.Identifier{
			a.ID: subject.Complex{"user": opaque, "session": subject.Opaque("s1")},
			b.ID: subject.Complex{"user": email, "session": subject.Opaque("s1")},
		} {
			ds := e.deliveries(id)
			if len(ds) != 1 {
				t.Fatalf("deliveries = %v, want 1", ds)
			}
			said := decode[struct {
				Subject json.RawMessage `json:"sub_id"`
			}](answer{t: t, body: string(ds[0].Payload)})
			if got, err := subject.Parse(said.Subject); err != nil || !cmp.Equal(got, want) {
				t.Errorf("sub_id = %v, %v, want %v", got, err, want)
			}
		}
	})
	// SSF §8.1.3.1: how a Receiver names a user does not depend on how we do.
	t.Run("subjects match as they were added", func(t *testing.T) {
		e := newEnv(t, withFormat(subject.FormatOpaque), func(_ *transmitter.Config, p *idp.SSFProvider) {
			p.DefaultSubjects = idp.SubjectsNone
		})
		for _, added := range []subject.Identifier{issSub, opaque, email, subject.Complex{"user": email}} {
			s := e.createPoll()
			e.add(s, added).want(http.StatusOK)
			if !e.gets(s, ada) || e.gets(s, idp.Principal{UserID: "bob"}) {
				t.Errorf("stream with %v does not get exactly the events about it", added)
			}
		}
	})
}

// TestSubjectFormatConsent is SSF §10.3.2: a sub_id does not tell an address
// that the user's ID token would not.
func TestSubjectFormatConsent(t *testing.T) {
	issSub, email := subject.IssSub{Issuer: base, Subject: "ada"}, subject.Email("ada@example.com")
	p := idp.Principal{UserID: "ada", Email: "ada@example.com"}
	for _, c := range []struct {
		name   string
		scopes []string
		want   subject.Identifier
	}{
		{"never asked", nil, issSub},
		{"address not released", []string{"openid", "profile"}, issSub},
		{"address released", []string{"openid", "email"}, email},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEnv(t, withFormat(subject.FormatEmail))
			e.update(func(tx idp.Tx) error { return askConsent(tx, e.app.ID, c.scopes) })
			if got := e.told(caep.TypeCredentialChange, p); !cmp.Equal(got, c.want) {
				t.Errorf("sub_id = %v, want %v", got, c.want)
			}
		})
	}
	t.Run("nobody signs in to the application", func(t *testing.T) {
		e := newEnv(t, withFormat(subject.FormatEmail), func(_ *transmitter.Config, p *idp.SSFProvider) {
			p.Audiences = []string{"atlas-client"}
		})
		e.update(func(tx idp.Tx) error {
			client, err := tx.OIDCProviderOf(e.app.ID)
			if err != nil {
				return err
			}
			return tx.DeleteOIDCProvider(client.ID)
		})
		if got := e.told(caep.TypeCredentialChange, p); !cmp.Equal(got, subject.Identifier(email)) {
			t.Errorf("sub_id = %v, want %v", got, email)
		}
	})
}
