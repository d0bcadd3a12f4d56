// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
)

// A check gathers what is wrong with one event. A fault that makes the event
// unusable wins over an unknown enumeration value, whatever the order in which
// they were found: a caller that tolerates unknown values relies on it.
type check struct {
	event   secevent.EventType
	broken  *MemberError
	unknown *MemberError
}

func (c *check) fail(member, format string, args ...any) {
	if c.broken == nil {
		c.broken = &MemberError{Type: c.event, Member: member, Reason: fmt.Sprintf(format, args...)}
	}
}

// required fails for a string member that is absent or empty.
func (c *check) required(member, value string) {
	if value == "" {
		c.fail(member, "is required")
	}
}

// oneOf records a non-empty value outside a closed enumeration. Presence is
// the business of required.
func oneOf[T ~string](c *check, member string, value T, allowed ...T) {
	if value == "" || slices.Contains(allowed, value) || c.unknown != nil {
		return
	}
	list := make([]string, len(allowed))
	for i, a := range allowed {
		list[i] = string(a)
	}
	c.unknown = &MemberError{
		Type: c.event, Member: member, UnknownValue: true,
		Reason: fmt.Sprintf("is %q, want one of %s", value, strings.Join(list, ", ")),
	}
}

// common checks the claims that every CAEP event may carry (CAEP §2).
func (c *check) common(m Common) {
	oneOf(c, "initiating_entity", m.InitiatingEntity, ByAdmin, ByUser, ByPolicy, BySystem)
	if err := m.ReasonAdmin.Validate(); err != nil {
		c.fail("reason_admin", "%v", err)
	}
	if err := m.ReasonUser.Validate(); err != nil {
		c.fail("reason_user", "%v", err)
	}
	if err := m.EventTimestamp.Validate(); err != nil {
		c.fail("event_timestamp", "%v", err)
	}
}

// err returns the most serious finding, or an untyped nil.
func (c *check) err() error {
	switch {
	case c.broken != nil:
		return c.broken
	case c.unknown != nil:
		return c.unknown
	}
	return nil
}
