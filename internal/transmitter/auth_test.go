// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// example is a request that works for an application with ssf.manage.
type example struct {
	body    func(ssf.Stream) any
	query   bool // the stream_id is in the query
	success int
	// other is the answer to a token of another application.
	other int
}

func examples() map[string]example {
	withID := func(members object) func(ssf.Stream) any {
		return func(s ssf.Stream) any {
			body := object{"stream_id": s.ID}
			for name, value := range members {
				body[name] = value
			}
			return body
		}
	}
	subject := object{"format": "email", "email": "ada@example.com"}
	none := func(ssf.Stream) any { return nil }
	return map[string]example{
		"POST streams":         {func(ssf.Stream) any { return object{} }, false, 201, 403},
		"GET streams":          {none, false, 200, 403},
		"GET streams?":         {none, true, 200, 404},
		"PATCH streams":        {withID(object{"description": "x"}), false, 200, 404},
		"PUT streams":          {withID(object{"delivery": object{"method": ssf.Poll}}), false, 200, 404},
		"DELETE streams":       {none, true, 204, 404},
		"GET status":           {none, true, 200, 404},
		"POST status":          {withID(object{"status": "paused"}), false, 200, 404},
		"POST subjects/add":    {withID(object{"subject": subject}), false, 200, 404},
		"POST subjects/remove": {withID(object{"subject": subject}), false, 204, 404},
		"POST verify":          {withID(nil), false, 204, 404},
		"POST poll/{stream_id}": {func(ssf.Stream) any { return object{"returnImmediately": true} },
			false, 200, 404},
	}
}

// TestRights is SSF §8 #2, #3 and CAEP Interop §2.7.3 for each route.
func TestRights(t *testing.T) {
	e := newEnv(t)
	all := examples()
	for _, route := range transmitter.Routes() {
		if route.Scope == "" {
			continue
		}
		name := route.Method + " " + strings.TrimPrefix(route.Pattern, "/ssf/{slug}/")
		names := []string{name}
		if name == "GET streams" {
			names = append(names, "GET streams?")
		}
		for _, name := range names {
			ex, ok := all[name]
			if !ok {
				t.Fatalf("%s: no example", name)
			}
			t.Run(name, func(t *testing.T) { testRights(t, e, route, ex) })
		}
	}
}

func testRights(t *testing.T, e *env, route transmitter.Route, ex example) {
	send := func(s ssf.Stream, token string) answer {
		path := strings.NewReplacer("{slug}", "atlas", "{stream_id}", s.ID).Replace(route.Pattern)
		if ex.query {
			path += "?stream_id=" + s.ID
		}
		a := e.do(route.Method, path, token, ex.body(s))
		a.t = t
		return a
	}
	s := e.createPoll()
	for _, row := range []struct {
		name, token string
		status      int
		err         string // in WWW-Authenticate; "-" for a challenge without a code
	}{
		{"no token", "", 401, "-"},
		{"bad token", "bad", 401, "invalid_token"},
		{"malformed token", "b,d", 401, "invalid_token"},
		{"expired token", expired, 401, "invalid_token"},
		{"token of an end user", ofUser, 403, "insufficient_scope"},
		{"token without a scope of ours", noScope, 403, "insufficient_scope"},
		{"token of another application", otherManage, ex.other, ""},
		{"ssf.read", read, map[bool]int{true: ex.success, false: 403}[route.Scope == "ssf.read"], ""},
	} {
		a := send(s, row.token)
		if a.status != row.status {
			t.Errorf("%s: status = %d, want %d; %s", row.name, a.status, row.status, a.body)
		}
		if a.status >= 400 {
			a.wantError(row.status)
		}
		checkChallenge(t, row.name, a, row.err)
	}
	s = e.createPoll()
	if a := send(s, manage); a.status != ex.success {
		t.Errorf("ssf.manage: status = %d, want %d; %s", a.status, ex.success, a.body)
	} else if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
}

func checkChallenge(t *testing.T, name string, a answer, code string) {
	challenge := a.header.Get("WWW-Authenticate")
	switch {
	case code == "":
		return
	case !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, "realm=") ||
		!strings.Contains(challenge, `resource_metadata="`+base+`/.well-known/oauth-protected-resource/ssf/atlas"`):
		t.Errorf("%s: WWW-Authenticate = %q", name, challenge)
	case code == "-" && strings.Contains(challenge, "error"):
		t.Errorf("%s: WWW-Authenticate = %q, want no error code", name, challenge)
	case code != "-" && !strings.Contains(challenge, `error="`+code+`"`):
		t.Errorf("%s: WWW-Authenticate = %q, want %s", name, challenge, code)
	case code == "insufficient_scope" && !strings.Contains(challenge, `scope="ssf.`):
		t.Errorf("%s: WWW-Authenticate = %q, want the scope", name, challenge)
	}
}

func TestBearerToken(t *testing.T) {
	e := newEnv(t)
	get := func(path string, authorization ...string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "GET", e.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Authorization"] = authorization
		a := e.send(req)
		a.t = t
		return a
	}
	const streams = "/ssf/atlas/streams"
	// CAEP Interop §2.7.3 #1: the scheme is compared regardless of case.
	t.Run("header with any case of the scheme", func(t *testing.T) {
		for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
			get(streams, scheme+" "+read).want(http.StatusOK)
		}
	})
	// CAEP Interop §2.7.3 #2.
	t.Run("a token in the query is refused", func(t *testing.T) {
		get(streams+"?access_token="+read).wantError(http.StatusUnauthorized, "query")
	})
	t.Run("more than one token is a bad request", func(t *testing.T) {
		get(streams+"?access_token="+read, "Bearer "+read).wantError(http.StatusBadRequest, "invalid_request")
		get(streams, "Bearer "+read, "Bearer "+read).wantError(http.StatusBadRequest, "invalid_request")
	})
	t.Run("other schemes and empty tokens are no credentials", func(t *testing.T) {
		for _, header := range []string{"Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "", "Bearer é", "Bearer " + strings.Repeat("a", 9000)} {
			get(streams, header).wantError(http.StatusUnauthorized)
		}
	})
	t.Run("no token is looked at before the issuer", func(t *testing.T) {
		get("/ssf/nobody/streams").wantError(http.StatusUnauthorized)
	})
	t.Run("a good token on an unknown or unassigned issuer finds nothing", func(t *testing.T) {
		get("/ssf/nobody/streams", "Bearer "+manage).wantError(http.StatusNotFound)
		get("/ssf/unassigned/streams", "Bearer "+manage).wantError(http.StatusNotFound)
	})
}

// TestStreamOfAnother is SSF §8 #3: whose stream it is cannot be found out.
func TestStreamOfAnother(t *testing.T) {
	e := newEnv(t)
	foreign := decode[ssf.Stream](e.do("POST", "/ssf/other/streams", otherManage, object{}).want(http.StatusCreated))
	t.Run("is not there, as one that was never made", func(t *testing.T) {
		unknown := string(idp.NewID[idp.StreamID]())
		for _, row := range []struct {
			method, path string
			body         func(id string) any
		}{
			{"GET", "streams?stream_id=ID", nil},
			{"DELETE", "streams?stream_id=ID", nil},
			{"GET", "status?stream_id=ID", nil},
			{"PATCH", "streams", func(id string) any { return object{"stream_id": id} }},
			{"PUT", "streams", func(id string) any { return object{"stream_id": id, "delivery": object{"method": ssf.Poll}} }},
			{"POST", "status", func(id string) any { return object{"stream_id": id, "status": "paused"} }},
			{"POST", "verify", func(id string) any { return object{"stream_id": id} }},
			{"POST", "poll/ID", func(string) any { return object{} }},
		} {
			var got [2]answer
			for i, id := range []string{foreign.ID, unknown} {
				var body any
				if row.body != nil {
					body = row.body(id)
				}
				got[i] = e.do(row.method, strings.ReplaceAll(row.path, "ID", id), manage, body)
			}
			if got[0].status != http.StatusNotFound || got[0].body != got[1].body || got[1].status != http.StatusNotFound {
				t.Errorf("%s %s: %d %s and %d %s", row.method, row.path, got[0].status, got[0].body, got[1].status, got[1].body)
			}
		}
	})
	t.Run("is still there for its owner", func(t *testing.T) {
		e.do("GET", "/ssf/other/streams?stream_id="+foreign.ID, otherManage, nil).want(http.StatusOK)
	})
}

// TestMethods is SSF §8 #8.
func TestMethods(t *testing.T) {
	e := newEnv(t)
	for path, allow := range map[string]string{
		"streams": "DELETE, GET, PATCH, POST, PUT", "status": "GET, POST", "subjects/add": "POST",
		"subjects/remove": "POST", "verify": "POST", "poll/x": "POST", "jwks.json": "GET, HEAD",
	} {
		for _, method := range []string{"OPTIONS", "TRACE"} {
			a := e.do(method, path, manage, nil)
			a.wantError(http.StatusMethodNotAllowed, allow)
			if got := a.header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow = %q, want %q", method, path, got, allow)
			}
		}
	}
	e.do("GET", "poll/x", manage, nil).wantError(http.StatusMethodNotAllowed)
	e.do("GET", "subjects", manage, nil).wantError(http.StatusNotFound)
	e.do("POST", "nothing/here", manage, nil).wantError(http.StatusNotFound)
}
