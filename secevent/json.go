// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON from outside.
const maxDepth = 64

// CheckJSON reports input that is not exactly one JSON object in UTF-8, has a
// name twice in one object at any depth, or is nested more than 64 deep. Two
// readers of such an object may see different claims (RFC 8725 §2.4, RFC 7519
// §4), and json.Unmarshal accepts it.
func CheckJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	if !json.Valid(data) {
		return errors.New("not valid JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	return checkObject(dec, 1)
}

// checkObject reads the rest of an object whose brace has been read.
func checkObject(dec *json.Decoder, depth int) error {
	seen := make(map[string]bool)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if seen[name] {
			return fmt.Errorf("member %.60q occurs twice", name)
		}
		seen[name] = true
		if err := checkValue(dec, depth); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func checkValue(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	if delim == '{' {
		return checkObject(dec, depth+1)
	}
	for dec.More() {
		if err := checkValue(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// appendString appends the bytes that json.Marshal writes for s, without its
// allocation where s is plain, as issuers and identifiers are.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if !plain(s[i]) {
			text, err := json.Marshal(s)
			if err != nil {
				panic(err) // encoding/json has JSON for every string
			}
			return append(dst, text...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// plain reports whether json.Marshal writes c as it is.
func plain(c byte) bool {
	switch c {
	case '"', '\\', '<', '>', '&':
		return false
	}
	return 0x20 <= c && c <= 0x7e
}
