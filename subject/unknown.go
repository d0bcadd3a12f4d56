// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"bytes"
	"encoding/json"
)

// Unknown is an identifier of a format that this package does not know: one
// that two parties agreed on, or one registered later (SSF §3.4). It can be
// compared and passed on, not interpreted.
type Unknown struct {
	// Name is the format.
	Name Format

	// Raw is the whole JSON object, "format" included. Parse keeps each
	// member and the spelling of each number, not order or white space.
	Raw json.RawMessage
}

// Format returns the name of the format.
func (u Unknown) Format() Format { return u.Name }

// Validate reports a raw value that is not an object whose format is Name, and
// a Name that belongs to another type of this package.
func (u Unknown) Validate() error {
	id, err := Parse(u.Raw)
	if err != nil {
		return err
	}
	if id.Format() != u.Name {
		return &Error{"format", "must be the name of the identifier"}
	}
	if _, ok := id.(Unknown); !ok {
		return &Error{"format", "must not be one of the known formats"}
	}
	return nil
}

// MarshalJSON encodes the raw object with its members sorted by name, after
// "format".
func (u Unknown) MarshalJSON() ([]byte, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	return u.appendJSON(nil), nil
}

// appendJSON takes a raw value that is no JSON as text: such a value has no
// JSON, yet two of them must not have the same key.
func (u Unknown) appendJSON(dst []byte) []byte {
	tree, err := decode(u.Raw)
	members, ok := tree.(map[string]any)
	if err != nil || !ok {
		dst = appendString(dst, string(u.Name))
		return appendString(dst, string(u.Raw))
	}
	return appendTree(dst, members)
}

// appendTree appends an object with its format first and the other members
// sorted by name.
func appendTree(dst []byte, members map[string]any) []byte {
	rest := make(map[string]any, len(members))
	for name, value := range members {
		if name != "format" {
			rest[name] = value
		}
	}
	format, err := json.Marshal(members["format"])
	if err != nil {
		panic(err) // decode makes trees of JSON values only
	}
	others, err := json.Marshal(rest)
	if err != nil {
		panic(err)
	}
	dst = append(dst, `{"format":`...)
	dst = append(dst, format...)
	if len(rest) > 0 {
		dst = append(dst, ',')
	}
	return append(dst, bytes.TrimPrefix(others, []byte("{"))...)
}
