// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// rawSET is a SET as it came, read without any code of ours.
type rawSET struct {
	header map[string]string
	claims map[string]json.RawMessage
	text   string // the claims
}

// TestSET reads what is on the wire: SETs of every kind, made the way that
// they are made in service.
func TestSET(t *testing.T) {
	e := newEnv(t)
	e.signWithRSA()
	s := e.createPoll()
	sets := e.oneOfEachKind(s)
	each := func(t *testing.T, check func(*testing.T, rawSET)) {
		t.Helper()
		for _, set := range sets {
			check(t, set)
		}
	}
	jwks, err := secevent.ParseJWKS([]byte(e.do("GET", "jwks.json", "", nil).want(http.StatusOK).body))
	if err != nil || len(jwks) != 1 {
		t.Fatalf("JWKS = %v, %v, want one key", jwks, err)
	}

	// SSF §4.1.1 #1, RFC 8417 §5.1 #1: poll has verified the signatures.
	t.Run("the header has the type and names a published key", func(t *testing.T) {
		want := map[string]string{"typ": "secevent+jwt", "alg": "RS256", "kid": jwks[0].ID}
		each(t, func(t *testing.T, set rawSET) {
			if diff := cmp.Diff(want, set.header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	})
	// CAEP Interop §2.6 #1.
	t.Run("the key is RSA with at least 2048 bits", func(t *testing.T) {
		if public, ok := jwks[0].Public.(*rsa.PublicKey); !ok || public.N.BitLen() < 2048 {
			t.Errorf("key = %T, want RSA with 2048 bits or more", jwks[0].Public)
		}
	})
	// SSF §4.1.2 #1, §4.1.7 #1 and RFC 8417 §2.2 #1: these claims, and so
	// neither sub nor exp.
	t.Run("has the claims that it has to have and no other", func(t *testing.T) {
		want := []string{"aud", "events", "iat", "iss", "jti", "sub_id", "txn"}
		each(t, func(t *testing.T, set rawSET) {
			if got := slices.Sorted(maps.Keys(set.claims)); !slices.Equal(got, want) {
				t.Errorf("claims = %v, want %v", got, want)
			}
		})
	})
	// SSF §7.2.4 #3, §4.1.6 #1.
	t.Run("the issuer is that of the metadata and of the stream", func(t *testing.T) {
		issuer := decode[ssf.Metadata](e.do("GET", metadataPath, "", nil)).Issuer
		each(t, func(t *testing.T, set rawSET) {
			if got := string(set.claims["iss"]); got != `"`+issuer+`"` || s.Issuer != issuer {
				t.Errorf("iss = %s, metadata has %q and the stream %q", got, issuer, s.Issuer)
			}
		})
	})
	// RFC 8417 §2 #1, SSF §4.2.1 #1, CAEP Interop §2.8.1 #1.
	t.Run("events is an object with exactly one, itself an object", func(t *testing.T) {
		each(t, func(t *testing.T, set rawSET) {
			var events map[string]map[string]any
			if err := json.Unmarshal(set.claims["events"], &events); err != nil || len(events) != 1 {
				t.Errorf("events = %s, %v", set.claims["events"], err)
			}
			for _, event := range events {
				if event == nil {
					t.Errorf("events = %s, want an object as the event", set.claims["events"])
				}
			}
		})
	})
	// RFC 8417 §2.2 #1.
	t.Run("each has a jti of its own and a time that has passed", func(t *testing.T) {
		seen := make(map[string]bool)
		each(t, func(t *testing.T, set rawSET) {
			var jti string
			var iat int64
			if err := errors.Join(json.Unmarshal(set.claims["jti"], &jti), json.Unmarshal(set.claims["iat"], &iat)); err != nil {
				t.Error(err)
			}
			if jti == "" || seen[jti] || iat > time.Now().Unix() || iat < time.Now().Add(-time.Hour).Unix() {
				t.Errorf("jti %q (seen before: %v), iat %d", jti, seen[jti], iat)
			}
			seen[jti] = true
		})
	})
	// RISC §3 #1.
	t.Run("subjects have a format and no subject_type", func(t *testing.T) {
		each(t, func(t *testing.T, set rawSET) {
			if !strings.HasPrefix(string(set.claims["sub_id"]), `{"format":`) || strings.Contains(set.text, "subject_type") {
				t.Errorf("claims = %s", set.text)
			}
		})
	})
}

// TestAddressEvents: what happens to an address is told about the address, as
// it was (RISC §2.5, RISC §2.6).
func TestAddressEvents(t *testing.T) {
	for _, typ := range []secevent.EventType{risc.TypeIdentifierChanged, risc.TypeIdentifierRecycled} {
		e := newEnv(t, func(_ *transmitter.Config, p *idp.SSFProvider) { p.EventTypes = []secevent.EventType{typ} })
		s := e.createPoll()
		e.signal(typ, idp.Principal{UserID: "ada", Email: "old@example.com", SessionID: "s1"})
		e.fanOut()
		sets := e.poll(s, nil)
		if len(sets) != 1 || sets[0].Type() != typ || !cmp.Equal(sets[0].Subject, subject.Identifier(subject.Email("old@example.com"))) {
			t.Errorf("SETs of %s = %+v, want one about the address", typ, sets)
		}
	}
}

// signWithRSA gives the provider the kind of key that CAEP Interop §2.6 asks
// for, of the size that a new one has.
func (e *env) signWithRSA() {
	e.t.Helper()
	key, err := signing.Generate("RSA", secevent.RS256)
	if err != nil {
		e.t.Fatal(err)
	}
	e.provider.SigningKeyID = key.ID
	e.update(func(tx idp.Tx) error { return errors.Join(tx.CreateSigningKey(key), tx.UpdateSSFProvider(e.provider)) })
}

// oneOfEachKind polls a SET about a user, about a session and about an
// address, a verification and a stream-updated.
func (e *env) oneOfEachKind(s ssf.Stream) []rawSET {
	e.t.Helper()
	e.signal(caep.TypeCredentialChange, idp.Principal{UserID: "ada"})
	e.signal(caep.TypeSessionRevoked, idp.Principal{UserID: "bob", SessionID: "s1"})
	e.signal(risc.TypeIdentifierChanged, idp.Principal{UserID: "cyd", Email: "old@example.com"})
	e.verify(s, "state").want(http.StatusNoContent)
	a := e.do("POST", pollPath(s), read, object{"returnImmediately": true})
	first, _ := e.sets(a)
	e.setAs(admin, s, idp.StreamPaused, "audit")
	b := e.do("POST", pollPath(s), read, object{"returnImmediately": true, "ack": ids(first)})
	last, _ := e.sets(b)
	if len(first) != 4 || len(last) != 1 {
		e.t.Fatalf("%d and %d SETs, want 4 and 1", len(first), len(last))
	}
	return append(rawSETs(e.t, a), rawSETs(e.t, b)...)
}

func rawSETs(t testing.TB, a answer) []rawSET {
	t.Helper()
	var list []rawSET
	for _, jws := range decode[struct{ Sets map[string]string }](a).Sets {
		parts := strings.Split(jws, ".")
		if len(parts) != 3 {
			t.Fatalf("SET %s has %d parts", jws, len(parts))
		}
		var set rawSET
		header, err := base64.RawURLEncoding.DecodeString(parts[0])
		claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
		set.text = string(bytes.TrimSpace(claims))
		if err := errors.Join(err, err2, json.Unmarshal(header, &set.header), json.Unmarshal(claims, &set.claims)); err != nil {
			t.Fatal(err)
		}
		list = append(list, set)
	}
	return list
}
