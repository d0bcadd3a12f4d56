// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"maps"
	"slices"
)

// The members of a complex subject that SSF names (SSF §3.3). Others may be
// agreed on.
const (
	MemberUser        = "user"
	MemberDevice      = "device"
	MemberSession     = "session"
	MemberApplication = "application"
	MemberTenant      = "tenant"
	MemberOrgUnit     = "org_unit"
	MemberGroup       = "group"
)

// Complex is one subject described by several members, all of which hold for
// it: the session of that user on that device (SSF §3.3.1). It has at least
// one member; none is complex itself and none is called "format".
type Complex map[string]Identifier

// Format returns [FormatComplex].
func (Complex) Format() Format { return FormatComplex }

// Validate reports an empty subject and the first member, by name, that is not
// valid or may not be part of a complex subject.
func (c Complex) Validate() error {
	if err := c.checkShape(); err != nil {
		return err
	}
	for _, name := range c.names() {
		if err := c[name].Validate(); err != nil {
			return within(clip(name), err)
		}
	}
	return nil
}

// checkShape refuses a complex subject inside another: SSF §3.3 wants simple
// members, and matching would have no meaning.
func (c Complex) checkShape() error {
	if len(c) == 0 {
		return &Error{"", "must have at least one member beside format"}
	}
	for _, name := range c.names() {
		if name == "" {
			return &Error{"", "must not have a member without a name"}
		}
		if name == "format" {
			return &Error{"format", "must not be the name of a member"}
		}
		switch id := c[name].(type) {
		case nil:
			return &Error{clip(name), "must not be null"}
		case Complex:
			return &Error{clip(name), "must not have format complex"}
		case Aliases:
			if err := id.checkShape(); err != nil {
				return within(clip(name), err)
			}
		}
	}
	return nil
}

// MarshalJSON encodes the subject as a JSON object with its members sorted by
// name. It refuses what [Parse] could not read back.
func (c Complex) MarshalJSON() ([]byte, error) {
	if err := c.checkShape(); err != nil {
		return nil, err
	}
	return c.appendJSON(nil), nil
}

func (c Complex) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"format":"complex"`...)
	for _, name := range c.names() {
		dst = append(dst, ',')
		dst = appendString(dst, name)
		dst = append(dst, ':')
		dst = appendNil(dst, c[name])
	}
	return append(dst, '}')
}

// names returns the names of the members in order.
func (c Complex) names() []string { return slices.Sorted(maps.Keys(c)) }
