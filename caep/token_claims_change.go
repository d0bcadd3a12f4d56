// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"encoding/json"

	"github.com/tocsin-id/tocsin/secevent"
)

// TypeTokenClaimsChange is the event type of TokenClaimsChange (CAEP §3.2).
const TypeTokenClaimsChange secevent.EventType = base + "token-claims-change"

// TokenClaimsChange says that claims of a token which the subject identifies
// have new values (CAEP §3.2). The subject names the token, for example with
// the format jwt_id, or the user.
type TokenClaimsChange struct {
	Common

	// Claims holds the changed claims with their new values, which may be of
	// any JSON type. Required, at least one.
	Claims map[string]json.RawMessage `json:"claims"`
}

// EventType returns TypeTokenClaimsChange.
func (TokenClaimsChange) EventType() secevent.EventType { return TypeTokenClaimsChange }

// Validate checks that there are claims and that each value is JSON.
func (e TokenClaimsChange) Validate() error {
	c := check{event: e.EventType()}
	if len(e.Claims) == 0 {
		c.fail("claims", "is required, with at least one claim")
	}
	for name, value := range e.Claims {
		if !json.Valid(value) {
			c.fail("claims", "has a value for %q that is not JSON", name)
		}
	}
	c.common(e.Common)
	return c.err()
}
