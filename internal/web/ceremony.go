// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ceremonyFor is how long somebody has from the page that asks for a passkey
// or a code to its answer.
const ceremonyFor = 10 * time.Minute

var errCeremonyOver = &pageError{status: http.StatusBadRequest, heading: "That took too long",
	text: "What the page waited for came too late, or came before. Nothing was changed. Go back and try again."}

// ceremonies carry the server's half of what takes two requests, such as the
// challenge of a passkey, through a form. It is encrypted, so that the browser
// can neither read nor choose it, and bound to whom it was made for. The key
// is of this process: after a restart the page has to be opened again.
type ceremonies struct{ aead cipher.AEAD }

func newCeremonies() ceremonies {
	var key [32]byte
	rand.Read(key[:])
	// Neither can fail with a key of this length.
	block, _ := aes.NewCipher(key[:])
	aead, _ := cipher.NewGCMWithRandomNonce(block)
	return ceremonies{aead}
}

// seal returns state for a hidden field. The purpose names the form and whose
// it is; only the same purpose opens it.
func (c ceremonies) seal(purpose string, state []byte) string {
	expires := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(ceremonyFor).Unix()))
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, append(expires, state...), []byte(purpose)))
}

// open returns what seal was given, or errCeremonyOver.
func (c ceremonies) open(purpose, field string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(field)
	if err != nil {
		return nil, ceremonyOver(err)
	}
	plain, err := c.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, ceremonyOver(err)
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	if time.Now().After(expires) {
		return nil, ceremonyOver(idp.ErrExpired)
	}
	return plain[8:], nil
}

func ceremonyOver(cause error) error {
	over := *errCeremonyOver
	over.cause = fmt.Errorf("ceremony: %w", cause)
	return &over
}
