// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// PasswordsConfig says what a hash costs. Zero members take their default; the
// cost is written into each hash, so that changing it leaves old ones working.
type PasswordsConfig struct {
	// MemoryKiB is the memory of one hash, at least 8; the default is 64 MiB.
	MemoryKiB uint32
	// Passes over that memory; the default is 2.
	Passes int
	// Parallel is how many hashes run at once, each with its memory; others
	// wait. The default is the number of processors.
	Parallel int
}

// Passwords hashes passwords with argon2id, and verifies those that
// ImportedHash takes. It is safe for use by several goroutines.
type Passwords struct {
	hasher *argon2.Hasher
	slots  chan struct{}
	// nobody is verified against when there is no password, so that an
	// unknown user takes as long as a known one.
	nobody idp.Secret
	// today is how a hash begins that is as dear as new ones are.
	today string
}

// NewPasswords returns Passwords. It makes one hash, which takes some 100 ms.
func NewPasswords(c PasswordsConfig) (*Passwords, error) {
	if c.MemoryKiB == 0 {
		c.MemoryKiB = 64 << 10
	}
	if c.Passes == 0 {
		c.Passes = 2
	}
	if c.Parallel == 0 {
		c.Parallel = runtime.GOMAXPROCS(0)
	}
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithP(1),
		argon2.WithM(c.MemoryKiB), argon2.WithT(c.Passes))
	if err != nil {
		return nil, fmt.Errorf("passwords: %w", err)
	}
	if c.Parallel < 1 {
		return nil, errors.New("passwords: parallel: must be at least 1")
	}
	p := &Passwords{
		hasher: hasher, slots: make(chan struct{}, c.Parallel),
		today: fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$", c.MemoryKiB, c.Passes),
	}
	p.nobody, err = p.Hash(context.Background(), idp.NewToken())
	return p, err
}

// The bounds of a password, in characters.
const (
	MinPassword = 10
	MaxPassword = 256
)

// CheckPassword returns an *idp.InvalidError unless a new password is 10 to
// 256 characters of UTF-8 without control characters, at least 5 of them
// different. There are no rules about kinds of characters: they make passwords
// worse. A password is taken as it was typed, with its spaces.
func CheckPassword(password string) error {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return idp.Invalid("password", "must not hold control characters or broken UTF-8")
	}
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return idp.Invalid("password", "must be %d to %d characters long", MinPassword, MaxPassword)
	}
	different := make(map[rune]bool)
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 5 {
		return idp.Invalid("password", "must hold at least 5 different characters")
	}
	return nil
}

// Hash checks a new password and returns its hash as a PHC string, for a
// password credential. It waits for a free slot and must not be called inside
// a transaction.
func (p *Passwords) Hash(ctx context.Context, password string) (idp.Secret, error) {
	if err := CheckPassword(password); err != nil {
		return idp.Secret{}, err
	}
	return p.hash(ctx, password)
}

// hash is Hash for a password that need not be a good one.
func (p *Passwords) hash(ctx context.Context, password string) (idp.Secret, error) {
	release, err := p.slot(ctx)
	if err != nil {
		return idp.Secret{}, err
	}
	defer release()
	// A clone, because a Hasher fills in its defaults when it is first used.
	digest, err := p.hasher.Clone().Hash(password)
	if err != nil {
		return idp.Secret{}, fmt.Errorf("password: %w", err)
	}
	return idp.NewSecret(digest.Encode()), nil
}

// Verify returns ErrCredentials unless password is the one that hash was made
// of. A zero hash takes as long and never fits. An imported hash takes as long
// as it was made to, until its user has signed in once. It must not be called
// inside a transaction.
func (p *Passwords) Verify(ctx context.Context, hash idp.Secret, password string) error {
	if len(password) > MaxPassword*utf8.UTFMax {
		return ErrCredentials // no password is so long, whoever it is
	}
	known := !hash.IsZero()
	if !known {
		hash = p.nobody
	}
	digest, err := decodeHash(hash.Reveal())
	if err != nil {
		return errors.New("password: the stored hash cannot be read; reset the password")
	}
	release, err := p.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	if !digest.Match(password) || !known {
		return ErrCredentials
	}
	return nil
}

// slot waits for one of the slots that bound how much memory hashes take.
func (p *Passwords) slot(ctx context.Context) (release func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("password: waiting for a slot: %w", ctx.Err())
	}
}
