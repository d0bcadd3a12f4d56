// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"strconv"
)

// Envelope is the claims of a SET with the part that all Receivers share
// already encoded. It is the fast path of a transmitter: what it appends are
// the bytes that the same [Token] encodes to.
type Envelope struct {
	// Issuer is "iss".
	Issuer string

	// Audience is "aud".
	Audience Audience

	// ID is "jti".
	ID string

	// IssuedAt is "iat", in seconds since 1970. Zero leaves it out.
	IssuedAt int64

	// Txn is "txn"; empty leaves it out.
	Txn string

	// Payload is a compact JSON object with "sub_id" and "events", as
	// [Payload] makes it. It is not checked again and must have none of the
	// members above.
	Payload json.RawMessage
}

// AppendJSON appends the claims to dst and returns the extended buffer.
func (e *Envelope) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if e.Issuer != "" {
		dst = appendString(appendName(dst, "iss"), e.Issuer)
	}
	if len(e.Audience) > 0 {
		dst = e.Audience.appendJSON(appendName(dst, "aud"))
	}
	if e.ID != "" {
		dst = appendString(appendName(dst, "jti"), e.ID)
	}
	if e.IssuedAt != 0 {
		dst = strconv.AppendInt(appendName(dst, "iat"), e.IssuedAt, 10)
	}
	if e.Txn != "" {
		dst = appendString(appendName(dst, "txn"), e.Txn)
	}
	if len(e.Payload) <= len("{}") {
		return append(dst, '}')
	}
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(dst, e.Payload[1:]...)
}
