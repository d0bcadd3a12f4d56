// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

func TestGenerate(t *testing.T) {
	for _, alg := range secevent.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			key, err := signing.Generate("a key", alg)
			if err != nil {
				t.Fatal(err)
			}
			if len(key.Versions) != 1 || key.Algorithm != alg || key.ID == "" {
				t.Fatalf("Generate(%s) = %d versions for %s, want 1", alg, len(key.Versions), key.Algorithm)
			}
			v := key.Versions[0]
			if v.CreatedAt.IsZero() || !v.ActiveFrom.Equal(v.CreatedAt) {
				t.Errorf("Generate(%s): published %v, active %v, want the same instant", alg, v.CreatedAt, v.ActiveFrom)
			}
			checkVersion(t, alg, v)
		})
	}
}

// checkVersion verifies that the private and public half belong together, that
// both fit the algorithm and that the KID is the thumbprint.
func checkVersion(t *testing.T, alg secevent.Algorithm, v idp.KeyVersion) {
	t.Helper()
	private, err := x509.ParsePKCS8PrivateKey([]byte(v.Private.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(v.Public)
	if err != nil {
		t.Fatal(err)
	}
	signer := private.(crypto.Signer)
	if !signer.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(public) {
		t.Error("public key is not that of the private key")
	}
	if _, err := secevent.NewSigner(signer, v.KID, alg); err != nil {
		t.Errorf("NewSigner: %v", err)
	}
	thumb, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if want := base64.RawURLEncoding.EncodeToString(thumb); v.KID != want {
		t.Errorf("KID = %q, want %q", v.KID, want)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, c := range []struct {
		name, key string
		alg       secevent.Algorithm
		bits      int
		field     string
	}{
		{"no name", "", secevent.ES256, 2048, "name"},
		{"unknown algorithm", "k", "HS256", 2048, "algorithm"},
		{"small key", "k", secevent.RS256, 1024, "rsa_bits"},
		{"odd size", "k", secevent.RS256, 2047, "rsa_bits"},
		{"huge key", "k", secevent.RS256, 1 << 20, "rsa_bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := signing.GenerateRSA(c.key, c.alg, c.bits)
			wantInvalid(t, err, c.field)
		})
	}
}

func TestNextKeepsKind(t *testing.T) {
	key, err := signing.GenerateRSA("k", secevent.PS256, 3072)
	if err != nil {
		t.Fatal(err)
	}
	next, err := signing.Next(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(next.Public)
	if err != nil {
		t.Fatal(err)
	}
	if bits := public.(*rsa.PublicKey).N.BitLen(); bits != 3072 {
		t.Errorf("Next of a 3072 bit key has %d bits, want 3072", bits)
	}
	if next.KID == key.Versions[0].KID {
		t.Error("Next has the KID of the version before it")
	}

	curve, err := signing.Generate("k", secevent.ES384)
	if err != nil {
		t.Fatal(err)
	}
	next, err = signing.Next(curve)
	if err != nil {
		t.Fatal(err)
	}
	public, err = x509.ParsePKIXPublicKey(next.Public)
	if err != nil {
		t.Fatal(err)
	}
	if name := public.(*ecdsa.PublicKey).Params().Name; name != "P-384" {
		t.Errorf("Next of a P-384 key is on %s, want P-384", name)
	}
}

// wantInvalid fails unless err is an *idp.InvalidError about field.
func wantInvalid(t *testing.T, err error, field string) *idp.InvalidError {
	t.Helper()
	var invalid *idp.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != field {
		t.Fatalf("error = %v, want an InvalidError about %q", err, field)
	}
	return invalid
}
