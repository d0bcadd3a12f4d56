// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
)

var update = flag.Bool("update", false, "write testdata again from the tables and keys of the tests")

// draft is a vector before it is signed.
type draft struct {
	name    string // of the file
	comment string
	expect  string

	// claims is the payload; "" means the usual one.
	claims string

	// key is the test key that signs, by default rs256, with the algorithm of
	// its name.
	key string

	// header replaces the header. The token is then signed with RS256, or
	// with what sign says.
	header string

	// sign makes the signature over the first two parts.
	sign func(t testing.TB, input string) []byte

	// spoil changes the finished token.
	spoil func(token string) string

	algorithms, allow string
}

const rsHeader = `{"alg":"RS256","kid":"rs256","typ":"secevent+jwt"}`

// base is the claims of the usual token in the order of the file.
var base = [][2]string{
	{"iss", `"` + issuer + `"`},
	{"aud", `"` + audience + `"`},
	{"jti", `"j1"`},
	{"iat", `1700000000`},
	{"txn", `"t1"`},
	{"sub_id", `{"format":"email","email":"user@example.com"}`},
	{"events", `{"` + sessionRevoked + `":{}}`},
}

// with returns the usual claims with some replaced or added. An empty value
// removes a claim; a name that was there is replaced in its place.
func with(changes ...string) string {
	var members []string
	left := map[string]string{}
	for i := 0; i < len(changes); i += 2 {
		left[changes[i]] = changes[i+1]
	}
	add := func(name, value string) {
		if value != "" {
			members = append(members, `"`+name+`":`+value)
		}
	}
	for _, claim := range base {
		name, value := claim[0], claim[1]
		if changed, ok := left[name]; ok {
			value = changed
			delete(left, name)
		}
		add(name, value)
	}
	for i := 0; i < len(changes); i += 2 {
		if _, ok := left[changes[i]]; ok {
			add(changes[i], changes[i+1])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func b64(data string) string { return base64.RawURLEncoding.EncodeToString([]byte(data)) }

func signRS256(key string) func(testing.TB, string) []byte {
	return func(t testing.TB, input string) []byte {
		digest := sha256.Sum256([]byte(input))
		sig, err := privateKey(t, key).Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

// signHS256 uses the public key as the secret, which a verifier that lets the
// token choose the algorithm would do too.
func signHS256(t testing.TB, input string) []byte {
	public, err := x509.MarshalPKIXPublicKey(privateKey(t, "rs256").Public())
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

func (d *draft) build(t testing.TB) *vector {
	t.Helper()
	v := &vector{
		comment: d.comment, expect: d.expect, key: d.key, iss: issuer, aud: audience,
		algorithms: d.algorithms, allow: d.allow,
	}
	if v.key == "" {
		v.key = "rs256"
	}
	claims := d.claims
	if claims == "" {
		claims = with()
	}
	v.token = d.compact(t, v.key, claims)
	if d.spoil != nil {
		v.token = d.spoil(v.token)
	}
	if v.expect == "accept" {
		v.event, v.subject = expected(t, v)
	}
	return v
}

func (d *draft) compact(t testing.TB, key, claims string) string {
	if d.header == "" && d.sign == nil {
		alg := secevent.RS256
		for _, a := range secevent.Algorithms() {
			if keyName(a) == key {
				alg = a
			}
		}
		s, err := secevent.NewSigner(privateKey(t, key), key, alg)
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Sign([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	header, sign := d.header, d.sign
	if header == "" {
		header = rsHeader
	}
	if sign == nil {
		sign = signRS256(key)
	}
	input := b64(header) + "." + b64(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(t, input))
}

// expected is what an accepted token says, for readers of the file. It is
// reviewed with the diff of -update.
func expected(t testing.TB, v *vector) (event, sub string) {
	t.Helper()
	got, err := v.verifier(t).Verify(t.Context(), v.token)
	if err != nil {
		t.Fatalf("%s: %v", v.comment, err)
	}
	text, err := got.Subject.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(got.Type()), string(text)
}

// writeVectors writes the key set and the vectors. A vector of which only a
// signature with a random part would change is left alone.
func writeVectors(t *testing.T) {
	t.Helper()
	var keys []secevent.Key
	for _, alg := range secevent.Algorithms() {
		keys = append(keys, signer(t, alg).Key())
	}
	document, err := secevent.JWKS(keys...)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, document, "", "  "); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join("testdata", "jwks.json"), append(pretty.Bytes(), '\n'))
	if err := os.MkdirAll(filepath.Join("testdata", "vectors"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range vectors() {
		file := filepath.Join("testdata", "vectors", d.name+".txt")
		v := d.build(t)
		text := v.encode()
		random := v.key == "ps256" || v.key == "es256" || v.key == "es384"
		old, err := os.ReadFile(file)
		if err == nil && random && bytes.Equal(unsigned(old), unsigned(text)) {
			continue
		}
		write(t, file, text)
	}
}

func unsigned(file []byte) []byte { return file[:bytes.LastIndexByte(file, '.')+1] }

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func vectors() []draft { return append(goodVectors(), hostileVectors()...) }
