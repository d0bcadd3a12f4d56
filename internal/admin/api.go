// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
)

const (
	// basePath is where all routes begin.
	basePath = "/api/v1"
	// openAPIPath is the one route that needs no token: it holds no data.
	openAPIPath = basePath + "/openapi.json"
	// maxBody is how much of a request is read, in bytes.
	maxBody = 1 << 20
)

// Config is what an API needs.
type Config struct {
	// DB, Passwords and Keys are required.
	DB        idp.DB
	Passwords *identity.Passwords
	Keys      *signing.Keys
	// Links leads to the pages of this server that invitations name.
	Links identity.Links
	// Mails says that mails are sent; otherwise invitations are links.
	Mails bool
	// StreamChanged is called after the commit of a change to a stream, so
	// that whoever waits on it looks again. Nil calls nobody.
	StreamChanged func(idp.StreamNum)
	// ClientAddress is the IP address that a request came from, for the audit
	// log; nil takes that of the connection.
	ClientAddress func(*http.Request) string
	// Log gets a line for each failure that is ours. Nil discards.
	Log *slog.Logger
}

// Route is one method of one path.
type Route struct {
	Method string
	// Path has its parameters in braces, such as /api/v1/users/{id}.
	Path string
	// Public says that no token is needed.
	Public bool
}

// API serves the admin API. Hand it all requests for paths that begin with
// /api/v1, with the path as it is: it matches whole paths.
type API struct {
	cfg     Config
	log     *slog.Logger
	huma    huma.API
	handler http.Handler
	routes  []Route
}

// NewAPI returns an API, or an error that names what is missing.
func NewAPI(c Config) (*API, error) {
	if c.DB == nil || c.Passwords == nil || c.Keys == nil {
		return nil, errors.New("admin: DB, Passwords and Keys are required")
	}
	if c.StreamChanged == nil {
		c.StreamChanged = func(idp.StreamNum) {}
	}
	if c.ClientAddress == nil {
		c.ClientAddress = peerAddress
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	router := chi.NewRouter()
	a := &API{cfg: c, log: c.Log, huma: humachi.New(router, humaConfig())}
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("there is no route %s; see %s", r.URL.Path, openAPIPath))
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s does not answer %s; see %s", r.URL.Path, r.Method, openAPIPath))
	})
	a.userRoutes()
	a.credentialRoutes()
	a.sessionRoutes()
	a.groupRoutes()
	a.applicationRoutes()
	a.oidcProviderRoutes()
	a.ssfProviderRoutes()
	a.signingKeyRoutes()
	a.streamRoutes()
	a.apiTokenRoutes()
	a.auditRoutes()
	a.changeRoutes()
	// The document does not change any more, so it is encoded once.
	document, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("admin: OpenAPI document: %w", err)
	}
	router.Get(openAPIPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(document)
	})
	a.routes = append(a.routes, Route{Method: http.MethodGet, Path: openAPIPath, Public: true})
	a.handler = a.withToken(router)
	return a, nil
}

// Routes lists every method of every path.
func (a *API) Routes() []Route { return a.routes }

// ServeHTTP serves the API.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A router above may have matched a part of the path and left a note of
	// it, which this router would continue from.
	ctx := context.WithValue(r.Context(), chi.RouteCtxKey, nil)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	a.handler.ServeHTTP(w, r.WithContext(ctx))
}

// humaConfig is JSON alone, with neither pages nor links of huma's own.
func humaConfig() huma.Config {
	c := huma.DefaultConfig("Tocsin admin API", "1")
	c.Info.Description = "Durations are whole seconds, in members that end in _seconds. " +
		"Instants are in RFC 3339 form. Lists that can be long return next_cursor: give it as cursor to go on. " +
		"Unknown members and parameters are refused. Errors are application/problem+json and name the member that is wrong."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readJSON}
	c.Formats = map[string]huma.Format{"application/json": format, "json": format}
	c.RejectUnknownQueryParameters = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"apiToken": {Type: "http", Scheme: "bearer", Description: "An API token, which acts as an admin."},
	}
	c.Security = []map[string][]string{{"apiToken": {}}}
	c.Transformers = []huma.Transformer{hideValues}
	return c
}

// peerAddress is the address of the connection, without the port.
func peerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
