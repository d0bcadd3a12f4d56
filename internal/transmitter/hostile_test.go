// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

// withBodies are the routes that read a body.
func withBodies(s ssf.Stream) (paths [][2]string) {
	for _, r := range transmitter.Routes() {
		if r.Method == http.MethodGet || r.Method == http.MethodDelete {
			continue
		}
		paths = append(paths, [2]string{r.Method, strings.NewReplacer("{slug}", "atlas", "{stream_id}", s.ID).Replace(r.Pattern)})
	}
	return paths
}

func TestHostileBodies(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	deep := strings.Repeat(`{"subject":`, 5000) + "1" + strings.Repeat("}", 5000)
	for name, body := range map[string]string{
		"empty":         "",
		"blank":         " \n",
		"broken":        ";{ broken",
		"cut off":       `{"stream_id":"x"`,
		"two values":    `{}{}`,
		"array":         `[]`,
		"number":        `5`,
		"null":          `null`,
		"no UTF-8":      "{\"stream_id\":\"\xff\"}",
		"duplicate":     `{"stream_id":"a","stream_id":"b"}`,
		"duplicate in":  `{"x":{"a":1,"a":2}}`,
		"deep object":   deep,
		"deep array":    strings.Repeat("[", 30_000),
		"numbers":       `{"stream_id":5,"status":5,"subject":5,"delivery":5,"events_requested":5,"maxEvents":"x"}`,
		"arrays":        `{"stream_id":[],"status":[],"subject":[],"delivery":[],"events_requested":{},"ack":{}}`,
		"nulls":         `{"stream_id":null,"status":null,"subject":null,"delivery":null,"ack":null}`,
		"byte order":    "\ufeff{}",
		"form":          "stream_id=x&status=paused",
		"comment":       `{/* x */}`,
		"single quotes": `{'stream_id':'x'}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range withBodies(s) {
				a := e.do(r[0], r[1], manage, body)
				if a.t = t; a.status < 400 || a.status >= 500 {
					t.Errorf("%s %s = %d %s", r[0], r[1], a.status, a.body)
					continue
				}
				a.wantError(http.StatusBadRequest, "invalid_request")
			}
		})
	}
	t.Run("the stream is none the worse", func(t *testing.T) {
		if got := e.read(s); got.ID != s.ID || got.Delivery != s.Delivery {
			t.Errorf("stream = %+v", got)
		}
		e.revoke("ada")
		if sets := e.poll(s, nil); len(sets) != 1 {
			t.Errorf("%d SETs, want 1", len(sets))
		}
	})
}

func TestLargeBodies(t *testing.T) {
	e := newEnv(t)
	s := e.createPoll()
	t.Run("10 MiB are refused everywhere", func(t *testing.T) {
		for _, r := range withBodies(s) {
			body := `{"description":"` + strings.Repeat("x", 10<<20) + `"}`
			e.do(r[0], r[1], manage, body).wantError(http.StatusRequestEntityTooLarge, "longer than")
		}
	})
	t.Run("without a length, too", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), "POST", e.server.URL+"/ssf/atlas/streams",
			io.MultiReader(strings.NewReader(`{"description":"`), strings.NewReader(strings.Repeat("x", 100_000)), strings.NewReader(`"}`)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+manage)
		e.send(req).wantError(http.StatusRequestEntityTooLarge, "64 KiB")
	})
	t.Run("a body of GET and DELETE is not read", func(t *testing.T) {
		e.do("GET", "streams", read, strings.Repeat("x", 100_000)).want(http.StatusOK)
	})
	t.Run("every acknowledgement of a poll fits", func(t *testing.T) {
		ack := make([]string, 30_000)
		for i := range ack {
			ack[i] = e.signer.JTI(99, int64(i))
		}
		e.do("POST", pollPath(s), read, object{"ack": ack, "returnImmediately": true}).want(http.StatusOK)
	})
	t.Run("nobody without a token sends a body", func(t *testing.T) {
		e.do("POST", "streams", "", strings.Repeat("x", 1<<20)).wantError(http.StatusUnauthorized)
	})
}

func TestStrangePaths(t *testing.T) {
	e := newEnv(t)
	for _, path := range []string{"poll/", "poll/%2e%2e", "poll/a%2Fb", "poll/%00", "poll/" + strings.Repeat("a", 4000)} {
		a := e.do("POST", path, manage, object{})
		a.wantError(http.StatusNotFound)
	}
	for _, query := range []string{"?stream_id=%00", "?stream_id=%ff", "?stream_id=" + strings.Repeat("a", 4000), "?stream_id='%20OR%201=1"} {
		e.do("GET", "streams"+query, read, nil).wantError(http.StatusNotFound)
		e.do("DELETE", "streams"+query, manage, nil).wantError(http.StatusNotFound)
	}
	// A slug that is none does not get into a header.
	if a := e.do("GET", "/ssf/x%22,%20error=%22/streams", "", nil); strings.Contains(a.header.Get("WWW-Authenticate"), "error") {
		t.Errorf("WWW-Authenticate = %q", a.header.Get("WWW-Authenticate"))
	}
	for _, slug := range []string{"%00", "..", "a%2Fb", strings.Repeat("a", 4000), "ATLAS"} {
		e.do("GET", "/.well-known/ssf-configuration/ssf/"+slug, "", nil).want(http.StatusNotFound)
		if a := e.do("GET", "/ssf/"+slug+"/streams", "", nil); a.status != http.StatusUnauthorized && a.status != http.StatusNotFound {
			t.Errorf("slug %.20q: status = %d", slug, a.status)
		}
	}
}

// FuzzEndpoints: whatever the body, the answer is not our fault.
func FuzzEndpoints(f *testing.F) {
	e := newEnvInside(f)
	s := e.createPoll()
	push := e.createPush()
	routes := withBodies(s)
	for i := range routes {
		f.Add(uint8(i), `{"stream_id":"POLL"}`)
	}
	for i, body := range []string{`{"delivery":{"method":"urn:ietf:rfc:8936"},"events_requested":["a"],"description":"d","aud":["x"]}`,
		`{"stream_id":"POLL","description":"d","aud":"x"}`, `{"stream_id":"PUSH","delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://a/"}}`,
		`{"stream_id":"POLL","status":"paused","reason":"r"}`, `{"stream_id":"POLL","subject":{"format":"email","email":"a@b.example"},"verified":false}`,
		`{"stream_id":"POLL","subject":{"format":"complex","user":{"format":"opaque","id":"x"}}}`, `{"stream_id":"POLL","state":"x"}`,
		`{"maxEvents":1,"returnImmediately":true,"ack":["x"],"setErrs":{"y":{"err":"invalid_key"}}}`} {
		f.Add(uint8(i), body)
	}
	f.Fuzz(func(t *testing.T, i uint8, body string) {
		r := routes[int(i)%len(routes)]
		if r[0] == "POST" && strings.HasSuffix(r[1], "/streams") && len(body) > 0 {
			// Creation would only reach its limit; whether it parses is what
			// PUT tests as well.
			r[0], body = "PUT", strings.Replace(body, "{", `{"stream_id":"POLL",`, 1)
		}
		body = strings.NewReplacer("POLL", s.ID, "PUSH", push.ID).Replace(body)
		if strings.Contains(r[1], "/poll/") {
			body = strings.Replace(body, "{", `{"returnImmediately":true,`, 1)
		}
		path := r[1]
		if status, answer := serve(t, e, r[0], path, body); status >= 500 {
			t.Errorf("%s %s %q = %d %s", r[0], path, body, status, answer)
		}
		if status, answer := serve(t, e, "GET", "/ssf/atlas/streams", ""); status != http.StatusOK {
			t.Errorf("list after %s %s %q = %d %s", r[0], path, body, status, answer)
		}
	})
}

// serve sends a request without a connection.
func serve(t *testing.T, e *env, method, path, body string) (int, string) {
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+manage)
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}
