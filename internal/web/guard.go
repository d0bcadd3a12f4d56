// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
)

// contentPolicy is the Content-Security-Policy of all pages. Nothing inline
// runs or styles; pictures of applications may come from anywhere, and in
// development without TLS too.
func contentPolicy(secure bool) string {
	images := "img-src 'self' data: https:"
	if !secure {
		images += " http:"
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " + images +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'; trusted-types 'none'"
}

// protect sets the headers of all pages. Pages are made for one person, so no
// cache keeps them. The referrer stays on our site; "no-referrer" would also
// take the Origin from our own forms, which the check below needs.
func (s *Site) protect(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// guard runs a route: headers, no forms of other sites, the right method, who
// is there, and whether they may.
func (s *Site) guard(m methods) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		route, ok := m[method]
		if !ok {
			w.Header().Set("Allow", m.allow())
			s.fail(&visit{w: w, r: r}, errMethod)
			return
		}
		v, err := s.resume(w, r)
		if err == nil {
			err = s.run(route, v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
	checked := s.crossSite.Handler(inner)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.protect(w.Header())
		checked.ServeHTTP(w, r)
	})
}

func (s *Site) run(route Route, v *visit) error {
	if route.Access == ForEveryone || v.signedIn() {
		return route.serve(v)
	}
	if route.Method != http.MethodGet {
		return errSignedOut
	}
	var f signInForm
	if route.Path != "/" {
		f.next = localPath(v.r.URL.RequestURI())
	}
	return v.redirect(f.page())
}

// serveCrossSite answers a form that another site sent.
func (s *Site) serveCrossSite(w http.ResponseWriter, r *http.Request) {
	s.fail(&visit{w: w, r: r}, errCrossSite)
}
