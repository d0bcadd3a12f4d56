// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"errors"
	"fmt"
)

// The outcomes that every layer knows. They are returned wrapped with the noun
// they are about and tested with errors.Is.
var (
	// ErrNotFound says that no such thing exists, or that the caller may not
	// know whether it does.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a name or value which has to be unique is taken,
	// or that the thing changed meanwhile.
	ErrConflict = errors.New("conflict")
	// ErrExpired says that a token, code, request or session is past its time.
	ErrExpired = errors.New("expired")
	// ErrDenied says that the actor may not do this.
	ErrDenied = errors.New("denied")
	// ErrDisabled says that the account exists and is switched off.
	ErrDisabled = errors.New("disabled")
	// ErrReused says that something which works once was presented again.
	ErrReused = errors.New("already used")
)

// InvalidError says which member of an input is wrong and why. Its text may be
// shown to the person who sent the input.
type InvalidError struct {
	// Field is the member as the sender spells it, such as "redirect_uris".
	Field string
	// Reason completes the sentence "FIELD ...", such as "must not be empty".
	Reason string
}

// Error names the field and the reason.
func (e *InvalidError) Error() string { return e.Field + " " + e.Reason }

// Invalid returns an *InvalidError with a formatted reason.
func Invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
