// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
)

// FuzzParse checks that any text is parsed or refused with a code, and that
// what is parsed can be written and read again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no vectors to start from: %v", err)
	}
	for _, file := range files {
		f.Add(readVector(f, file).token)
	}
	f.Fuzz(func(t *testing.T, compact string) {
		set, _, err := secevent.Parse(compact)
		if err != nil {
			var e *secevent.Error
			if !errors.As(err, &e) || e.Code == "" {
				t.Fatalf("Parse(%q) = %v, want a *secevent.Error", compact, err)
			}
			return
		}
		checkRoundTrip(t, set)
	})
}

// FuzzParseClaims is FuzzParse without the base64url in the way.
func FuzzParseClaims(f *testing.F) {
	for _, d := range vectors() {
		f.Add([]byte(d.claims))
	}
	header := b64(rsHeader)
	f.Fuzz(func(t *testing.T, claims []byte) {
		set, _, err := secevent.Parse(header + "." + base64.RawURLEncoding.EncodeToString(claims) + ".AAAA")
		if err == nil {
			checkRoundTrip(t, set)
		}
	})
}

func checkRoundTrip(t *testing.T, set *secevent.Token) {
	t.Helper()
	claims, err := set.MarshalJSON()
	if err != nil {
		t.Fatalf("MarshalJSON(%+v) = %v", set, err)
	}
	if !json.Valid(claims) {
		t.Fatalf("MarshalJSON(%+v) = %s, which is no JSON", set, claims)
	}
	again, _, err := secevent.Parse(b64(rsHeader) + "." + b64(string(claims)) + ".AAAA")
	if err != nil {
		t.Fatalf("Parse(%s) = %v", claims, err)
	}
	second, err := again.MarshalJSON()
	if err != nil || string(second) != string(claims) {
		t.Fatalf("encoded again: %s, %v, want %s", second, err, claims)
	}
}

// FuzzParseJWKS checks that a key set from outside cannot break the reader,
// and that its keys can be published again.
func FuzzParseJWKS(f *testing.F) {
	document, err := os.ReadFile(filepath.Join("testdata", "jwks.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(document)
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"},null,5]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := secevent.ParseJWKS(data)
		if err != nil {
			return
		}
		for _, key := range keys {
			if key.ID == "" || key.Algorithm == "" {
				continue
			}
			if _, err := secevent.JWKS(key); err != nil {
				t.Fatalf("JWKS(%+v) = %v", key, err)
			}
		}
	})
}

// FuzzParseError checks that what a Receiver answers can be kept and shown.
func FuzzParseError(f *testing.F) {
	f.Add([]byte(`{"err":"invalid_key","description":"x"}`))
	f.Add([]byte(`{"err":5}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := secevent.ParseError(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(e)
		if err != nil || e.Code == "" {
			t.Fatalf("ParseError(%q) = %+v, whose JSON is %s, %v", data, e, text, err)
		}
	})
}
