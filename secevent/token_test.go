// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// login is an event of our own.
type login struct {
	Count int `json:"count"`
}

func (login) EventType() secevent.EventType { return "urn:example:login" }

func (l login) Validate() error {
	if l.Count < 0 {
		return errors.New("count must not be negative")
	}
	return nil
}

// text is an event whose JSON is no object.
type text string

func (text) EventType() secevent.EventType { return "urn:example:text" }
func (text) Validate() error               { return nil }

func TestPayload(t *testing.T) {
	t.Run("is a part of the claims", func(t *testing.T) {
		got, err := secevent.Payload(subject.Opaque("7"), login{Count: 1})
		want := `{"sub_id":{"format":"opaque","id":"7"},"events":{"urn:example:login":{"count":1}}}`
		if err != nil || string(got) != want {
			t.Errorf("Payload = %s, %v, want %s", got, err, want)
		}
	})
	t.Run("refuses what a Receiver would refuse", func(t *testing.T) {
		for name, test := range map[string]struct {
			sub subject.Identifier
			ev  secevent.Event
		}{
			"no subject":       {nil, login{}},
			"invalid subject":  {subject.Email("bob"), login{}},
			"invalid event":    {subject.Opaque("7"), login{Count: -1}},
			"event no object":  {subject.Opaque("7"), text("x")},
			"malformed member": {subject.Complex{"user": nil}, login{}},
		} {
			if got, err := secevent.Payload(test.sub, test.ev); err == nil {
				t.Errorf("Payload(%s) = %s, want an error", name, got)
			}
		}
	})
}

// TestEnvelope checks that the fast path and Token have the same bytes.
func TestEnvelope(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*secevent.Token)
	}{
		{"one audience", func(*secevent.Token) {}},
		{"two audiences", func(t *secevent.Token) { t.Audience = secevent.Audience{"a", "b"} }},
		{"no txn", func(t *secevent.Token) { t.Txn = "" }},
		{"quotes", func(t *secevent.Token) { t.ID = `"\<&>` + "\x00\u2028ü\xff" }},
		{"a part of a second", func(t *secevent.Token) { t.IssuedAt = time.Unix(1700000000, 999999999) }},
		{"nothing", func(t *secevent.Token) { *t = secevent.Token{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := token()
			test.edit(set)
			payload, err := (&secevent.Token{Subject: set.Subject, Events: set.Events}).MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			env := secevent.Envelope{
				Issuer: set.Issuer, Audience: set.Audience, ID: set.ID, Txn: set.Txn, Payload: payload,
			}
			if !set.IssuedAt.IsZero() {
				env.IssuedAt = set.IssuedAt.Unix()
			}
			want, err := json.Marshal(set)
			if err != nil {
				t.Fatal(err)
			}
			if got := env.AppendJSON([]byte("x")); string(got) != "x"+string(want) {
				t.Errorf("AppendJSON = %s, want x%s", got, want)
			}
		})
	}
	t.Run("keeps the order of claims", func(t *testing.T) {
		set := token()
		set.TimeOfEvent = time.Unix(1699999999, 0)
		set.Extra = map[string]json.RawMessage{"z": json.RawMessage(`1`), "a": json.RawMessage(` [ ] `)}
		got, err := json.Marshal(set)
		want := `{"iss":"` + issuer + `","aud":"` + audience + `","jti":"01J9ZK7W","iat":1700000000,"txn":"txn-1",` +
			`"toe":1699999999,"sub_id":{"format":"email","email":"user@example.com"},` +
			`"events":{"` + sessionRevoked + `":{"event_timestamp":1700000000}},"a":[],"z":1}`
		if err != nil || string(got) != want {
			t.Errorf("Marshal = %s, %v, want %s", got, err, want)
		}
	})
}

func TestAudience(t *testing.T) {
	for _, test := range []struct {
		json string
		want secevent.Audience
	}{
		{`"a"`, secevent.Audience{"a"}},
		{`["a","b"]`, secevent.Audience{"a", "b"}},
		{`[]`, secevent.Audience{}},
	} {
		var got secevent.Audience
		if err := json.Unmarshal([]byte(test.json), &got); err != nil || !cmp.Equal(got, test.want) {
			t.Errorf("Unmarshal(%s) = %q, %v, want %q", test.json, got, err, test.want)
		}
		if text, err := json.Marshal(got); err != nil || string(text) != test.json {
			t.Errorf("Marshal(%q) = %s, %v, want %s", got, text, err, test.json)
		}
	}
	for _, bad := range []string{`null`, `5`, `{}`, `true`, `["a",null]`, `[["a"]]`} {
		var got secevent.Audience
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("Unmarshal(%s) = %q, want an error", bad, got)
		}
	}
}

func TestTokenEvent(t *testing.T) {
	set := token()
	typ, payload := set.Event()
	if typ != sessionRevoked || string(payload) != `{"event_timestamp":1700000000}` {
		t.Errorf("Event() = %q, %s, want the only event", typ, payload)
	}
	set.Events["urn:other"] = json.RawMessage(`{}`)
	if typ, payload := set.Event(); typ != "" || payload != nil {
		t.Errorf("Event() of two = %q, %s, want none", typ, payload)
	}
}

func TestCheckJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, good := range []string{
		`{}`, ` {"a":1,"b":{"a":[{"a":1},{"a":2}]},"A":0} `, deep(64), `{"a":"` + "\ufffd" + `"}`,
	} {
		if err := secevent.CheckJSON([]byte(good)); err != nil {
			t.Errorf("CheckJSON(%.60s) = %v, want nil", good, err)
		}
	}
	for _, bad := range []string{
		``, ` `, `null`, `[]`, `"a"`, `1`, `{`, `{}{}`, `{"a":1,}`, `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`,
		`{"x":{"a":1,"a":1}}`, `{"x":[[{"a":1,"a":1}]]}`, deep(65), `{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
		"{\"a\":\"\xff\"}", `{'a':1}`, `{"a":01}`, "\ufeff{}",
	} {
		if err := secevent.CheckJSON([]byte(bad)); err == nil {
			t.Errorf("CheckJSON(%.60s) = nil, want an error", bad)
		}
	}
}
