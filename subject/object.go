// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"maps"
	"slices"
)

// object hands out the members of one identifier, remembers which were asked
// for, and keeps the first error, so that a format reads as a list of its
// members.
type object struct {
	path    string
	members map[string]any
	read    map[string]bool
	strict  bool
	err     error
}

// text returns the non-empty string that a required member must be.
func (o *object) text(name string) (string, error) {
	o.read[name] = true
	value, ok := o.members[name]
	if !ok {
		return "", &Error{join(o.path, name), "is missing"}
	}
	s, reason := nonEmpty(value)
	if reason != "" {
		return "", &Error{join(o.path, name), reason}
	}
	return s, nil
}

func (o *object) must(name string) string {
	s, err := o.text(name)
	o.fail(err)
	return s
}

// array returns the non-empty array that a required member must be.
func (o *object) array(name string) []any {
	o.read[name] = true
	value, ok := o.members[name]
	if !ok {
		o.fail(&Error{join(o.path, name), "is missing"})
		return nil
	}
	values, ok := value.([]any)
	if !ok {
		o.fail(&Error{join(o.path, name), "must be an array"})
		return nil
	}
	if len(values) == 0 {
		o.fail(&Error{join(o.path, name), "must not be empty"})
	}
	return values
}

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// close returns the first error, or in strict mode the first member that was
// never asked for.
func (o *object) close() error {
	if o.err != nil || !o.strict {
		return o.err
	}
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !o.read[name] {
			return &Error{join(o.path, clip(name)), "is not a member of this format"}
		}
	}
	return nil
}

// nonEmpty returns the string in value, or the reason why there is none.
func nonEmpty(value any) (s, reason string) {
	s, ok := value.(string)
	switch {
	case value == nil:
		return "", "must not be null"
	case !ok:
		return "", "must be a string"
	case s == "":
		return "", "must not be empty"
	}
	return s, ""
}
