// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// keys are made once: RSA keys are slow to make.
type testKeys struct {
	rsa2048    *rsa.PrivateKey
	p256, p384 *ecdsa.PrivateKey
	ed25519    ed25519.PrivateKey
}

func newTestKeys(t testing.TB) testKeys {
	t.Helper()
	var k testKeys
	var errs [4]error
	k.rsa2048, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.p256, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.p384, errs[2] = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, k.ed25519, errs[3] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("EC PRIVATE KEY", der)
}

func TestImportPEM(t *testing.T) {
	k := newTestKeys(t)
	pkcs1 := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.rsa2048))
	for _, c := range []struct {
		name, pem string
		alg, want secevent.Algorithm
		public    crypto.PublicKey
	}{
		{"PKCS 1", pkcs1, "", secevent.RS256, &k.rsa2048.PublicKey},
		{"PKCS 8 RSA", pkcs8(t, k.rsa2048), "", secevent.RS256, &k.rsa2048.PublicKey},
		{"RSA as PS256", pkcs1, secevent.PS256, secevent.PS256, &k.rsa2048.PublicKey},
		{"SEC 1 P-256", sec1(t, k.p256), "", secevent.ES256, &k.p256.PublicKey},
		{"PKCS 8 P-256", pkcs8(t, k.p256), secevent.ES256, secevent.ES256, &k.p256.PublicKey},
		{"SEC 1 P-384", sec1(t, k.p384), "", secevent.ES384, &k.p384.PublicKey},
		{"Ed25519", pkcs8(t, k.ed25519), "", secevent.EdDSA, k.ed25519.Public()},
		{"with EC parameters before it", block("EC PARAMETERS", []byte{6, 0}) + sec1(t, k.p256), "", secevent.ES256, &k.p256.PublicKey},
		{"with a certificate after it", pkcs1 + block("CERTIFICATE", []byte("der")), "", secevent.RS256, &k.rsa2048.PublicKey},
		{"with text around it", "Bag Attributes\n" + pkcs1 + "\nthe end", "", secevent.RS256, &k.rsa2048.PublicKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := signing.ImportPEM("imported", c.alg, []byte(c.pem))
			if err != nil {
				t.Fatal(err)
			}
			if key.Algorithm != c.want {
				t.Errorf("algorithm = %s, want %s", key.Algorithm, c.want)
			}
			checkVersion(t, c.want, key.Versions[0])
			got, err := x509.ParsePKIXPublicKey(key.Versions[0].Public)
			if err != nil {
				t.Fatal(err)
			}
			if !got.(interface{ Equal(crypto.PublicKey) bool }).Equal(c.public) {
				t.Error("imported another key than the one in the PEM")
			}
		})
	}
}

func TestImportPEMRefuses(t *testing.T) {
	k := newTestKeys(t)
	public, err := x509.MarshalPKIXPublicKey(&k.p256.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(t, k.p256)
	legacy := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for _, c := range []struct {
		name, pem   string
		alg         secevent.Algorithm
		field, says string
	}{
		{"nothing", "", "", "pem", "no private key"},
		{"no PEM", "ssh-ed25519 AAAA", "", "pem", "no private key"},
		{"a certificate alone", block("CERTIFICATE", []byte("der")), "", "pem", "no private key"},
		{"two keys", good + good, "", "pem", "more than one"},
		{"a public key", block("PUBLIC KEY", public), "", "pem", "public key"},
		{"an encrypted PKCS 8 key", block("ENCRYPTED PRIVATE KEY", []byte{1}), "", "pem", "decrypt it first"},
		{"an encrypted PKCS 1 key", legacy, "", "pem", "decrypt it first"},
		{"an OpenSSH key", block("OPENSSH PRIVATE KEY", []byte{1}), "", "pem", "ssh-keygen"},
		{"another label", block("PGP PRIVATE KEY BLOCK", []byte{1}), "", "pem", "PGP PRIVATE KEY BLOCK"},
		{"damage", block("PRIVATE KEY", []byte{0x30, 1, 2}), "", "pem", "cannot be read"},
		{"a wrong label", block("RSA PRIVATE KEY", public), "", "pem", "cannot be read"},
		{"a key for key agreement", pkcs8(t, x25519), "", "pem", "cannot sign"},
		{"P-521", pkcs8(t, p521), "", "pem", "P-521"},
		{"RSA of 1024 bits", pkcs8(t, rsa1024), "", "pem", "1024"},
		{"too much", strings.Repeat("x", 65<<10), "", "pem", "64 KiB"},
		{"an algorithm of another kind", good, secevent.RS256, "algorithm", "ES256"},
		{"an algorithm of another curve", good, secevent.ES384, "algorithm", "ES256"},
		{"a shared secret's algorithm", good, "HS256", "algorithm", "ES256"},
		{"a part of an algorithm's name", good, "ES", "algorithm", "ES256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := signing.ImportPEM("imported", c.alg, []byte(c.pem))
			if got := wantInvalid(t, err, c.field); !strings.Contains(got.Reason, c.says) {
				t.Errorf("reason = %q, want it to say %q", got.Reason, c.says)
			}
		})
	}
}

func FuzzImportPEM(f *testing.F) {
	k := newTestKeys(f)
	f.Add([]byte(pkcs8(f, k.p256)))
	f.Add([]byte(pkcs8(f, k.ed25519)))
	f.Add([]byte(sec1(f, k.p384)))
	f.Add([]byte(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.rsa2048))))
	f.Add([]byte(block("ENCRYPTED PRIVATE KEY", []byte{1})))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := signing.ImportPEM("imported", "", text)
		if err != nil {
			wantInvalid(t, err, "pem")
			return
		}
		checkVersion(t, key.Algorithm, key.Versions[0])
	})
}
