// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
)

// vector is one file of testdata/vectors: header lines of a name and a value,
// an empty line, and the token. testdata/README.md describes them.
type vector struct {
	comment    string
	expect     string // "accept" or an error code
	key        string
	iss, aud   string
	algorithms string
	allow      string
	event      string
	subject    string
	token      string
}

// fields are the header lines in the order of the file.
func (v *vector) fields() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{"comment", &v.comment}, {"expect", &v.expect}, {"key", &v.key}, {"iss", &v.iss}, {"aud", &v.aud},
		{"algorithms", &v.algorithms}, {"allow", &v.allow}, {"event", &v.event}, {"subject", &v.subject},
	}
}

func (v *vector) encode() []byte {
	var b bytes.Buffer
	for _, f := range v.fields() {
		if *f.value != "" {
			b.WriteString(f.name + ": " + *f.value + "\n")
		}
	}
	b.WriteString("\n" + v.token + "\n")
	return b.Bytes()
}

func readVector(t testing.TB, file string) *vector {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(data), "\n\n")
	if !ok {
		t.Fatalf("%s has no empty line", file)
	}
	v := &vector{token: strings.TrimSuffix(body, "\n")}
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		known := false
		for _, f := range v.fields() {
			if f.name == name {
				*f.value, known = value, true
			}
		}
		if !known {
			t.Fatalf("%s has an unknown line %q", file, line)
		}
	}
	return v
}

func (v *vector) verifier(t testing.TB) *secevent.Verifier {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("testdata", "jwks.json"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secevent.ParseJWKS(document)
	if err != nil {
		t.Fatal(err)
	}
	verifier := &secevent.Verifier{
		Issuer:             v.iss,
		Audience:           secevent.Audience{"urn:example:also-me", v.aud},
		Keys:               keys,
		AllowLegacySubject: strings.Contains(v.allow, "legacy-subject"),
		AllowSeveralEvents: strings.Contains(v.allow, "several-events"),
	}
	for alg := range strings.FieldsSeq(v.algorithms) {
		verifier.Algorithms = append(verifier.Algorithms, secevent.Algorithm(alg))
	}
	return verifier
}

// TestVectors judges each file. What is accepted is looked into, encoded,
// signed again and read back.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(files), len(vectors()); got != want {
		t.Fatalf("testdata/vectors has %d files, want %d: run go test -run TestVectors -update", got, want)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			v := readVector(t, file)
			got, err := v.verifier(t).Verify(t.Context(), v.token)
			if v.expect != "accept" {
				checkCode(t, v.comment, got, err, secevent.ErrorCode(v.expect))
				return
			}
			if err != nil {
				t.Fatalf("Verify(%s) = %v, want it accepted", v.comment, err)
			}
			v.inspect(t, got)
			v.reencode(t, got)
		})
	}
}

func checkCode(t *testing.T, comment string, got *secevent.Token, err error, want secevent.ErrorCode) {
	t.Helper()
	var e *secevent.Error
	if !errors.As(err, &e) {
		t.Fatalf("Verify(%s) = %v, %v, want a *secevent.Error", comment, got, err)
	}
	if e.Code != want || e.Description == "" || got != nil {
		t.Errorf("Verify(%s) = %v, %v, want %s", comment, got, e, want)
	}
}

func (v *vector) inspect(t *testing.T, got *secevent.Token) {
	t.Helper()
	if string(got.Type()) != v.event {
		t.Errorf("Type() = %q, want %q", got.Type(), v.event)
	}
	sub, err := got.Subject.MarshalJSON()
	if err != nil || string(sub) != v.subject {
		t.Errorf("subject = %s, %v, want %s", sub, err, v.subject)
	}
	if got.Issuer != v.iss || !got.Audience.Contains(v.aud) || got.ID == "" || got.IssuedAt.IsZero() {
		t.Errorf("token = %+v, want iss %s, aud %s, a jti and a time", got, v.iss, v.aud)
	}
	parsed, _, err := secevent.Parse(v.token)
	if err != nil {
		t.Fatalf("Parse fails on what Verify accepts: %v", err)
	}
	parsed.Subject = got.Subject // Parse knows no legacy subject
	if diff := cmp.Diff(got, parsed); diff != "" {
		t.Errorf("Parse differs from Verify (-verify +parse):\n%s", diff)
	}
}

// reencode writes the claims and reads them back. Fractions of a second are
// lost on the way, by design.
func (v *vector) reencode(t *testing.T, got *secevent.Token) {
	t.Helper()
	claims, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	set, err := signer(t, secevent.EdDSA).Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	verifier := v.verifier(t)
	verifier.Algorithms = nil
	again, err := verifier.Verify(t.Context(), set)
	if err != nil {
		t.Fatalf("Verify(%s) = %v, want it accepted again", claims, err)
	}
	got.IssuedAt = got.IssuedAt.Truncate(1e9)
	if diff := cmp.Diff(got, again, cmp.Comparer(sameJSON)); diff != "" {
		t.Errorf("encoded again, the token differs (-want +got):\n%s", diff)
	}
}

// sameJSON compares the JSON of claims without regard to white space.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return false
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}
