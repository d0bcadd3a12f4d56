// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// MaxSize is the length in bytes of the longest SET that is read. It bounds
// the work that an unauthenticated body can cause (RFC 8935 §5.4).
const MaxSize = 256 << 10

// Header is what the JOSE header of a SET says. Until the signature has been
// verified, anybody may have written it.
type Header struct {
	// Algorithm is "alg". It may be one that this package does not support.
	Algorithm Algorithm

	// KeyID is "kid", or "" if there is none.
	KeyID string

	// Type is "typ" as it was written.
	Type string
}

// Parse reads a SET in compact form without verifying anything: not the
// signature, not the issuer, not even that the required claims are there. It
// is for showing a SET; use a [Verifier] to believe one.
//
// It returns an [*Error] for input that is longer than [MaxSize], is not three
// parts in canonical base64url, has a type other than "secevent+jwt" or
// critical headers, repeats a member name at any depth, or has a claim of the
// wrong type. Events and subjects of unknown kinds are kept.
func Parse(compact string) (*Token, Header, error) {
	raw, err := split(compact)
	if err != nil {
		return nil, Header{}, err
	}
	t, err := raw.token()
	if err != nil {
		return nil, Header{}, err
	}
	return t, raw.header, nil
}

// unverified is a SET taken apart.
type unverified struct {
	header Header
	claims map[string]json.RawMessage
}

func split(compact string) (*unverified, error) {
	if len(compact) > MaxSize {
		return nil, invalidRequest("the SET is longer than %d bytes", MaxSize)
	}
	parts := strings.Split(compact, ".")
	if len(parts) == 5 {
		return nil, invalidRequest("the SET is encrypted, which is not supported")
	}
	if len(parts) != 3 || parts[2] == "" {
		return nil, invalidRequest("the SET is not a signed JWT of three parts")
	}
	if _, err := decodePart(parts[2]); err != nil {
		return nil, &Error{InvalidRequest, "the signature is not base64url", err}
	}
	header, err := decodeObject(parts[0], "header")
	if err != nil {
		return nil, err
	}
	raw := &unverified{}
	if raw.header, err = parseHeader(header); err != nil {
		return nil, err
	}
	if raw.claims, err = decodeObject(parts[1], "payload"); err != nil {
		return nil, err
	}
	return raw, nil
}

// decodePart decodes base64url in its canonical form. The decoder of the
// standard library passes over line breaks, and without Strict over stray
// bits, so that one SET could be written in many ways.
func decodePart(part string) ([]byte, error) {
	if i := strings.IndexAny(part, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	return base64.RawURLEncoding.Strict().DecodeString(part)
}

func decodeObject(part, name string) (map[string]json.RawMessage, error) {
	data, err := decodePart(part)
	if err != nil {
		return nil, &Error{InvalidRequest, "the " + name + " is not base64url", err}
	}
	if err := CheckJSON(data); err != nil {
		return nil, invalidRequest("the %s: %v", name, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, &Error{InvalidRequest, "the " + name + " is not a JSON object", err}
	}
	return members, nil
}

// parseHeader checks what must hold whoever signed. Keys in the header ("jwk",
// "jku", "x5u") are passed over: whoever forges a SET would choose them (RFC
// 8725 §3.10).
func parseHeader(members map[string]json.RawMessage) (Header, error) {
	var h Header
	alg, err := text(members, "alg")
	if err != nil {
		return h, err
	}
	if alg == "" {
		return h, invalidRequest(`the header has no "alg"`)
	}
	if members["crit"] != nil {
		return h, invalidRequest(`the header has "crit", and no extension is supported`)
	}
	if h.KeyID, err = text(members, "kid"); err != nil {
		return h, err
	}
	if h.Type, err = text(members, "typ"); err != nil {
		return h, err
	}
	if typ := strings.ToLower(h.Type); typ != TokenType && typ != MediaType {
		return h, invalidRequest("the type must be %q, not %.60q", TokenType, h.Type)
	}
	h.Algorithm = Algorithm(alg)
	return h, nil
}
