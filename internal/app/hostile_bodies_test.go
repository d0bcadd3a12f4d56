// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// strangeTexts is what is sent where a name, an id or a number belongs.
func strangeTexts() map[string]string {
	return map[string]string{
		"a NUL":            "a\x00b",
		"invalid UTF-8":    "\xff\xfe\xc0\x80",
		"a long text":      strings.Repeat("x", 5000),
		"a path":           "../../etc/passwd",
		"SQL":              "' OR 1=1; DROP TABLE streams; --",
		"HTML":             "<script>alert(1)</script>",
		"a line break":     "a\r\nSet-Cookie: a=b",
		"a negative":       "-1",
		"a huge number":    "99999999999999999999999999",
		"an unknown id":    "00000000-0000-0000-0000-000000000000",
		"right to left":    "\u202egnp.exe",
		"a space":          " ",
		"format verbs":     "%s%d%n%!",
		"a JWT of nothing": "eyJhbGciOiJub25lIn0.e30.",
	}
}

// strangeValues is what is sent in place of each member of a JSON body.
func strangeValues() map[string]string {
	values := map[string]string{
		"null": "null", "true": "true", "a negative": "-1", "a fraction": "0.5", "a huge number": "1e308",
		"a number beyond all": "1e999", "a long number": strings.Repeat("9", 400), "an empty text": `""`,
		"an empty list": "[]", "an empty object": "{}", "a list of all": `[null,true,1,"",[],{}]`,
		"a NUL escape": `"a\u0000b"`, "half a surrogate": `"\ud800"`, "a deep list": strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"a strange subject": `{"format":"aliases","identifiers":[{"format":"aliases","identifiers":[]},{"format":"email"}]}`,
		"a complex subject": `{"format":"complex","user":{"format":"complex"},"tenant":{"format":"\u0000"},"session":7}`,
		"an unknown format": `{"format":"no-such-format","anything":{}}`,
		"a reused member":   `{"a":1,"a":2}`,
	}
	for kind, text := range strangeTexts() {
		if raw, err := json.Marshal(text); err == nil {
			values[kind] = string(raw)
		}
	}
	return values
}

// brokenJSON sends bodies that are no JSON object, or not one only.
func (a *attack) brokenJSON() {
	good := fillBody(a.r.body, a.o)
	first, _, _ := strings.Cut(good[1:], ",")
	deep := strings.Repeat("[", 100_000)
	for what, body := range map[string]string{
		"an object cut off": good[:len(good)-1],
		"a list":            "[" + good + "]",
		"a text":            `"text"`,
		"a number":          "7",
		"null":              "null",
		"white space":       " \n\t ",
		"two objects":       good + good,
		"rubbish behind":    good + "x",
		"a trailing comma":  good[:len(good)-1] + ",}",
		"a comment":         "/* hello */" + good,
		"single quotes":     strings.ReplaceAll(good, `"`, `'`),
		"a NUL":             good[:len(good)-1] + "\x00}",
		"a byte order mark": "\ufeff" + good,
		"invalid UTF-8":     good[:len(good)-1] + ",\"x\":\"\xff\xfe\"}",
		"UTF-16":            "\xff\xfe{\x00}\x00",
		"brackets":          deep,
		"a deep member":     good[:len(good)-1] + `,"x":` + deep + strings.Repeat("]", 100_000) + "}",
		"a member twice":    "{" + strings.TrimSuffix(first, "}") + "," + good[1:],
		"a deep object":     strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"a form":            "a=b&c=d",
	} {
		a.refused(what, a.request([]byte(body)))
	}
}

// wrongMembers replaces each member of the body, and of the objects in it, by
// what it cannot be. Some of that is legal for some members, so only failures
// and refusals without a reason count.
func (a *attack) wrongMembers() {
	var body map[string]any
	if err := json.Unmarshal([]byte(fillBody(a.r.body, a.o)), &body); err != nil {
		a.Fatalf("body of rights.tsv: %v", err)
	}
	a.replaceMembers(body, body, "")
}

// marker stands where a strange value goes; it can be no value by itself.
const marker = "here goes the strange value"

func (a *attack) replaceMembers(whole, inside map[string]any, path string) {
	for name, value := range inside {
		inside[name] = marker
		raw, err := json.Marshal(whole)
		if err != nil {
			a.Fatal(err)
		}
		for kind, strange := range strangeValues() {
			if name == "returnImmediately" && kind == "a reused member" {
				continue
			}
			sent := strings.Replace(string(raw), `"`+marker+`"`, strange, 1)
			a.tolerated(path+name+" is "+kind, a.request([]byte(sent)))
		}
		inside[name] = value
		if deeper, ok := value.(map[string]any); ok {
			a.replaceMembers(whole, deeper, path+name+".")
		}
	}
}

// forms sends forms with strange, repeated and broken fields.
func (a *attack) forms() {
	good := fillBody(a.r.body, a.o)
	values, err := url.ParseQuery(good)
	if err != nil {
		a.Fatalf("body of rights.tsv: %v", err)
	}
	for name, value := range values {
		for kind, strange := range strangeTexts() {
			values[name] = []string{strange}
			a.tolerated(name+" is "+kind, a.request([]byte(values.Encode())))
		}
		values[name] = value
		a.tolerated(name+" twice", a.request([]byte(good+"&"+name+"=again")))
		values.Del(name)
		a.tolerated("no "+name, a.request([]byte(values.Encode())))
		values[name] = value
	}
	for what, body := range map[string]string{
		"broken escapes": "a=%zz&%=&=&&", "JSON": `{"a":"b"}`, "many fields": strings.Repeat("a=b&", 5000),
		"a NUL": good + "&a=\x00", "invalid UTF-8": good + "&\xff=\xfe", "semicolons": "a=b;c=d",
	} {
		a.tolerated(what, a.request([]byte(body)))
	}
}

// contentTypes sends the right body under a wrong name.
func (a *attack) contentTypes() {
	for _, contentType := range []string{"", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=\"\"",
		"application/json; charset=utf-16", "application/secevent+jwt", ";;;", "\xff"} {
		req := a.request([]byte(fillBody(a.r.body, a.o)))
		req.Header.Set("Content-Type", contentType)
		a.tolerated("content type "+contentType, req)
	}
}

// tooLong sends 10 MiB, with and without telling so before.
func (a *attack) tooLong() {
	const size = 10 << 20
	body := fillBody(a.r.body, a.o)
	if strings.HasPrefix(body, "{") {
		body = body[:len(body)-1] + `,"x":"` + strings.Repeat("x", size) + `"}`
	} else {
		body += "&x=" + strings.Repeat("x", size)
	}
	a.refused("10 MiB", a.request([]byte(body)))
	chunked := a.request(nil)
	chunked.Body, chunked.ContentLength = io.NopCloser(strings.NewReader(body)), -1
	chunked.GetBody = nil
	a.refused("10 MiB in chunks", chunked)
}

// pushEndpoint is a Receiver that takes everything and remembers it.
type pushEndpoint struct {
	URL string

	mu   sync.Mutex // guards sets and more
	sets []string
	more chan struct{}
}

func newPushEndpoint(t *testing.T) *pushEndpoint {
	t.Helper()
	e := &pushEndpoint{more: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		e.mu.Lock()
		e.sets = append(e.sets, payloadOf(t, string(raw)))
		close(e.more)
		e.more = make(chan struct{})
		e.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	e.URL = server.URL
	return e
}

// await waits until a SET came that contains text.
func (e *pushEndpoint) await(t *testing.T, text string) {
	t.Helper()
	for deadline, seen := time.After(patience), 0; ; {
		e.mu.Lock()
		sets, more := e.sets, e.more
		e.mu.Unlock()
		for ; seen < len(sets); seen++ {
			if strings.Contains(sets[seen], text) {
				return
			}
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no SET with %q was pushed, of %d in all", text, seen)
		}
	}
}

// payloadOf is the claims of a SET.
func payloadOf(t *testing.T, set string) string {
	t.Helper()
	parts := strings.Split(set, ".")
	if len(parts) != 3 {
		t.Errorf("SET %q is not in compact form", set)
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Errorf("SET: %v", err)
	}
	return string(raw)
}
