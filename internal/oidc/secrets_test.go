// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
)

// TestSecretsAreNotKept takes every secret of a flow, good and refused, and
// looks for it where it must not be.
func TestSecretsAreNotKept(t *testing.T) {
	w := newWorld(t)
	code, unused := w.code(), w.code()
	tokens := w.post("/oauth2/token", w.atlas, codeForm(code))
	rotated := w.refresh(tokens.text("refresh_token"))
	own := w.clientToken(w.atlas, "ssf.read")
	w.post("/oauth2/token", w.beacon, codeForm(unused))
	w.post("/oauth2/token", w.atlas, codeForm(code))
	w.refresh(tokens.text("refresh_token"))
	w.introspect(w.beacon, own.text("access_token"))
	w.userinfo("GET", "Bearer "+tokens.text("access_token"), nil)

	secrets := map[string]string{
		"code": code, "unused code": unused, "verifier": verifier, "client secret": w.atlas.secret,
		"access token": tokens.text("access_token"), "refresh token": tokens.text("refresh_token"),
		"next access token": rotated.text("access_token"), "next refresh token": rotated.text("refresh_token"),
		"client's access token": own.text("access_token"), "ID token": tokens.text("id_token"),
	}
	files := readAll(t, w.dir)
	for name, secret := range secrets {
		if len(secret) < 40 {
			t.Fatalf("%s = %q, want a secret", name, secret)
		}
		if bytes.Contains(files, []byte(secret)) {
			t.Errorf("the database holds the %s", name)
		}
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds the %s", name)
		}
	}
	for _, want := range []string{"tokens issued", "level=WARN msg=\"request refused\""} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log has no line with %q:\n%s", want, w.log)
		}
	}
}

// readAll returns the files of a folder, one after the other.
func readAll(t *testing.T, dir string) []byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("files of %s: %q, %v", dir, paths, err)
	}
	var all []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if !bytes.Contains(all, []byte("atlas-client")) {
		t.Fatal("the files hold no client: they are not the database")
	}
	return all
}

// TestRecordsCannotBePresented: what the database keeps of a token is no token.
func TestRecordsCannotBePresented(t *testing.T) {
	w := newWorld(t)
	tokens := w.tokens()
	record, err := w.provider.Authenticate(t.Context(), tokens.text("access_token"))
	if err != nil {
		t.Fatal(err)
	}
	if w.works(record.ID) || w.works("tocsin_at_"+record.ID) {
		t.Errorf("the id %q of an access token works as one", record.ID)
	}
	hash := idp.HashToken(tokens.text("refresh_token"))
	for _, secret := range []string{string(hash[:]), record.ID} {
		wantError(t, "refresh", w.refresh(secret), 400, oidc.InvalidGrant)
	}
}
