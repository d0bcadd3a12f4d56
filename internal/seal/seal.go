// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package seal encrypts the secrets that the database has to give back, as
// private keys and the credentials that Receivers gave us.
//
// A copy of the database is then of no use without the key file. The key file
// is of no use to whoever cannot read the database; it is not encrypted, so its
// mode is what protects it. Secrets that only have to be compared are hashed
// elsewhere, and never come here.
package seal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Faults of a sealed value. None of them goes away by trying again.
var (
	// ErrTruncated means that the value is too short to have been sealed.
	ErrTruncated = errors.New("sealed value is truncated")
	// ErrWrongKey means that another key sealed the value.
	ErrWrongKey = errors.New("sealed with a key that is not in this key file")
	// ErrAltered means that the value was changed after it was sealed, or that
	// it was sealed for another context.
	ErrAltered = errors.New("sealed value was altered, or belongs elsewhere")
)

// A sealed value begins with a version byte and the key's ID, and holds at
// least a nonce and a tag.
const (
	idOffset  = 1
	idEnd     = 5
	minSealed = idEnd + 24 + 16
)

// Keyset seals and opens. It is safe for concurrent use.
type Keyset struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// Ephemeral returns a new key that is kept nowhere: what it seals cannot be
// opened after the process ends. It is for tests.
func Ephemeral() (*Keyset, error) {
	// The nonce is long enough to be random for any number of values.
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return newKeyset(handle)
}

func newKeyset(handle *keyset.Handle) (*Keyset, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return &Keyset{handle, primitive}, nil
}

// Seal encrypts plaintext. The context says where the value belongs, as the
// table, column and ID of its row; it is not secret and not stored, and Open
// needs the same one, so that a value which is moved to another row does not
// open there.
func (k *Keyset) Seal(plaintext, context []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plaintext, context)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal returned for the same context. The error is one of
// ErrTruncated, ErrWrongKey and ErrAltered.
func (k *Keyset) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < minSealed {
		return nil, fmt.Errorf("open: %w", ErrTruncated)
	}
	plaintext, err := k.aead.Decrypt(sealed, context)
	switch {
	case err == nil:
		return plaintext, nil
	case !k.has(binary.BigEndian.Uint32(sealed[idOffset:idEnd])):
		return nil, fmt.Errorf("open: %w", ErrWrongKey)
	}
	return nil, fmt.Errorf("open: %w", ErrAltered)
}

// has says whether the key with that ID is in the set.
func (k *Keyset) has(id uint32) bool {
	for _, info := range k.handle.KeysetInfo().GetKeyInfo() {
		if info.GetKeyId() == id {
			return true
		}
	}
	return false
}
