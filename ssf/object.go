// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// An object gives strict access to the members of a JSON object. A getter
// returns the zero value if the member is absent; the first fault found stays
// in fault, and getters after it are harmless. Names are exact, unlike those
// of encoding/json.
type object struct {
	path    string
	members map[string]json.RawMessage
	fault   **RequestError // shared with the objects inside
}

// parseObject reads a request body.
func parseObject(body []byte) *object {
	o := &object{fault: new(*RequestError)}
	if len(bytes.TrimSpace(body)) == 0 {
		o.fail("", "is empty, want a JSON object")
		return o
	}
	if err := secevent.CheckJSON(body); err != nil {
		o.fail("", "is "+strings.TrimPrefix(err.Error(), "is "))
		return o
	}
	if err := json.Unmarshal(body, &o.members); err != nil {
		o.fail("", "is not a JSON object")
	}
	return o
}

// err returns the first fault as an error, or an untyped nil.
func (o *object) err() error {
	if *o.fault == nil {
		return nil
	}
	return *o.fault
}

// fail records a fault of a member, or of the object itself for "".
func (o *object) fail(name, reason string) {
	if *o.fault == nil {
		*o.fault = &RequestError{Member: o.at(name), Reason: reason}
	}
}

func (o *object) at(name string) string {
	switch {
	case o.path == "":
		return name
	case name == "":
		return o.path
	}
	return o.path + "." + name
}

// get returns a member. SPEC: null is refused everywhere, since SSF gives it
// no meaning and it could be read as "delete" or as "leave alone".
func (o *object) get(name string) (json.RawMessage, bool) {
	raw, ok := o.members[name]
	if ok && string(raw) == "null" {
		o.fail(name, "must not be null; leave it out instead")
		return nil, false
	}
	return raw, ok
}

// required fails if the member is absent.
func (o *object) required(name string) {
	if _, ok := o.members[name]; !ok {
		o.fail(name, "is required")
	}
}

// text returns a string, or nil if the member is absent.
func (o *object) text(name string) *string {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	s, reason := decodeText(raw)
	if reason != "" {
		o.fail(name, reason)
		return nil
	}
	return &s
}

// optionalText returns a string, "" if the member is absent.
func (o *object) optionalText(name string) string {
	if s := o.text(name); s != nil {
		return *s
	}
	return ""
}

// requiredText returns a string that must be there and not be empty.
func (o *object) requiredText(name string) string {
	o.required(name)
	s := o.text(name)
	if s == nil {
		return ""
	}
	if *s == "" {
		o.fail(name, "must not be empty")
	}
	return *s
}

// boolean returns true or false, or nil if the member is absent.
func (o *object) boolean(name string) *bool {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	b := string(raw) == "true"
	if !b && string(raw) != "false" {
		o.fail(name, "must be true or false")
		return nil
	}
	return &b
}

// integer returns a whole number that is not negative, or nil if the member is
// absent. What does not fit in 31 bits counts as the most that does: as a
// limit or a number of seconds the two mean the same.
func (o *object) integer(name string) *int {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	n, err := strconv.ParseUint(string(raw), 10, 31)
	if errors.Is(err, strconv.ErrRange) {
		n, err = math.MaxInt32, nil
	}
	if err != nil {
		o.fail(name, "must be an integer that is not negative")
		return nil
	}
	whole := int(n)
	return &whole
}

// texts returns an array of strings, or nil if the member is absent. An empty
// array is not nil.
func texts[T ~string](o *object, name string) []T {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		o.fail(name, "must be an array of strings")
		return nil
	}
	list := make([]T, len(elements))
	for i, element := range elements {
		s, reason := decodeText(element)
		if reason != "" {
			o.fail(name+"["+strconv.Itoa(i)+"]", reason)
			return nil
		}
		list[i] = T(s)
	}
	return list
}

// object returns an object inside this one, or nil if the member is absent.
func (o *object) object(name string) *object {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	inner := &object{path: o.at(name), fault: o.fault}
	if err := json.Unmarshal(raw, &inner.members); err != nil {
		o.fail(name, "must be an object")
		return nil
	}
	return inner
}

// subject returns a required subject identifier whose values are valid.
func (o *object) subject(name string) subject.Identifier {
	o.required(name)
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	id, err := subject.Parse(raw)
	if err == nil {
		err = id.Validate()
	}
	if err == nil {
		return id
	}
	var wrong *subject.Error
	if !errors.As(err, &wrong) {
		o.fail(name, "is not a subject identifier")
		return nil
	}
	if wrong.Member != "" {
		name += "." + wrong.Member
	}
	o.fail(name, wrong.Reason)
	return nil
}

// decodeText reads a JSON string. An unpaired surrogate such as "\ud800" is
// refused: encoding/json would silently replace it, and a state has to come
// back as it went (SSF §8.1.4.2).
func decodeText(raw json.RawMessage) (s, reason string) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", "must be a string"
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", "must be a string"
	}
	const replacement = "\ufffd"
	meant := strings.Count(string(raw), replacement) + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	if strings.Count(s, replacement) > meant {
		return "", "must not hold an unpaired surrogate"
	}
	return s, ""
}
