// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf/receiver"
	"github.com/tocsin-id/tocsin/subject"
)

func newPush(t *testing.T, in *inbox) *receiver.Push {
	t.Helper()
	push, err := receiver.NewPush(receiver.PushConfig{Inbox: in.Inbox, AuthorizationHeader: "Bearer push-secret", MaxBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	return push
}

// pushRequest is a correct push, which tests then spoil.
func pushRequest(set string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://atlas.example.com/events", strings.NewReader(set))
	r.Header.Set("Content-Type", "application/secevent+jwt")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer push-secret")
	return r
}

func TestPush(t *testing.T) {
	s := newSigner(t, "k")
	good := s.sign("j1", subject.Opaque("u1"), typeA, `{}`)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		set    string
		spoil  func(*http.Request)
		status int
		code   string // "err" of a JSON answer
	}{
		{"accepted", good, nil, 202, ""}, // RFC 8935 §2.2
		{"repeated", good, nil, 202, ""}, // RFC 8935 §2
		{"parameter", good, header("Content-Type", "Application/SecEvent+JWT; charset=utf-8"), 202, ""},
		{"any Accept", good, header("Accept", "text/html"), 202, ""},
		{"line end", good + "\n", nil, 202, ""},
		{"GET", good, func(r *http.Request) { r.Method = http.MethodGet }, 405, ""}, // RFC 8935 §2.1
		{"no type", good, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, ""},
		{"JSON", good, header("Content-Type", "application/json"), 415, ""},
		{"no authorization", good, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "authentication_failed"},
		{"wrong authorization", good, header("Authorization", "Bearer push-secreT"), 401, "authentication_failed"},
		{"other scheme", good, header("Authorization", "bearer push-secret"), 401, "authentication_failed"},
		{"too large", strings.Repeat("x", 4097), nil, 413, ""},
		{"empty", "", nil, 400, "invalid_request"}, // RFC 8935 §2.4
		{"no SET", "x.y.z", nil, 400, "invalid_request"},
		{"forged", newSigner(t, "k").sign("j2", subject.Opaque("u1"), typeA, `{}`), nil, 400, "authentication_failed"},
		{"unknown key", newSigner(t, "x").sign("j2", subject.Opaque("u1"), typeA, `{}`), nil, 400, "invalid_key"},
		{"rejected", s.sign("reject", subject.Opaque("u1"), typeA, `{}`), nil, 400, "access_denied"},
		{"not now", s.sign("later", subject.Opaque("u1"), typeA, `{}`), nil, 503, ""},
	}
	in := newInbox(t, s, nil)
	in.answer = func(set *secevent.Token) error {
		switch set.ID {
		case "reject":
			return &secevent.Error{Code: secevent.AccessDenied, Description: "no", Err: errors.New("private cause")}
		case "later":
			return errors.New("database password is hunter2")
		}
		return nil
	}
	push := newPush(t, in)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := pushRequest(test.set)
			if test.spoil != nil {
				test.spoil(r)
			}
			w := httptest.NewRecorder()
			push.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Fatalf("status = %d %s, want %d", w.Code, w.Body, test.status)
			}
			checkPushAnswer(t, w, test.code)
		})
	}
	if got := in.handled(); len(got) != 3 || got[0] != "j1" {
		t.Errorf("handled SETs = %q, want j1 once, reject and later", got)
	}
}

func checkPushAnswer(t *testing.T, w *httptest.ResponseRecorder, code string) {
	t.Helper()
	body := w.Body.String()
	if w.Code == http.StatusAccepted && body != "" {
		t.Errorf("202 has the body %q, want none (RFC 8935 §2.2)", body)
	}
	if strings.Contains(body, "hunter2") || strings.Contains(body, "private cause") {
		t.Errorf("the answer shows a cause: %s", body)
	}
	for status, header := range map[int]string{401: "WWW-Authenticate", 405: "Allow", 503: "Retry-After"} {
		if w.Code == status && w.Header().Get(header) == "" {
			t.Errorf("%d lacks the header %s", status, header)
		}
	}
	if code == "" {
		return
	}
	var answer map[string]string
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer["err"] != code || answer["description"] == "" {
		t.Errorf("answer = %s, %v, want err %s and a description (RFC 8935 §2.3)", body, err, code)
	}
	if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Content-Language") != "en" {
		t.Errorf("headers = %v, want JSON in English (RFC 8935 §2.3)", w.Header())
	}
}

// TestPushServer sends a SET over a real connection.
func TestPushServer(t *testing.T) {
	s := newSigner(t, "k")
	in := newInbox(t, s, nil)
	server := httptest.NewServer(newPush(t, in))
	defer server.Close()
	r := pushRequest(s.sign("j1", subject.Opaque("u1"), typeA, `{}`))
	req, err := http.NewRequest(r.Method, server.URL, r.Body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.Header
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusAccepted || len(body) != 0 || res.ContentLength != 0 {
		t.Errorf("answer = %d %q, %v, want an empty 202", res.StatusCode, body, err)
	}
	if got := in.handled(); len(got) != 1 {
		t.Errorf("handled SETs = %q, want one", got)
	}
}

// FuzzPush: nothing that a stranger sends makes a server error or reaches the
// handler.
func FuzzPush(f *testing.F) {
	f.Add("application/secevent+jwt", "eyJhbGciOiJub25lIn0.e30.")
	f.Add("application/secevent+jwt; a=b", "a.b.c.d.e")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		in := newInbox(t, newSigner(t, "k"), nil)
		r := pushRequest(body)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		newPush(t, in).ServeHTTP(w, r)
		if w.Code/100 != 4 || len(in.handled()) != 0 {
			t.Errorf("status = %d with %q handled, want a refusal", w.Code, in.handled())
		}
	})
}
