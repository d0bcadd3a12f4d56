// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// foreignHashes are hashes of "open sesame" as other programs make them.
func foreignHashes(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for name, made := range map[string]func() (algorithm.Hash, error){
		"argon2id": func() (algorithm.Hash, error) {
			return argon2.New(argon2.WithVariantID(), argon2.WithM(64), argon2.WithP(2))
		},
		"argon2i": func() (algorithm.Hash, error) {
			return argon2.New(argon2.WithVariantI(), argon2.WithM(64), argon2.WithP(1))
		},
		"bcrypt":        func() (algorithm.Hash, error) { return bcrypt.New(bcrypt.WithIterations(10)) },
		"pbkdf2-sha256": func() (algorithm.Hash, error) { return pbkdf2.New(pbkdf2.WithIterations(100000)) },
		"pbkdf2-sha512": func() (algorithm.Hash, error) {
			return pbkdf2.New(pbkdf2.WithVariant(pbkdf2.VariantSHA512), pbkdf2.WithIterations(100000))
		},
		"scrypt": func() (algorithm.Hash, error) { return scrypt.New(scrypt.WithLN(4)) },
	} {
		hasher, err := made()
		if err != nil {
			t.Fatal(err)
		}
		digest, err := hasher.Hash("open sesame")
		if err != nil {
			t.Fatal(err)
		}
		out[name] = digest.Encode()
	}
	// Made by crypt(3) with cost 5, in the three spellings that are alike.
	for _, version := range []string{"2a", "2b", "2y"} {
		out["bcrypt "+version] = "$" + version + "$10$" + out["bcrypt"][len("$2b$10$"):]
	}
	return out
}

func TestImportedHash(t *testing.T) {
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, encoded := range foreignHashes(t) {
		t.Run(name, func(t *testing.T) {
			hash, err := identity.ImportedHash(encoded)
			if err != nil {
				t.Fatalf("ImportedHash(%q) = %v", encoded, err)
			}
			if err := passwords.Verify(t.Context(), hash, "open sesame"); err != nil {
				t.Errorf("Verify(%q, the password) = %v", encoded, err)
			}
			if err := passwords.Verify(t.Context(), hash, "open sesamE"); !errors.Is(err, identity.ErrCredentials) {
				t.Errorf("Verify(%q, another password) = %v, want ErrCredentials", encoded, err)
			}
		})
	}
}

func TestImportedHashRefuses(t *testing.T) {
	good := foreignHashes(t)
	for name, encoded := range map[string]string{
		"nothing":             "",
		"a password":          "hunter2",
		"MD5":                 "$1$hunter2a$rGqK6c1EAvUfT2ZmGbB3v/",
		"SHA-512 crypt":       "$6$hunter2a$" + strings.Repeat("a", 86),
		"plain text":          "$plaintext$hunter2",
		"bcrypt cut short":    strings.TrimSuffix(good["bcrypt"], good["bcrypt"][50:]),
		"bcrypt costs hours":  strings.Replace(good["bcrypt"], "$10$", "$31$", 1),
		"bcrypt costs little": strings.Replace(good["bcrypt"], "$10$", "$03$", 1),
		"bcrypt with a bug":   strings.Replace(good["bcrypt"], "$2b$", "$2x$", 1),
		"argon2 of 4 GiB":     strings.Replace(good["argon2id"], "m=64", "m=4194304", 1),
		"argon2 of much work": strings.Replace(strings.Replace(good["argon2id"], "m=64", "m=262144", 1), "t=1", "t=50", 1),
		"argon2 of no memory": strings.Replace(good["argon2id"], "m=64", "m=1", 1),
		"argon2 old version":  strings.Replace(good["argon2id"], "v=19", "v=16", 1),
		"argon2 no key":       good["argon2id"][:strings.LastIndex(good["argon2id"], "$")+1],
		"pbkdf2 of one round": strings.Replace(good["pbkdf2-sha256"], "$100000$", "$1$", 1),
		"pbkdf2 of hours":     strings.Replace(good["pbkdf2-sha256"], "$100000$", "$99999999$", 1),
		"scrypt of 128 GiB":   strings.Replace(good["scrypt"], "ln=4,r=8", "ln=20,r=999", 1),
		"scrypt of no memory": strings.Replace(good["scrypt"], "ln=4", "ln=0", 1),
		"with a line break":   good["bcrypt"] + "\n",
	} {
		_, err := identity.ImportedHash(encoded)
		var invalid *idp.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "password_hash" {
			t.Errorf("%s: ImportedHash(%q) = %v, want an InvalidError", name, encoded, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the hash: %v", name, err)
		}
	}
}

func FuzzImportedHash(f *testing.F) {
	for _, seed := range []string{
		"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
		"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
		"$pbkdf2-sha256$310000$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub.b4dWRWJTmaaJObG",
		"$scrypt$ln=16,r=8,p=1$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
		"$2b$99$", "$argon2id$v=19$m=9,t=0,p=0$$", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		hash, err := identity.ImportedHash(encoded)
		if (err == nil) != (hash.Reveal() == encoded && encoded != "") {
			t.Errorf("ImportedHash(%q) = %q, %v", encoded, hash.Reveal(), err)
		}
	})
}
