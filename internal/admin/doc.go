// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package admin holds what an admin can do, and its JSON API.
//
// Each verb that changes something begins with allow, which decides whether
// the actor may and enters the change in the audit log of the same
// transaction: a change without an entry, or a check that was forgotten, would
// be a verb that does not begin like the others. Verbs that only read begin
// with authorize and leave no entry.
//
// Verbs take idp nouns and a transaction; what takes long (a password's hash,
// an RSA key) is made before it. [NewAPI] serves them as JSON under /api/v1 to
// whoever holds an API token, with its OpenAPI document beside it. In the API
// a duration is a whole number of seconds, in a member whose name ends in
// _seconds, and an instant is in RFC 3339 form.
package admin
