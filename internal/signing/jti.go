// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// jtiCodec turns the place of a delivery into a jti and back.
//
// A jti is one block of AES over (stream, seq). A block cipher is a
// permutation, so different places give different values, and nobody without
// the key learns a stream's number or how many SETs it has. It needs no index:
// an acknowledgement is decrypted. A made-up jti decrypts to 128 random bits,
// which name another stream than the one that the Receiver may speak for.
type jtiCodec struct{ block cipher.Block }

// jtiKeySize is AES-128.
const jtiKeySize = 16

// newJTICodec takes the key as base64url text.
func newJTICodec(key idp.Secret) (jtiCodec, error) {
	raw, err := base64.RawURLEncoding.DecodeString(key.Reveal())
	if err != nil || len(raw) != jtiKeySize {
		return jtiCodec{}, errors.New("jti key: must be 16 bytes in base64url")
	}
	block, err := aes.NewCipher(raw)
	return jtiCodec{block}, err
}

func (c jtiCodec) encode(num idp.StreamNum, seq int64) string {
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint64(b[:8], uint64(num))
	binary.BigEndian.PutUint64(b[8:], uint64(seq))
	c.block.Encrypt(b[:], b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (c jtiCodec) decode(jti string) (num idp.StreamNum, seq int64, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(jti)
	if err != nil || len(raw) != aes.BlockSize {
		return 0, 0, false
	}
	var b [aes.BlockSize]byte
	c.block.Decrypt(b[:], raw)
	num = idp.StreamNum(binary.BigEndian.Uint64(b[:8]))
	seq = int64(binary.BigEndian.Uint64(b[8:]))
	return num, seq, num > 0 && seq > 0
}
