// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package httpd runs an HTTP server and holds the middleware around its routes.
//
// It knows no route: app mounts them, and wraps them once, outermost first, in
// RequestID, Clients, AccessLog, Recover, SecurityHeaders and MaxBody. Each is
// a function from handler to handler, of the form that routers take.
package httpd
