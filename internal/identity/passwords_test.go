// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		name, password string
		good           bool
	}{
		{"ten characters", "abcdefghij", true},
		{"nine characters", "abcdefghi", false},
		{"characters, not bytes", "äöüßéèñçø½", true},
		{"256 characters", strings.Repeat("abcdefgh", 32), true},
		{"257 characters", strings.Repeat("abcdefgh", 32) + "x", false},
		{"spaces", "  correct horse  ", true},
		{"empty", "", false},
		{"NUL", "abcdefghij\x00", false},
		{"a line end", "abcdefghij\n", false},
		{"broken UTF-8", "abcdefghij\xff", false},
		{"four different characters", "abcdabcdabcd", false},
		{"five different characters", "abcdeabcde", true},
	} {
		err := identity.CheckPassword(c.password)
		var invalid *idp.InvalidError
		if (err == nil) != c.good || (err != nil && (!errors.As(err, &invalid) || invalid.Field != "password")) {
			t.Errorf("CheckPassword of %s = %v, want good %t", c.name, err, c.good)
		}
	}
}

func TestPasswords(t *testing.T) {
	p := cheapPasswords(t)
	hash, err := p.Hash(t.Context(), adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash.Reveal(), "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("hash = %q, want argon2id with the configured cost", hash.Reveal())
	}
	again, err := p.Hash(t.Context(), adaPassword)
	if err != nil || again.Equal(hash) {
		t.Errorf("second Hash of a password is the same, %v: want another salt", err)
	}
	if _, err := p.Hash(t.Context(), "short"); err == nil {
		t.Error("Hash(short) = nil error, want it refused")
	}
	for _, c := range []struct {
		name     string
		hash     idp.Secret
		password string
		want     error
	}{
		{"the password", hash, adaPassword, nil},
		{"another", hash, adaPassword + "x", identity.ErrCredentials},
		{"a shorter one", hash, "correct", identity.ErrCredentials},
		{"nothing", hash, "", identity.ErrCredentials},
		{"a very long one", hash, strings.Repeat("x", 1<<20), identity.ErrCredentials},
		{"no password on record", idp.Secret{}, adaPassword, identity.ErrCredentials},
	} {
		if err := p.Verify(t.Context(), c.hash, c.password); !errors.Is(err, c.want) {
			t.Errorf("Verify of %s = %v, want %v", c.name, err, c.want)
		}
	}
	err = p.Verify(t.Context(), idp.NewSecret("$broken$hash"), adaPassword)
	if err == nil || errors.Is(err, identity.ErrCredentials) || strings.Contains(err.Error(), "broken") {
		t.Errorf("Verify with a broken hash = %v, want an error that is not the person's and does not quote it", err)
	}
}

// TestPasswordsWait fills every slot: a hash waits for one as long as its
// context lets it, and the memory of hashes stays bounded.
func TestPasswordsWait(t *testing.T) {
	p := cheapPasswords(t)
	release := identity.TakeSlots(p)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Verify(ctx, idp.Secret{}, adaPassword) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Verify without a slot = %v, want it to wait until it is cancelled", err)
	}
	release()
	if err := p.Verify(t.Context(), idp.Secret{}, adaPassword); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("Verify with a slot = %v, want ErrCredentials", err)
	}
}

func TestNewPasswordsRefuses(t *testing.T) {
	for _, c := range []identity.PasswordsConfig{{MemoryKiB: 1}, {Passes: -1}, {Parallel: -1}} {
		if c.MemoryKiB == 0 {
			c.MemoryKiB = 8
		}
		if _, err := identity.NewPasswords(c); err == nil {
			t.Errorf("NewPasswords(%+v) = nil error", c)
		}
	}
}
