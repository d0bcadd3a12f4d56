// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page

// Field is one labelled input.
type Field struct {
	// Name is the form value, and the id of the input.
	Name  string
	Label string
	// Type is the type attribute: "text", "email" or "password". A password
	// gets a button that shows it, where scripts run.
	Type  string
	Value string
	// Autocomplete tells password managers what it is.
	Autocomplete string
	// Hint stands under the input; empty for none.
	Hint string
	// Error says what is wrong with the value; empty when nothing is.
	Error string
	// Focus puts the cursor here when the page opens.
	Focus bool
	// Digits brings up the keyboard with digits on a phone.
	Digits bool
	// Optional inputs may stay empty.
	Optional bool
}

func (f Field) hintID() string  { return f.Name + "-hint" }
func (f Field) errorID() string { return f.Name + "-error" }

// describedBy names the elements that a screen reader reads after the label.
func (f Field) describedBy() string {
	switch {
	case f.Error != "" && f.Hint != "":
		return f.errorID() + " " + f.hintID()
	case f.Error != "":
		return f.errorID()
	case f.Hint != "":
		return f.hintID()
	default:
		return ""
	}
}
