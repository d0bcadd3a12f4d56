// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package web serves the pages that people see: sign-in, consent, the portal
// with their applications, their account with its factors and sessions,
// recovery by mail, and the first set-up.
//
// A handler reads the form, calls one verb and answers with a page or with a
// redirect (303) to one. Answers to a form never redirect to another site: the
// policy form-action 'self' holds for all redirects that follow a form, so a
// small page in between leaves the form behind first.
//
// All pages work without script, except that passkeys need one: browsers have
// no other way to them. Scripts come from our own origin, and nothing inline
// runs.
//
// What could lock somebody out, or let somebody in, needs a recent proof. A
// form that comes without one is answered by a page that asks for it, carries
// what was typed, and sends it to the same route again: no state is kept.
//
// The package decides nothing about tokens, codes or streams. It knows a
// browser by one cookie, which holds a random token and no data.
package web
