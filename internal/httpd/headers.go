// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"fmt"
	"net/http"
	"time"
)

// DefaultCSP lets a page load only what this server serves, runs no inline
// script, and lets no other site frame it. It has no form-action: browsers
// apply that to the redirects after a form too, and signing in ends with one to
// the application.
const DefaultCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// HeadersConfig is the headers that differ between servers.
type HeadersConfig struct {
	// CSP is the Content-Security-Policy. Empty means DefaultCSP. A handler may
	// set its own.
	CSP string
	// HSTS tells browsers for how long to use https only. Zero sends no
	// Strict-Transport-Security; it must be zero where TLS is optional.
	HSTS time.Duration
}

// SecurityHeaders sets the headers that tell a browser to trust a page less.
// They are on every answer, because an error page can be abused as well.
func SecurityHeaders(config HeadersConfig) func(http.Handler) http.Handler {
	if config.CSP == "" {
		config.CSP = DefaultCSP
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", config.CSP)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			// Not no-referrer: a form would then be sent with Origin null,
			// which is what protection against forged requests refuses.
			h.Set("Referrer-Policy", "same-origin")
			if config.HSTS > 0 {
				h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d", int64(config.HSTS.Seconds())))
			}
			next.ServeHTTP(w, r)
		})
	}
}
