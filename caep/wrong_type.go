// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
)

// wrongType is the error of an UnmarshalJSON method of type T. It has the type
// that encoding/json uses itself, because json adds the name of the member to
// errors of that type and to no other.
func wrongType[T any](data []byte) error {
	return &json.UnmarshalTypeError{Value: kind(data), Type: reflect.TypeFor[T]()}
}

// kind names the JSON type of a value by its first byte. Numbers are quoted,
// since their range may be what is wrong with them.
func kind(data []byte) string {
	if len(data) == 0 {
		return "value"
	}
	switch data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	return fmt.Sprintf("number %.40s", data)
}

// memberError turns an error of encoding/json into words for the sender.
func memberError(t secevent.EventType, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return &MemberError{Type: t, Reason: "payload is not valid JSON"}
	}
	member := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
	return &MemberError{
		Type: t, Member: member,
		Reason: fmt.Sprintf("is a JSON %s, want %s", wrong.Value, wanted(wrong.Type)),
	}
}

// wanted says in JSON terms what a Go type is read from.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Timestamp]():
		return "a number of seconds between the years 1970 and 9999"
	case reflect.TypeFor[Reason]():
		return "an object of language tags and texts"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array of strings"
	}
	return "an object"
}
