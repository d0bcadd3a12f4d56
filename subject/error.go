// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"strconv"
	"strings"
)

// Error says which member of an identifier is wrong, and why. It holds no
// value of the identifier, which may be personal data.
type Error struct {
	// Member is the path of the member, as in "user.email" or
	// "identifiers[1].uri". It is empty when the whole is wrong. Long names
	// are cut.
	Member string

	// Reason completes the sentence that Member begins, as in "must not be
	// empty".
	Reason string
}

// Error returns the member and the reason as one sentence.
func (e *Error) Error() string {
	if e.Member == "" {
		return "subject identifier " + e.Reason
	}
	return "subject identifier: " + e.Member + " " + e.Reason
}

// within returns err with its member placed below the given one.
func within(member string, err error) error {
	e, ok := err.(*Error)
	if !ok || member == "" {
		return err
	}
	return &Error{Member: join(member, e.Member), Reason: e.Reason}
}

func join(path, member string) string {
	switch {
	case path == "":
		return member
	case member == "":
		return path
	}
	return path + "." + member
}

// maxName bounds what an error repeats of a member name from outside.
const maxName = 64

func clip(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "…"
}

func element(name string, i int) string {
	return name + "[" + strconv.Itoa(i) + "]"
}
