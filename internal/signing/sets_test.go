// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

func jtiKey(last byte) idp.Secret {
	raw := make([]byte, 16)
	raw[15] = last
	return idp.NewSecret(base64.RawURLEncoding.EncodeToString(raw))
}

func newSETs(t *testing.T, keys *signing.Keys) *signing.SETs {
	t.Helper()
	sets, err := signing.NewSETs(signing.SETsConfig{Keys: keys, BaseURL: "https://id.example.com", JTIKey: jtiKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

func TestNewSETsRefuses(t *testing.T) {
	keys := signing.New(signing.Config{})
	for name, c := range map[string]signing.SETsConfig{
		"no keys":       {BaseURL: "https://id.example.com", JTIKey: jtiKey(1)},
		"no base URL":   {Keys: keys, JTIKey: jtiKey(1)},
		"no jti key":    {Keys: keys, BaseURL: "https://id.example.com"},
		"short jti key": {Keys: keys, BaseURL: "https://id.example.com", JTIKey: idp.NewSecret("AAAA")},
	} {
		if _, err := signing.NewSETs(c); err == nil {
			t.Errorf("NewSETs with %s = nil error", name)
		}
	}
}

func TestSign(t *testing.T) {
	inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
		sets := newSETs(t, keys)
		p := idp.SSFProvider{Slug: "atlas", SigningKeyID: db.key.ID}
		stream := idp.Stream{Num: 7, Audience: secevent.Audience{"https://atlas.example.com"}}
		d := idp.Delivery{
			Stream: 7, Seq: 42, IssuedAt: 946684800, Txn: "a-txn",
			Payload: json.RawMessage(`{"sub_id":{"format":"opaque","id":"x"},"events":{"https://example.com/e":{}}}`),
		}
		kid, jws, err := sets.Sign(t.Context(), p, stream, d)
		if err != nil {
			t.Fatal(err)
		}
		if kid != db.key.Versions[0].KID {
			t.Errorf("kid = %s, want %s", kid, db.key.Versions[0].KID)
		}
		raw, err := keys.JWKS(t.Context(), db.key.ID)
		if err != nil {
			t.Fatal(err)
		}
		set, err := secevent.ParseJWKS(raw)
		if err != nil {
			t.Fatal(err)
		}
		verifier := &secevent.Verifier{
			Issuer: "https://id.example.com/ssf/atlas", Audience: stream.Audience,
			Algorithms: []secevent.Algorithm{secevent.ES256}, Keys: set,
		}
		token, err := verifier.Verify(t.Context(), jws)
		if err != nil {
			t.Fatal(err)
		}
		if token.ID != sets.JTI(7, 42) || token.Txn != "a-txn" || token.IssuedAt.Unix() != 946684800 || token.Type() != "https://example.com/e" {
			t.Errorf("SET = %+v, want jti %s, txn a-txn, iat 946684800", token, sets.JTI(7, 42))
		}
		if !subject.Equal(token.Subject, subject.Opaque("x")) {
			t.Errorf("sub_id = %v, want opaque x", token.Subject)
		}
		for range 10 {
			if _, _, err := sets.Sign(t.Context(), p, stream, d); err != nil {
				t.Fatal(err)
			}
		}
		if db.reads != 1 {
			t.Errorf("read the key %d times for 11 SETs, want 1", db.reads)
		}
	})
}

func TestJTI(t *testing.T) {
	sets := newSETs(t, signing.New(signing.Config{}))
	seen := make(map[string]string)
	for _, num := range []idp.StreamNum{1, 2, 1 << 40, 1<<63 - 1} {
		for _, seq := range []int64{1, 2, 3, 1 << 40, 1<<63 - 1} {
			place, jti := fmt.Sprint(num, "/", seq), sets.JTI(num, seq)
			if other, ok := seen[jti]; ok {
				t.Errorf("JTI of %s is that of %s", place, other)
			}
			seen[jti] = place
			if len(jti) != 22 {
				t.Errorf("JTI(%s) = %q, want 22 characters", place, jti)
			}
			gotNum, gotSeq, ok := sets.ParseJTI(jti)
			if !ok || gotNum != num || gotSeq != seq {
				t.Errorf("ParseJTI(JTI(%s)) = %d, %d, %t", place, gotNum, gotSeq, ok)
			}
		}
	}
}

func TestParseJTIRefuses(t *testing.T) {
	sets := newSETs(t, signing.New(signing.Config{}))
	good := sets.JTI(1, 1)
	for _, jti := range []string{
		"", "x", good[:21], good + "A", good + "=", " " + good, "not base64 at all!!!!!", sets.JTI(0, 1), sets.JTI(1, 0),
	} {
		if num, seq, ok := sets.ParseJTI(jti); ok {
			t.Errorf("ParseJTI(%q) = %d, %d, want it refused", jti, num, seq)
		}
	}
	// One bit away, and under another key, the place is another one.
	other, err := signing.NewSETs(signing.SETsConfig{Keys: signing.New(signing.Config{}), BaseURL: "https://x", JTIKey: jtiKey(2)})
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(good)
	flipped[3] ^= 1
	for _, forged := range []string{other.JTI(1, 1), string(flipped)} {
		if num, seq, ok := sets.ParseJTI(forged); ok && num == 1 {
			t.Errorf("ParseJTI of a forged jti = %d, %d, want another stream", num, seq)
		}
	}
}

func FuzzParseJTI(f *testing.F) {
	sets, err := signing.NewSETs(signing.SETsConfig{Keys: signing.New(signing.Config{}), BaseURL: "https://x", JTIKey: jtiKey(1)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sets.JTI(1, 1))
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, jti string) {
		num, seq, ok := sets.ParseJTI(jti)
		if ok && sets.JTI(num, seq) != jti {
			t.Errorf("ParseJTI(%q) = %d, %d, whose JTI is %q", jti, num, seq, sets.JTI(num, seq))
		}
	})
}

func TestBootstrap(t *testing.T) {
	db := openDB(t)
	first, err := signing.Bootstrap(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	again, err := signing.Bootstrap(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if again.OIDCKey != first.OIDCKey || !again.JTIKey.Equal(first.JTIKey) {
		t.Error("second Bootstrap made other secrets")
	}
	keys := signing.New(signing.Config{DB: db})
	if _, err := signing.NewSETs(signing.SETsConfig{Keys: keys, BaseURL: "https://x", JTIKey: first.JTIKey}); err != nil {
		t.Error(err)
	}
	signer, err := keys.Signer(t.Context(), first.OIDCKey)
	if err != nil {
		t.Fatal(err)
	}
	if signer.Algorithm() != secevent.RS256 {
		t.Errorf("OpenID Connect key signs with %s, want RS256", signer.Algorithm())
	}
	update(t, db, func(tx idp.Tx) error {
		if err := signing.Deletable(tx, first.OIDCKey); err == nil {
			t.Error("Deletable(OpenID Connect key) = nil, want ErrConflict")
		}
		return signing.Deletable(tx, "another")
	})
}
