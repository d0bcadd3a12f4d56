// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of the input. The known formats need four.
const maxDepth = 16

// decode reads one JSON value. Unlike json.Unmarshal it refuses a name that
// occurs twice in an object, since two readers could then see two subjects,
// and keeps the spelling of numbers.
func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, &Error{"", "must be UTF-8"}
	}
	if !json.Valid(data) {
		return nil, &Error{"", "must be valid JSON"}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return decodeValue(dec, "", 0)
}

func decodeValue(dec *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &Error{path, "is nested too deeply"}
	}
	token, err := dec.Token()
	if err != nil {
		return nil, &Error{path, "must be valid JSON"}
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return decodeArray(dec, path, depth)
		}
		return decodeObject(dec, path, depth)
	case string:
		return token, checkText(path, token)
	}
	return token, nil
}

func decodeArray(dec *json.Decoder, path string, depth int) (any, error) {
	values := []any{}
	for dec.More() {
		value, err := decodeValue(dec, element(path, len(values)), depth+1)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	_, err := dec.Token() // the closing bracket
	return values, err
}

func decodeObject(dec *json.Decoder, path string, depth int) (any, error) {
	members := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, &Error{path, "must be valid JSON"}
		}
		name := token.(string)
		if err := checkText(path, name); err != nil {
			return nil, err
		}
		if _, ok := members[name]; ok {
			return nil, &Error{join(path, clip(name)), "occurs twice"}
		}
		if members[name], err = decodeValue(dec, join(path, clip(name)), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token() // the closing brace
	return members, err
}

// checkText refuses the replacement character. encoding/json writes it for
// each unpaired surrogate, so "\ud800" and "\ud801" would be one subject.
func checkText(path, s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return &Error{path, "must not hold U+FFFD or an unpaired surrogate"}
	}
	return nil
}
