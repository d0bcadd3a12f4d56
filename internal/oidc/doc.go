// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package oidc is the OpenID Provider: it signs users in to applications and
// gives applications their tokens.
//
// A sign-in passes through three states, all kept in one idp.AuthRequest.
// The authorization endpoint checks what the application asks for and sends
// the browser to the sign-in page with the request's id. The pages call
// [Provider.Resume] until it answers [Continue], which holds the code. The
// token endpoint exchanges the code, once.
//
// Access tokens are opaque. Whoever wants to know whether one works asks the
// database, through [Provider.Authenticate] or introspection, so that a
// revoked token, an ended session, a disabled user or a lost group takes
// effect at once. A token's id is the SHA-256 of the token: the record holds
// nothing that could be presented.
//
// # What the library does
//
// The library is zitadel/oidc. It checks prompts, PKCE, signatures and ID token
// hints, and it encodes the claims of ID tokens, the answers and the redirects.
// Its endpoint handlers are not mounted, for none of them can be told to do what
// this package promises:
//
//   - the authorization callback gives a code to whoever knows the id of a
//     request, here the code goes to the browser that holds the session;
//   - the authorization response has no "iss", and its form_post page cannot
//     carry one;
//   - a code is looked up before the client is known, and is consumed in
//     another transaction than its tokens are made in;
//   - client_credentials takes no client assertion, and no assertion is checked
//     for having been used before;
//   - parameters are read from the query as well as the body, by names in any
//     case, and the last of two values wins;
//   - discovery lists grants and response types that nobody switched on.
//
// The contract test says what we rely on from the library, so that it can be
// replaced.
package oidc
