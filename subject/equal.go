// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

// MaxKeyLength is the length in bytes that a key never exceeds.
const MaxKeyLength = 256

// Equal reports whether two identifiers are exactly identical: the same
// format and the same members with the same values, strings compared code
// point by code point and arrays in order. The order of members and the
// spelling of escapes do not count (SSF §8.1.3.1).
func Equal(a, b Identifier) bool {
	return bytes.Equal(appendNil(nil, a), appendNil(nil, b))
}

// Key returns a text for id that is the same for equal identifiers and only
// for those, fit as a key in a database. It is the canonical JSON of id, or
// "sha256:" and its hash in base64url when that is longer than
// [MaxKeyLength].
func Key(id Identifier) string {
	text := appendNil(make([]byte, 0, MaxKeyLength), id)
	if len(text) <= MaxKeyLength {
		return string(text)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
