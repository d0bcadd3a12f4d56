// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/seal"
)

var context = []byte("signing_keys.private/1")

func TestSeal(t *testing.T) {
	keys := ephemeral(t)
	for _, plaintext := range []string{"", "secret", strings.Repeat("long", 1<<16)} {
		sealed := mustSeal(t, keys, plaintext)
		if len(plaintext) > 0 && bytes.Contains(sealed, []byte(plaintext)) {
			t.Errorf("Seal(%d bytes) holds the plaintext", len(plaintext))
		}
		got, err := keys.Open(sealed, context)
		if err != nil || string(got) != plaintext {
			t.Errorf("Open(Seal(%d bytes)) = %d bytes, %v, want the same", len(plaintext), len(got), err)
		}
	}
	if a, b := mustSeal(t, keys, "x"), mustSeal(t, keys, "x"); bytes.Equal(a, b) {
		t.Errorf("Seal twice = %x both times, want different values", a)
	}
}

func TestOpenRefuses(t *testing.T) {
	keys := ephemeral(t)
	sealed := mustSeal(t, keys, "secret")
	for _, tt := range []struct {
		name            string
		keys            *seal.Keyset
		sealed, context []byte
		want            error
	}{
		{"other context", keys, sealed, []byte("signing_keys.private/2"), seal.ErrAltered},
		{"no context", keys, sealed, nil, seal.ErrAltered},
		{"other key", ephemeral(t), sealed, context, seal.ErrWrongKey},
		{"cut", keys, sealed[:len(sealed)-1], context, seal.ErrAltered},
		{"cut to nothing", keys, sealed[:20], context, seal.ErrTruncated},
		{"empty", keys, nil, context, seal.ErrTruncated},
		{"longer", keys, append(bytes.Clone(sealed), 0), context, seal.ErrAltered},
		{"not sealed", keys, bytes.Repeat([]byte("plain"), 20), context, seal.ErrWrongKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.keys.Open(tt.sealed, tt.context); !errors.Is(err, tt.want) {
				t.Errorf("Open = %q, %v, want %v", got, err, tt.want)
			}
		})
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if got, err := keys.Open(altered, context); err == nil {
			t.Errorf("Open with byte %d altered = %q, want an error", i, got)
		}
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.key")
	if _, err := seal.Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without a file = %v, want %v", err, fs.ErrNotExist)
	}
	created, err := seal.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := mustSeal(t, created, "secret")
	opened, err := seal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened.Open(sealed, context); err != nil || string(got) != "secret" {
		t.Errorf("Open with the key from the file = %q, %v, want secret", got, err)
	}
	if _, err := seal.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a file = %v, want %v", err, fs.ErrExist)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Errorf("files = %v, %v, want the key file alone", names, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
}

func TestOpenRefusesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.key")
	if _, err := seal.Create(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(path); !errors.Is(err, seal.ErrExposed) {
		t.Errorf("Open with mode 0640 = %v, want %v", err, seal.ErrExposed)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(path); err == nil || !strings.Contains(err.Error(), "not a key file") {
		t.Errorf("Open of another file = %v, want an error that says so", err)
	}
}

func FuzzOpen(f *testing.F) {
	keys, err := seal.Ephemeral()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{1}, 64))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if got, err := keys.Open(sealed, context); err == nil {
			t.Errorf("Open(%x) = %q, want an error: nobody sealed it", sealed, got)
		}
	})
}

func ephemeral(t *testing.T) *seal.Keyset {
	t.Helper()
	keys, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func mustSeal(t *testing.T, keys *seal.Keyset, plaintext string) []byte {
	t.Helper()
	sealed, err := keys.Seal([]byte(plaintext), context)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
