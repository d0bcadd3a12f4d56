// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject_test

import (
	"fmt"

	"github.com/tocsin-id/tocsin/subject"
)

// A Receiver that added a user gets the events about that user's sessions.
func ExampleMatch() {
	added := subject.Complex{subject.MemberUser: subject.Email("user@example.com")}
	event, err := subject.Parse([]byte(`{
		"format": "complex",
		"user": {"format": "email", "email": "user@example.com"},
		"session": {"format": "opaque", "id": "s1"}
	}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(subject.Match(added, event))
	fmt.Println(subject.Key(added))
	// Output:
	// true
	// {"format":"complex","user":{"format":"email","email":"user@example.com"}}
}

// An error names the member, so that an API can name the field.
func ExampleParseStrict() {
	_, err := subject.ParseStrict([]byte(`{
		"format": "complex",
		"user": {"format": "phone_number", "phone_number": "+1 206 555 0100"}
	}`))
	fmt.Println(err)
	// Output:
	// subject identifier: user.phone_number must be an E.164 number such as "+12065550100"
}
