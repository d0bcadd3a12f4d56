// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Route is one method of one endpoint, for tests that go over all of them.
type Route struct {
	Method string
	// Pattern is a pattern of chi, with {slug} and {stream_id}.
	Pattern string
	// Scope is the scope that the route needs; ScopeManage always suffices.
	// Empty means that the route is public.
	Scope string
}

// route is a Route with what serves it: an operation on a call, or for public
// ones a plain handler.
type route struct {
	Route
	// maxBody is how many bytes of body are read; 0 ignores the body.
	maxBody int64
	serve   func(*Transmitter, *call) (reply, error)
	public  func(*Transmitter, http.ResponseWriter, *http.Request)
}

const (
	// managementBody fits a stream with every event type that exists, or a
	// complex subject with long identifiers, many times over.
	managementBody = 64 << 10
	// pollBody fits the acknowledgements of more than MaxEvents SETs.
	pollBody = 1 << 20
)

const (
	patternMetadata = "/.well-known/ssf-configuration/ssf/{slug}"
	patternResource = "/.well-known/oauth-protected-resource/ssf/{slug}"
	patternJWKS     = "/ssf/{slug}/jwks.json"
	patternStreams  = "/ssf/{slug}/streams"
	patternStatus   = "/ssf/{slug}/status"
	patternAdd      = "/ssf/{slug}/subjects/add"
	patternRemove   = "/ssf/{slug}/subjects/remove"
	patternVerify   = "/ssf/{slug}/verify"
	patternPoll     = "/ssf/{slug}/poll/{stream_id}"
)

// routes is every endpoint. The poll endpoint has the authorization of the
// others (SSF §7.1.1) and counts as reading, though it acknowledges: the
// conformance suite and its Receivers poll with ssf.read.
func routes() []route {
	return []route{
		{Route: Route{http.MethodGet, patternMetadata, ""}, public: (*Transmitter).serveMetadata},
		{Route: Route{http.MethodGet, patternResource, ""}, public: (*Transmitter).serveResource},
		{Route: Route{http.MethodGet, patternJWKS, ""}, public: (*Transmitter).serveJWKS},
		{Route{http.MethodPost, patternStreams, ScopeManage}, managementBody, (*Transmitter).serveCreate, nil},
		{Route{http.MethodGet, patternStreams, ScopeRead}, 0, (*Transmitter).serveRead, nil},
		{Route{http.MethodPatch, patternStreams, ScopeManage}, managementBody, (*Transmitter).serveUpdate, nil},
		{Route{http.MethodPut, patternStreams, ScopeManage}, managementBody, (*Transmitter).serveReplace, nil},
		{Route{http.MethodDelete, patternStreams, ScopeManage}, 0, (*Transmitter).serveDelete, nil},
		{Route{http.MethodGet, patternStatus, ScopeRead}, 0, (*Transmitter).serveStatus, nil},
		{Route{http.MethodPost, patternStatus, ScopeManage}, managementBody, (*Transmitter).serveSetStatus, nil},
		{Route{http.MethodPost, patternAdd, ScopeManage}, managementBody, (*Transmitter).serveAddSubject, nil},
		{Route{http.MethodPost, patternRemove, ScopeManage}, managementBody, (*Transmitter).serveRemoveSubject, nil},
		{Route{http.MethodPost, patternVerify, ScopeManage}, managementBody, (*Transmitter).serveVerify, nil},
		{Route{http.MethodPost, patternPoll, ScopeRead}, pollBody, (*Transmitter).servePoll, nil},
	}
}

// Routes lists every method of every endpoint.
func Routes() []Route {
	var all []Route
	for _, r := range routes() {
		all = append(all, r.Route)
	}
	return all
}

// Mount adds the endpoints to a router, with an answer in JSON for every other
// method and for every other path below /ssf/.
func (t *Transmitter) Mount(router chi.Router) {
	byPattern := make(map[string]map[string]route)
	for _, r := range routes() {
		methods := byPattern[r.Pattern]
		if methods == nil {
			methods = make(map[string]route)
			byPattern[r.Pattern] = methods
		}
		methods[r.Method] = r
		if r.public != nil {
			methods[http.MethodHead] = r
		}
	}
	for pattern, methods := range byPattern {
		router.HandleFunc(pattern, t.endpoint(methods))
	}
	for _, pattern := range []string{"/ssf/*", "/.well-known/ssf-configuration", "/.well-known/ssf-configuration/*"} {
		router.HandleFunc(pattern, serveNothing)
	}
}

// endpoint serves the methods of one pattern. The method is looked at first:
// 405 tells nothing that Routes does not.
func (t *Transmitter) endpoint(methods map[string]route) http.HandlerFunc {
	names := make([]string, 0, len(methods))
	for name := range methods {
		names = append(names, name)
	}
	slices.Sort(names)
	allow := strings.Join(names, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		route, ok := methods[r.Method]
		switch {
		case !ok:
			w.Header().Set("Allow", allow)
			writeError(w, &wireError{Status: http.StatusMethodNotAllowed, Code: codeMethodNotAllowed,
				Description: "this endpoint understands " + allow})
		case route.public != nil:
			route.public(t, w, r)
		default:
			t.serve(w, r, route)
		}
	}
}

// serve authorizes a request, runs its operation and writes the answer.
func (t *Transmitter) serve(w http.ResponseWriter, r *http.Request, route route) {
	c, wire := t.admit(w, r, route)
	if wire != nil {
		t.logError(r, wire)
		writeError(w, wire)
		return
	}
	answer, err := route.serve(t, c)
	t.touch(c)
	if err != nil {
		wire := toWire(err)
		t.logError(r, wire)
		writeError(w, wire)
		return
	}
	writeJSON(w, answer.status, answer.body)
}

func serveNothing(w http.ResponseWriter, _ *http.Request) {
	writeError(w, toWire(public(idp.ErrNotFound, "there is no endpoint at this address")))
}
