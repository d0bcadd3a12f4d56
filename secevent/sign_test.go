// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"crypto"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

const (
	issuer         = "https://idp.example.com/ssf/default"
	audience       = "https://receiver.example.com"
	sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
)

func token() *secevent.Token {
	return &secevent.Token{
		Issuer:   issuer,
		Audience: secevent.Audience{audience},
		ID:       "01J9ZK7W",
		IssuedAt: time.Unix(1700000000, 0).UTC(),
		Txn:      "txn-1",
		Subject:  subject.Email("user@example.com"),
		Events: map[secevent.EventType]json.RawMessage{
			sessionRevoked: json.RawMessage(`{"event_timestamp":1700000000}`),
		},
	}
}

func verifier(t testing.TB) *secevent.Verifier {
	t.Helper()
	return &secevent.Verifier{
		Issuer:   issuer,
		Audience: secevent.Audience{audience},
		Keys:     jwks(t),
	}
}

// TestSign signs by hand and verifies with go-jose, so that each checks the
// other.
func TestSign(t *testing.T) {
	for _, alg := range secevent.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			set, err := token().Sign(signer(t, alg))
			if err != nil {
				t.Fatal(err)
			}
			got, err := verifier(t).Verify(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(token(), got); diff != "" {
				t.Errorf("Verify(Sign(token)) differs (-want +got):\n%s", diff)
			}
			_, header, err := secevent.Parse(set)
			want := secevent.Header{Algorithm: alg, KeyID: keyName(alg), Type: "secevent+jwt"}
			if err != nil || header != want {
				t.Errorf("header = %+v, %v, want %+v", header, err, want)
			}
		})
	}
}

func TestSignTyped(t *testing.T) {
	jwt, err := signer(t, secevent.ES256).SignTyped("logout+jwt", []byte(`{"iss":"`+issuer+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	var e *secevent.Error
	if _, _, err := secevent.Parse(jwt); !errors.As(err, &e) || e.Code != secevent.InvalidRequest {
		t.Errorf("Parse(logout token) = %v, want invalid_request: it must not pass for a SET", err)
	}
}

func TestNewSigner(t *testing.T) {
	for _, test := range []struct {
		name  string
		key   string
		keyID string
		alg   secevent.Algorithm
		ok    bool
	}{
		{"RSA for RS256", "rs256", "k", secevent.RS256, true},
		{"RSA for PS256", "rs256", "k", secevent.PS256, true},
		{"RSA of 1024 bits", "small", "k", secevent.RS256, false},
		{"RSA for ES256", "rs256", "k", secevent.ES256, false},
		{"P-256 for ES384", "es256", "k", secevent.ES384, false},
		{"P-384 for ES256", "es384", "k", secevent.ES256, false},
		{"Ed25519 for RS256", "eddsa", "k", secevent.RS256, false},
		{"P-256 for EdDSA", "es256", "k", secevent.EdDSA, false},
		{"none", "rs256", "k", "none", false},
		{"HS256", "rs256", "k", "HS256", false},
		{"no algorithm", "rs256", "k", "", false},
		{"no key id", "rs256", "", secevent.RS256, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := secevent.NewSigner(privateKey(t, test.key), test.keyID, test.alg)
			if ok := err == nil; ok != test.ok {
				t.Errorf("NewSigner(%s, %q, %q) = %v, want ok %t", test.key, test.keyID, test.alg, err, test.ok)
			}
		})
	}
	t.Run("no key", func(t *testing.T) {
		if _, err := secevent.NewSigner(crypto.Signer(nil), "k", secevent.RS256); err == nil {
			t.Error("NewSigner(nil) succeeds, want an error")
		}
	})
}

// brokenKey is a key whose signatures are the given bytes or error.
type brokenKey struct {
	crypto.Signer
	sig []byte
	err error
}

func (k brokenKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return k.sig, k.err }

func TestSignBrokenKey(t *testing.T) {
	asn := func(r, s *big.Int) []byte {
		text, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	one, huge := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	down := errors.New("key store is down")
	for name, key := range map[string]brokenKey{
		"error":         {err: down},
		"nothing":       {},
		"no ASN.1":      {sig: make([]byte, 64)},
		"r too large":   {sig: asn(huge, one)},
		"s too large":   {sig: asn(one, huge)},
		"negative r":    {sig: asn(big.NewInt(-1), one)},
		"negative s":    {sig: asn(one, big.NewInt(-1))},
		"trailing byte": {sig: append(asn(one, one), 0)},
	} {
		t.Run(name, func(t *testing.T) {
			key.Signer = privateKey(t, "es256")
			s, err := secevent.NewSigner(key, "k", secevent.ES256)
			if err != nil {
				t.Fatal(err)
			}
			set, err := s.Sign([]byte(`{}`))
			if err == nil || key.err != nil && !errors.Is(err, key.err) {
				t.Errorf("Sign = %q, %v, want an error", set, err)
			}
		})
	}
	t.Run("short numbers are padded", func(t *testing.T) {
		s, err := secevent.NewSigner(brokenKey{Signer: privateKey(t, "es256"), sig: asn(one, one)}, "k", secevent.ES256)
		if err != nil {
			t.Fatal(err)
		}
		set, err := s.Sign([]byte(`{}`))
		want := b64(strings.Repeat("\x00", 31) + "\x01" + strings.Repeat("\x00", 31) + "\x01")
		if err != nil || !strings.HasSuffix(set, "."+want) {
			t.Errorf("Sign = %q, %v, want the signature %q", set, err, want)
		}
	})
}

func TestTokenSign(t *testing.T) {
	for name, spoil := range map[string]func(*secevent.Token){
		"no issuer":       func(t *secevent.Token) { t.Issuer = "" },
		"no audience":     func(t *secevent.Token) { t.Audience = nil },
		"empty audience":  func(t *secevent.Token) { t.Audience = secevent.Audience{"a", ""} },
		"no id":           func(t *secevent.Token) { t.ID = "" },
		"no time":         func(t *secevent.Token) { t.IssuedAt = time.Time{} },
		"no subject":      func(t *secevent.Token) { t.Subject = nil },
		"invalid subject": func(t *secevent.Token) { t.Subject = subject.PhoneNumber("12") },
		"no event":        func(t *secevent.Token) { t.Events = nil },
		"two events":      func(t *secevent.Token) { t.Events["urn:other"] = json.RawMessage(`{}`) },
		"event null":      func(t *secevent.Token) { t.Events[sessionRevoked] = nil },
		"event no object": func(t *secevent.Token) { t.Events[sessionRevoked] = json.RawMessage(`[]`) },
		"event no JSON":   func(t *secevent.Token) { t.Events[sessionRevoked] = json.RawMessage(`{`) },
		"event no URI": func(t *secevent.Token) {
			t.Events = map[secevent.EventType]json.RawMessage{"session-revoked": json.RawMessage(`{}`)}
		},
		"exp":        func(t *secevent.Token) { t.Extra = map[string]json.RawMessage{"exp": json.RawMessage(`1`)} },
		"sub":        func(t *secevent.Token) { t.Extra = map[string]json.RawMessage{"sub": json.RawMessage(`"x"`)} },
		"second iss": func(t *secevent.Token) { t.Extra = map[string]json.RawMessage{"iss": json.RawMessage(`"x"`)} },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			bad := token()
			spoil(bad)
			if set, err := bad.Sign(signer(t, secevent.EdDSA)); err == nil {
				t.Errorf("Sign = %s, want an error", set)
			}
		})
	}
}
