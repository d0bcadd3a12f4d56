// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// newTokens returns a token source whose server answers with the handlers.
func newTokens(t *testing.T, handlers ...http.HandlerFunc) (*receiver.ClientCredentials, *script) {
	t.Helper()
	s := &script{handlers: handlers}
	tokens, err := receiver.NewClientCredentials(receiver.ClientCredentialsConfig{
		TokenURL: "https://as.example.com/token", ClientID: "at las", ClientSecret: "s:e%c+ret",
		Scopes: []string{"ssf.read", "ssf.manage"}, HTTP: memoryClient(s),
	})
	if err != nil {
		t.Fatal(err)
	}
	return tokens, s
}

func TestClientCredentials(t *testing.T) {
	tokens, server := newTokens(t, reply(200, `{"access_token":"a","token_type":"bearer","expires_in":60}`))
	if got, err := tokens.Token(t.Context()); got != "a" || err != nil {
		t.Fatalf("Token() = %q, %v, want a", got, err)
	}
	r := server.requests()[0]
	if want := "grant_type=client_credentials&scope=ssf.read+ssf.manage"; r.Body != want || r.Method != "POST" {
		t.Errorf("request = %s %s, want POST %s", r.Method, r.Body, want)
	}
	id, secret, _ := (&http.Request{Header: r.Header}).BasicAuth()
	if id != "at+las" || secret != "s%3Ae%25c%2Bret" { // RFC 6749 §2.3.1: form-encoded first
		t.Errorf("Basic authentication = %q, %q, want both form-encoded", id, secret)
	}
}

func TestClientCredentialsCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		tokens, server := newTokens(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			reply(200, fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer","expires_in":600}`, n))(w, r)
		})
		want := func(token string, requests int) {
			t.Helper()
			got, err := tokens.Token(t.Context())
			if got != token || err != nil || len(server.requests()) != requests {
				t.Errorf("Token() = %q, %v after %d requests, want %q after %d", got, err, len(server.requests()), token, requests)
			}
		}
		want("t1", 1)
		time.Sleep(569 * time.Second)
		want("t1", 1)
		time.Sleep(2 * time.Second) // within 30 seconds of its end
		want("t2", 2)
		tokens.Reject("t1") // an old one: the one in use stays
		want("t2", 2)
		tokens.Reject("t2")
		want("t3", 3)
	})
}

// However many wait, the server gets one request.
func TestClientCredentialsOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, server := newTokens(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			reply(200, `{"access_token":"a","token_type":"Bearer"}`)(w, r)
		})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if got, err := tokens.Token(t.Context()); got != "a" || err != nil {
					t.Errorf("Token() = %q, %v, want a", got, err)
				}
			})
		}
		wg.Wait()
		if got := len(server.requests()); got != 1 {
			t.Errorf("the server got %d requests, want 1", got)
		}
	})
}

func TestClientCredentialsErrors(t *testing.T) {
	tokens, _ := newTokens(t, reply(401, `{"error":"invalid_client","error_description":"unknown client"}`))
	_, err := tokens.Token(t.Context())
	var answer *receiver.APIError
	if !errors.As(err, &answer) || answer.Status != 401 || answer.Code != "invalid_client" || answer.Description != "unknown client" {
		t.Errorf("Token() = %v, want the APIError of the server", err)
	}
	for _, body := range []string{
		``, `[]`, `{}`, `{"access_token":"","token_type":"Bearer"}`, `{"access_token":"a"}`, `{"access_token":"a","token_type":"DPoP"}`,
	} {
		tokens, _ := newTokens(t, reply(200, body))
		if got, err := tokens.Token(t.Context()); err == nil {
			t.Errorf("Token() for the answer %s = %q, want an error", body, got)
		}
	}
	_, err = receiver.NewClientCredentials(receiver.ClientCredentialsConfig{ClientID: "x"})
	if got, want := fmt.Sprint(err), "client credentials: ClientSecret is required\nclient credentials: TokenURL is required"; got != want {
		t.Errorf("NewClientCredentials = %q, want all missing fields: %q", got, want)
	}
	if got := fmt.Sprintf("%v %#v", receiver.StaticToken("hunter2"), receiver.StaticToken("hunter2")); got != "[redacted] [redacted]" {
		t.Errorf("StaticToken prints as %q", got)
	}
}

// FuzzToken: whatever a server answers with, there is a token or an error.
func FuzzToken(f *testing.F) {
	f.Add(200, `{"access_token":"a","token_type":"Bearer","expires_in":1e308}`)
	f.Add(400, `{"error":"invalid_scope","error_description":"\u0000"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		tokens, _ := newTokens(t, reply(status, body))
		token, err := tokens.Token(t.Context())
		if (token == "") != (err != nil) {
			t.Errorf("Token() = %q, %v, want one of the two", token, err)
		}
		if err != nil && strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("Token() = %q, want no control characters of the server's", err)
		}
	})
}
