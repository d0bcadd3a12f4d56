// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// The paths of the endpoints. Those under /.well-known are where OIDC
// Discovery §4 and RFC 8414 §3 put them for an issuer without a path.
const (
	pathDiscovery     = "/.well-known/openid-configuration"
	pathMetadata      = "/.well-known/oauth-authorization-server"
	pathAuthorization = "/oauth2/authorize"
	pathToken         = "/oauth2/token"
	pathIntrospection = "/oauth2/introspect"
	pathRevocation    = "/oauth2/revoke"
	pathKeys          = "/oauth2/keys"
	pathUserinfo      = "/oidc/userinfo"
	pathLogout        = "/oidc/logout"
)

// Route is an endpoint as a request reaches it.
type Route struct {
	Method, Path string
	serve        http.HandlerFunc
}

// Routes returns every endpoint. Requests of other sites are part of the
// protocol: the caller must not put a check against forged requests before
// them. None of them acts on a cookie.
func (p *Provider) Routes() []Route {
	return []Route{
		{"GET", pathDiscovery, p.serveDiscovery},
		{"GET", pathMetadata, p.serveDiscovery},
		{"GET", pathKeys, p.serveKeys},
		{"GET", pathAuthorization, p.serveAuthorize},
		{"POST", pathAuthorization, p.serveAuthorize},
		{"POST", pathToken, p.serveToken},
		{"POST", pathIntrospection, p.serveIntrospect},
		{"POST", pathRevocation, p.serveRevoke},
		{"GET", pathUserinfo, p.serveUserinfo},
		{"POST", pathUserinfo, p.serveUserinfo},
		{"GET", pathLogout, p.serveLogout},
		{"POST", pathLogout, p.serveLogout},
	}
}

// Mount adds the endpoints to a router.
func (p *Provider) Mount(r chi.Router) {
	for _, route := range p.Routes() {
		r.Method(route.Method, route.Path, guard(route.serve))
	}
}

// Handler serves the endpoints, and 404 for anything else.
func (p *Provider) Handler() http.Handler {
	r := chi.NewRouter()
	p.Mount(r)
	return r
}

// guard keeps answers out of caches, because most of them hold a secret (RFC
// 6749 §5.1), and keeps browsers from guessing what they are. The public
// documents set a Cache-Control of their own.
func guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next(w, r)
	})
}
