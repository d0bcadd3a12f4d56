// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/tocsin-id/tocsin/secevent"
)

// privateKey reads a test key. The key files are named after the algorithm
// that they are for; "other" is an RSA key of another issuer and "small" has
// 1024 bits.
func privateKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("%s.pem holds no PEM block", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// keyName returns the name of the test key for an algorithm.
func keyName(alg secevent.Algorithm) string {
	return map[secevent.Algorithm]string{
		secevent.RS256: "rs256", secevent.PS256: "ps256",
		secevent.ES256: "es256", secevent.ES384: "es384", secevent.EdDSA: "eddsa",
	}[alg]
}

func signer(t testing.TB, alg secevent.Algorithm) *secevent.Signer {
	t.Helper()
	s, err := secevent.NewSigner(privateKey(t, keyName(alg)), keyName(alg), alg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// jwks returns the test issuer's keys as a Receiver reads them.
func jwks(t testing.TB) secevent.KeySet {
	t.Helper()
	var keys []secevent.Key
	for _, alg := range secevent.Algorithms() {
		keys = append(keys, signer(t, alg).Key())
	}
	document, err := secevent.JWKS(keys...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := secevent.ParseJWKS(document)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestJWKS(t *testing.T) {
	t.Run("publishes what a Receiver needs", func(t *testing.T) {
		document, err := secevent.JWKS(signer(t, secevent.ES256).Key())
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Keys []map[string]string }
		if err := json.Unmarshal(document, &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Keys) != 1 {
			t.Fatalf("JWKS = %s, want one key", document)
		}
		want := map[string]string{
			"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "es256",
		}
		for name, value := range want {
			if got.Keys[0][name] != value {
				t.Errorf("%s = %q, want %q", name, got.Keys[0][name], value)
			}
		}
		if _, ok := got.Keys[0]["d"]; ok {
			t.Error("JWKS holds the private key")
		}
	})
	t.Run("is an empty array without keys", func(t *testing.T) {
		document, err := secevent.JWKS()
		if got, want := string(document), `{"keys":[]}`; err != nil || got != want {
			t.Errorf("JWKS() = %s, %v, want %s", got, err, want)
		}
	})
	t.Run("refuses what must not be published", func(t *testing.T) {
		private := privateKey(t, "rs256")
		for name, key := range map[string]secevent.Key{
			"private key":   {ID: "k", Algorithm: secevent.RS256, Public: private},
			"no id":         {Algorithm: secevent.RS256, Public: private.Public()},
			"no algorithm":  {ID: "k", Public: private.Public()},
			"wrong key":     {ID: "k", Algorithm: secevent.EdDSA, Public: private.Public()},
			"short RSA key": {ID: "k", Algorithm: secevent.RS256, Public: privateKey(t, "small").Public()},
		} {
			if document, err := secevent.JWKS(key); err == nil {
				t.Errorf("JWKS(%s) = %s, want an error", name, document)
			}
		}
	})
}

func TestParseJWKS(t *testing.T) {
	t.Run("passes over keys it cannot use", func(t *testing.T) {
		one, err := secevent.JWKS(signer(t, secevent.EdDSA).Key())
		if err != nil {
			t.Fatal(err)
		}
		encryption := strings.Replace(string(one), `"use":"sig"`, `"use":"enc"`, 1)
		if set, err := secevent.ParseJWKS([]byte(encryption)); err != nil || len(set) != 0 {
			t.Errorf("ParseJWKS(%s) = %v, %v, want no key", encryption, set, err)
		}
		private, err := json.Marshal(jose.JSONWebKey{Key: privateKey(t, "es256"), KeyID: "private"})
		if err != nil {
			t.Fatal(err)
		}
		good := string(one[len(`{"keys":[`) : len(one)-len(`]}`)])
		set, err := secevent.ParseJWKS([]byte(`{"keys":[
			{"kty":"oct","k":"c2VjcmV0","kid":"shared"},
			{"kty":"AKP","kid":"new","alg":"ML-DSA-44"},
			{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"tiny"},
			{"kty":"EC","crv":"P-256","kid":"no point"},
			7, null, "key", ` + string(private) + `, ` + good + `]}`))
		if err != nil || len(set) != 1 || set[0].ID != "eddsa" {
			t.Errorf("ParseJWKS = %v, %v, want the key eddsa only", set, err)
		}
	})
	t.Run("refuses other documents", func(t *testing.T) {
		for _, document := range []string{``, `null`, `[]`, `{}`, `{"keys":null}`, `{"keys":{}}`, `<html>`} {
			if set, err := secevent.ParseJWKS([]byte(document)); err == nil {
				t.Errorf("ParseJWKS(%q) = %v, want an error", document, set)
			}
		}
	})
}
