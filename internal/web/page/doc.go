// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package page renders the pages that people see: one templ component and one
// view struct for each, as plain data that a handler fills in.
//
// It knows no database, no request and no role, so that a page can be looked at
// and compared with its golden file alone. Pages carry no inline script and no
// inline style: the Content-Security-Policy that they are served with would
// not run them.
//
// The *_templ.go files are generated from the *.templ files by templ generate
// and committed.
package page
