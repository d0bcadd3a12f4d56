// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// claimScopes says which scope of OpenID Connect lets an application have a
// claim (OIDC Core §5.4). A claim that is not here needs the scope of its own
// name.
var claimScopes = map[string]string{
	"name": "profile", "preferred_username": "profile", "email": "email", "groups": "groups",
}

// released returns the event of a signal with what the user let the
// application have, and false when nothing is left to say. Most events say
// that something happened; only those that carry data about the user wait for
// their consent, as the same data does in ID tokens (SSF §10.3.2).
func released(tx idp.Tx, sig idp.Signal, app idp.ApplicationID) (json.RawMessage, bool, error) {
	if sig.Type != caep.TypeTokenClaimsChange && sig.Type != risc.TypeIdentifierChanged {
		return sig.Event, true, nil
	}
	scopes, all, err := consented(tx, sig.Principal.UserID, app)
	switch {
	case err != nil:
		return nil, false, err
	case all:
		return sig.Event, true, nil
	case sig.Type == risc.TypeIdentifierChanged:
		return sig.Event, slices.Contains(scopes, "email"), nil
	}
	return releasedClaims(sig.Event, scopes)
}

// emailReleased reports whether an application may be told the address of a
// user in a sub_id. Where the user was asked, their answer counts; an
// application that nobody signs in to was never asked about, and gets what the
// admin chose for its provider (SSF §10.3.2).
func emailReleased(tx idp.Tx, user idp.UserID, app idp.ApplicationID) (bool, error) {
	if _, err := tx.OIDCProviderOf(app); errors.Is(err, idp.ErrNotFound) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	scopes, all, err := consented(tx, user, app)
	return all || slices.Contains(scopes, "email"), err
}

// consented returns the scopes that a user let an application have. Everything
// is fine for an application that needs no consent.
func consented(tx idp.Tx, user idp.UserID, app idp.ApplicationID) (scopes []string, all bool, err error) {
	provider, err := tx.OIDCProviderOf(app)
	if errors.Is(err, idp.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil || provider.SkipConsent {
		return nil, provider.SkipConsent, err
	}
	grant, err := tx.Grant(user, app)
	if errors.Is(err, idp.ErrNotFound) {
		return nil, false, nil
	}
	return grant.Scopes, false, err
}

// releasedClaims takes the claims out of a token-claims-change that the scopes
// do not cover.
func releasedClaims(event json.RawMessage, scopes []string) (json.RawMessage, bool, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(event, &members); err != nil {
		return nil, false, &unsayableError{fmt.Errorf("token-claims-change: %w", err)}
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(members["claims"], &claims); err != nil {
		return nil, false, &unsayableError{fmt.Errorf("token-claims-change: claims: %w", err)}
	}
	before := len(claims)
	for name := range claims {
		scope, known := claimScopes[name]
		if !known {
			scope = name
		}
		if !slices.Contains(scopes, scope) {
			delete(claims, name)
		}
	}
	if len(claims) == before {
		return event, before > 0, nil
	}
	if len(claims) == 0 {
		return nil, false, nil
	}
	kept, err := json.Marshal(claims)
	if err != nil {
		return nil, false, err
	}
	members["claims"] = kept
	event, err = json.Marshal(members)
	return event, true, err
}
