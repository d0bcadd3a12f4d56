// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "fmt"

// RequestError says which member of a request body is wrong, and how. It is
// the sender's fault: a Transmitter answers 400 and shows both.
type RequestError struct {
	// Member is the path of the member, such as "delivery.method" or
	// "events_requested[2]"; "" for the body as a whole.
	Member string

	// Reason says what is wrong, and completes a sentence that begins with
	// the member: "is required".
	Reason string
}

// Error returns the member and the reason as one sentence.
func (e *RequestError) Error() string {
	if e.Member == "" {
		return "the request body " + e.Reason
	}
	return fmt.Sprintf("member %q %s", e.Member, e.Reason)
}
