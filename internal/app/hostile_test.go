// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// TestHostile sends what nobody honest would send to every route of
// testdata/rights.tsv, with the credentials that may use it: broken and
// enormous bodies, wrong types in every member, repeated and strange
// parameters, unknown objects, headers and methods. The answer never says that
// the fault is ours, and what is refused is refused with a reason. Afterwards
// the streams of the application are as they were and deliver.
func TestHostile(t *testing.T) {
	h := newHostile(t)
	rows, columns := readRows(t)
	for i, r := range rows {
		if testing.Short() && i%5 != 0 {
			continue
		}
		t.Run(r.route(), func(t *testing.T) {
			w := h.against(t, r, h.bestColumn(r, columns), strconv.Itoa(i))
			w.methods()
			w.paths()
			w.queries()
			w.headers()
			if r.body == "" {
				return
			}
			w.contentTypes()
			if strings.HasPrefix(r.body, "{") {
				w.brokenJSON()
				w.wrongMembers()
			} else {
				w.forms()
			}
			w.tooLong()
		})
	}
	h.streamsAreFine()
}

// hostile is a program with two streams that nothing may harm.
type hostile struct {
	*program
	as       map[string]credentials
	receiver *pushEndpoint
	kept     []idp.Stream
	before   []string
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{program: newProgram(t), receiver: newPushEndpoint(t)}
	h.as = h.newCredentials()
	h.kept = []idp.Stream{h.newStream("atlas", idp.Push, h.receiver.URL), h.newStream("atlas", idp.Poll, "")}
	h.before = h.streams()
	return h
}

// bestColumn is the credentials that get furthest: the last that succeed, or
// that are at least answered in another way than nobody is.
func (h *hostile) bestColumn(r row, columns []string) string {
	differs, succeeds := "none", ""
	for _, c := range columns {
		if r.want[c] != r.want["none"] {
			differs = c
		}
		if r.want[c][0] < '4' {
			succeeds = c
		}
	}
	return cmp.Or(succeeds, differs)
}

// streams reads the two streams as their application sees them.
func (h *hostile) streams() (seen []string) {
	h.Helper()
	for _, s := range h.kept {
		for _, target := range []string{"/ssf/atlas/streams?stream_id=", "/ssf/atlas/status?stream_id="} {
			status, body := h.send(h.T, row{method: "GET", target: target + string(s.ID)}, nil, h.as["manage"])
			if status != http.StatusOK {
				h.Errorf("GET %s = %d %s, want 200", target, status, body)
			}
			seen = append(seen, body)
		}
	}
	return seen
}

// streamsAreFine checks that the two streams are as they were, and that both
// get the SET of a change that is made now.
func (h *hostile) streamsAreFine() {
	h.Helper()
	if diff := gocmp.Diff(h.before, h.streams()); diff != "" {
		h.Errorf("streams differ after hostile requests (-before +after):\n%s", diff)
	}
	change := row{method: "POST", target: "/api/v1/users/" + string(h.ada.ID) + "/sessions/revoke",
		body: `{"reason_admin":"after all hostile requests"}`}
	if status, body := h.send(h.T, change, nil, h.as["admin"]); status != http.StatusNoContent {
		h.Fatalf("%s = %d %s, want 204", change.route(), status, body)
	}
	const mark = "after all hostile requests"
	h.receiver.await(h.T, mark)
	poll := row{method: "POST", target: "/ssf/atlas/poll/" + string(h.kept[1].ID)}
	for acks := []string{}; ; {
		raw, err := json.Marshal(map[string]any{"ack": acks, "returnImmediately": false})
		if err != nil {
			h.Fatal(err)
		}
		poll.body = string(raw)
		_, body := h.send(h.T, poll, nil, h.as["manage"])
		var answer struct {
			Sets map[string]string `json:"sets"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Sets) == 0 {
			h.Fatalf("poll = %s, %v; want the SET of the last change", body, err)
		}
		acks = nil
		for jti, set := range answer.Sets {
			if strings.Contains(payloadOf(h.T, set), mark) {
				return
			}
			acks = append(acks, jti)
		}
	}
}

// attack is one route under hostile requests.
type attack struct {
	*testing.T
	h  *hostile
	r  row
	as credentials
	o  objects
}

func (h *hostile) against(t *testing.T, r row, column, n string) *attack {
	t.Helper()
	a := &attack{T: t, h: h, r: r, as: h.as[column], o: h.newObjects("hostile-" + n)}
	if column == "cookie" {
		// An attack on the pages before may have ended the session.
		_, cookie := h.signIn(h.ada.ID)
		a.as = func(r *http.Request) { r.AddCookie(cookie) }
	}
	return a
}

// request is the row's own request.
func (a *attack) request(body []byte) *http.Request {
	a.Helper()
	req, err := http.NewRequest(a.r.method, a.h.url+fill(a.r.target, a.o), bytes.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	if a.r.body != "" {
		req.Header.Set("Content-Type", a.r.contentType())
	}
	a.as(req)
	return req
}

// tolerated sends a request that may be fine: the answer only must not blame
// the program, and has to give a reason if it refuses.
func (a *attack) tolerated(what string, req *http.Request) {
	a.Helper()
	if status, ok := a.do(what, req); ok && status >= 500 {
		a.Errorf("%s: %d, want no failure of the program", what, status)
	}
}

// refused sends a request that cannot be fine.
func (a *attack) refused(what string, req *http.Request) {
	a.Helper()
	if status, ok := a.do(what, req); ok && (status < 400 || status >= 500) {
		// What is wrong with an authorization or a sign-out is told to the
		// application that the browser is sent back to (RFC 6749 §4.1.2.1).
		if status != http.StatusSeeOther {
			a.Errorf("%s: %d, want it refused", what, status)
		}
	}
}

// do sends a request and checks that a refusal is explained. It is not ok when
// the server closed the connection in the middle of a body that it does not
// want to read; some clients see the answer then and some do not.
func (a *attack) do(what string, req *http.Request) (status int, ok bool) {
	a.Helper()
	resp, err := a.h.client.Do(req)
	if err != nil {
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) || req.ContentLength < 1<<20 {
			a.Errorf("%s: %v", what, err)
		}
		return 0, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.Errorf("%s: %v", what, err)
	}
	if resp.StatusCode >= 400 && req.Method != http.MethodHead {
		if problem := unexplained(resp, body); problem != "" {
			a.Errorf("%s: %d %.400s: %s", what, resp.StatusCode, body, problem)
		}
	}
	return resp.StatusCode, true
}

// internals are words of the machine room, which no answer has.
var internals = regexp.MustCompile(`(?i)goroutine|runtime error|sqlite|sql:|panic|json: |strconv\.|invalid character|interface conversion|unmarshal|\bEOF\b|\.go:\d`)

// unexplained says what is wrong with the body of a refusal; "" for nothing.
func unexplained(resp *http.Response, body []byte) string {
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		// Random letters that a page shows may spell any word.
		body = bytes.ReplaceAll(body, []byte(id), nil)
	}
	if found := internals.Find(body); found != nil {
		return "it speaks of " + string(found)
	}
	switch contentType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); contentType {
	case "application/json", "application/problem+json":
		var e map[string]any
		if err := json.Unmarshal(body, &e); err != nil {
			return "it is not JSON: " + err.Error()
		}
		for _, member := range []string{"description", "error_description", "detail"} {
			if text, _ := e[member].(string); len(text) > 10 {
				return ""
			}
		}
		return "it does not say in words what is wrong"
	case "text/html":
		if !bytes.Contains(body, []byte("<h1")) {
			return "the page has no heading"
		}
	case "text/plain":
		if len(bytes.TrimSpace(body)) < 10 {
			return "it does not say what is wrong"
		}
	default:
		return "its type is " + strconv.Quote(contentType)
	}
	return ""
}

// methods sends methods that the route does not have, and some that nobody
// has.
func (a *attack) methods() {
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW", "get"} {
		req := a.request([]byte(fillBody(a.r.body, a.o)))
		if method == a.r.method || a.h.hasRow(method, a.r) {
			continue
		}
		req.Method = method
		a.refused("method "+method, req)
	}
}

// hasRow says whether the path of a row answers another method, too.
func (h *hostile) hasRow(method string, r row) bool {
	rows, _ := readRows(h.T)
	path, _, _ := strings.Cut(r.target, "?")
	return slices.ContainsFunc(rows, func(other row) bool { return other.route() == method+" "+path })
}

// paths names objects that do not exist.
func (a *attack) paths() {
	path, query, _ := strings.Cut(a.r.target, "?")
	if !strings.Contains(path, "{") {
		return
	}
	for name, value := range strangeTexts() {
		escaped := url.PathEscape(value)
		for _, target := range []string{inTarget.ReplaceAllLiteralString(path, escaped), replaceLast(path, escaped)} {
			req := a.request([]byte(fillBody(a.r.body, a.o)))
			u, err := url.Parse(a.h.url + fill(target, a.o) + "?" + fill(query, a.o))
			if err != nil {
				a.Fatal(err)
			}
			req.URL = u
			a.refused("path with "+name, req)
		}
	}
}

// replaceLast replaces the last placeholder of a path.
func replaceLast(path, by string) string {
	at := inTarget.FindAllStringIndex(path, -1)
	last := at[len(at)-1]
	return path[:last[0]] + by + path[last[1]:]
}

// queries sends parameters that are strange, repeated or broken.
func (a *attack) queries() {
	_, query, _ := strings.Cut(fill(a.r.target, a.o), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		a.Fatal(err)
	}
	names := []string{"stream_id", "cursor", "limit", "request", "next"}
	for name := range values {
		names = append(names, name)
	}
	send := func(what, rawQuery string) {
		req := a.request([]byte(fillBody(a.r.body, a.o)))
		req.URL.RawQuery = rawQuery
		a.tolerated(what, req)
	}
	send("a broken query", "stream_id=%zz&%=&a;b&=&&")
	send("an unknown parameter", query+"&nonsense=1")
	for _, name := range names {
		for kind, value := range strangeTexts() {
			changed := maps.Clone(values)
			changed.Set(name, value)
			send("query "+name+" with "+kind, changed.Encode())
		}
		send("query with "+name+" twice", query+"&"+name+"=1&"+name+"=2")
	}
}

// headers sends headers that are strange or enormous.
func (a *attack) headers() {
	for what, change := range map[string]func(http.Header){
		"enormous header":          func(h http.Header) { h.Set("X-Nonsense", strings.Repeat("x", 256<<10)) },
		"long authorization":       func(h http.Header) { h.Set("Authorization", "Bearer "+strings.Repeat("x", 20<<10)) },
		"two authorizations":       func(h http.Header) { h["Authorization"] = []string{"Bearer a", "Bearer b"} },
		"broken basic":             func(h http.Header) { h.Set("Authorization", "Basic !!!") },
		"empty bearer":             func(h http.Header) { h.Set("Authorization", "Bearer ") },
		"other scheme":             func(h http.Header) { h.Set("Authorization", "Negotiate \xff\xfe") },
		"broken cookie":            func(h http.Header) { h.Set("Cookie", "tocsin_session=\"; tocsin_session==;;=\xff") },
		"strange accept":           func(h http.Header) { h.Set("Accept", "\xff/;q=-1,,,") },
		"strange forwarded":        func(h http.Header) { h.Set("X-Forwarded-For", "256.1.1.1, ::::, \xff") },
		"encoding that is unknown": func(h http.Header) { h.Set("Content-Encoding", "br, nonsense") },
		"other site":               func(h http.Header) { h.Set("Origin", "null"); h.Set("Sec-Fetch-Site", "cross-site") },
	} {
		req := a.request([]byte(fillBody(a.r.body, a.o)))
		change(req.Header)
		a.tolerated(what, req)
	}
}
