// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"testing"

	"github.com/tocsin-id/tocsin/subject"
)

// FuzzParse checks that what is read can be written and read again, and that
// the strict reading is a part of the tolerant one.
func FuzzParse(f *testing.F) {
	for _, test := range refused {
		f.Add([]byte(test.json))
	}
	for _, test := range tolerated {
		f.Add([]byte(test.json))
	}
	for _, pair := range pairs {
		if pair.first == nil {
			continue
		}
		if text, err := pair.first.MarshalJSON(); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		strict, strictErr := subject.ParseStrict(data)
		id, err := subject.Parse(data)
		if err != nil {
			if strictErr == nil {
				t.Fatalf("ParseStrict(%q) = %v, but Parse fails: %v", data, strict, err)
			}
			return
		}
		if strictErr == nil && !subject.Equal(strict, id) {
			t.Fatalf("ParseStrict(%q) = %v, but Parse = %v", data, strict, id)
		}
		text, err := id.MarshalJSON()
		if err != nil {
			t.Fatalf("MarshalJSON of Parse(%q) = %v", data, err)
		}
		again, err := subject.Parse(text)
		if err != nil || !subject.Equal(id, again) {
			t.Fatalf("Parse(%q) = %v, %v, want %v", text, again, err, id)
		}
		if !subject.Match(id, again) || !subject.Covers(id, again) {
			t.Fatalf("%s does not match itself", text)
		}
	})
}
