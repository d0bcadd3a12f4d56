// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// The scopes that exist. ScopeRead and ScopeManage are for Receivers that
// manage their streams (CAEP Interop §2.7.2): only applications that have an
// SSF provider can have them, and only with client credentials.
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeEmail   = "email"
	ScopeGroups  = "groups"
	ScopeOffline = "offline_access"
	ScopeRead    = "ssf.read"
	ScopeManage  = "ssf.manage"
)

// userScopes is what a user can grant, in the order in which it is shown.
func userScopes() []string {
	return []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeGroups, ScopeOffline}
}

func ssfScopes() []string { return []string{ScopeRead, ScopeManage} }

// Scope is a scope as a person reads it.
type Scope struct {
	Name string
	// Description completes the sentence "APPLICATION will be able to ...".
	Description string
}

// DescribeScope returns a scope for the consent page.
func DescribeScope(name string) Scope {
	descriptions := map[string]string{
		ScopeOpenID:  "know who you are when you sign in",
		ScopeProfile: "see your name and user name",
		ScopeEmail:   "see your e-mail address",
		ScopeGroups:  "see which groups you belong to",
		ScopeOffline: "stay connected until your session here ends",
	}
	return Scope{Name: name, Description: descriptions[name]}
}

// grantableScopes returns what of an authorization request can be granted.
// Scopes that we do not know are left out, and the answer says what is left
// (RFC 6749 §3.3, OIDC Core §3.1.2.1). Scopes for streams are refused: a
// person cannot give an application what is not about them.
func grantableScopes(p idp.OIDCProvider, requested []string) ([]string, error) {
	var scopes []string
	for _, name := range userScopes() {
		if !slices.Contains(requested, name) {
			continue
		}
		// A client that cannot use a refresh token does not get one.
		if name == ScopeOffline && !p.Allows(idp.GrantRefreshToken) {
			continue
		}
		scopes = append(scopes, name)
	}
	for _, name := range requested {
		if slices.Contains(ssfScopes(), name) {
			return nil, refuse(InvalidScope, name+" is given for client credentials only, not for a user")
		}
	}
	if !slices.Contains(scopes, ScopeOpenID) {
		return nil, refuse(InvalidScope, "the scope must contain openid")
	}
	return scopes, nil
}

// clientScopes returns the scopes that an application gets with its own
// credentials. Unlike a user, a program can be told that it asked for too
// much, so what is unknown is refused (RFC 6749 §5.2). Without a scope it gets
// all that it may have (RFC 6749 §3.3).
func clientScopes(requested string, hasSSF bool) ([]string, error) {
	if !hasSSF {
		return nil, refuse(InvalidScope, "the application has no SSF provider, so there is nothing that client credentials could give it")
	}
	names := strings.Fields(requested)
	if len(names) == 0 {
		return ssfScopes(), nil
	}
	var scopes []string
	for _, name := range names {
		if !slices.Contains(ssfScopes(), name) {
			return nil, refuse(InvalidScope, "client credentials can have the scopes ssf.read and ssf.manage only")
		}
		if !slices.Contains(scopes, name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, nil
}
