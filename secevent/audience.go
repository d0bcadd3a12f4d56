// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"errors"
	"slices"
)

// Audience is the "aud" claim: the values that identify the Receiver. Several
// are allowed for one Receiver that goes by several names (SSF §4.1.8).
//
// One value is encoded as a string, any other number as an array; both are
// understood (RFC 7519 §4.1.3).
type Audience []string

// Contains reports whether value is one of the audience, compared exactly.
func (a Audience) Contains(value string) bool { return slices.Contains(a, value) }

// MarshalJSON encodes the audience as a string or an array of strings.
func (a Audience) MarshalJSON() ([]byte, error) { return a.appendJSON(nil), nil }

func (a Audience) appendJSON(dst []byte) []byte {
	if len(a) == 1 {
		return appendString(dst, a[0])
	}
	dst = append(dst, '[')
	for i, value := range a {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, value)
	}
	return append(dst, ']')
}

var errAudience = errors.New(`"aud" must be a string or an array of strings`)

// UnmarshalJSON decodes a string or an array of strings, and nothing else.
func (a *Audience) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	switch value := value.(type) {
	case string:
		*a = Audience{value}
		return nil
	case []any:
		values := make(Audience, 0, len(value))
		for _, v := range value {
			s, ok := v.(string)
			if !ok {
				return errAudience
			}
			values = append(values, s)
		}
		*a = values
		return nil
	}
	return errAudience
}

// check reports an audience that identifies nobody.
func (a Audience) check() error {
	if len(a) == 0 || slices.Contains(a, "") {
		return errors.New(`"aud" must name at least one audience, none of them empty`)
	}
	return nil
}
