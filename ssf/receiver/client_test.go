// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
	"github.com/tocsin-id/tocsin/subject"
)

const (
	delivery = `"delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://tr.example.com/poll/s1"}`
	s1       = `{"stream_id":"s1","iss":"` + issuer + `","aud":"` + audience + `","events_delivered":["urn:a"],` + delivery + `}`
)

// calls has every method of the API with the request it has to make.
var calls = []struct {
	name              string
	call              func(context.Context, *receiver.Client) (any, error)
	method, url, body string
	answer            http.HandlerFunc
	notOffered        func(*ssf.Metadata)
	pending           bool // 202 means "not yet"
}{
	{
		name: "CreateStream", // SSF §8.1.1.1
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return c.CreateStream(ctx, ssf.CreateRequest{EventsRequested: []secevent.EventType{"urn:a"}})
		},
		method: "POST", url: "https://tr.example.com/streams", body: `{"events_requested":["urn:a"]}`,
		answer: reply(201, s1), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" },
	},
	{
		name:   "Streams", // SSF §8.1.1.2
		call:   func(ctx context.Context, c *receiver.Client) (any, error) { return c.Streams(ctx) },
		method: "GET", url: "https://tr.example.com/streams",
		answer: reply(200, `[`+s1+`]`), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" },
	},
	{
		name:   "Stream",
		call:   func(ctx context.Context, c *receiver.Client) (any, error) { return c.Stream(ctx, "s 1&") },
		method: "GET", url: "https://tr.example.com/streams?stream_id=s+1%26",
		answer: reply(200, s1), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" },
	},
	{
		name: "UpdateStream", // SSF §8.1.1.3: the id is in the body
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return c.UpdateStream(ctx, ssf.UpdateRequest{StreamID: "s1", EventsRequested: []secevent.EventType{}})
		},
		method: "PATCH", url: "https://tr.example.com/streams", body: `{"stream_id":"s1","events_requested":[]}`,
		answer: reply(200, s1), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" }, pending: true,
	},
	{
		name: "ReplaceStream", // SSF §8.1.1.4: nothing that only the Transmitter sets
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return c.ReplaceStream(ctx, ssf.ReplaceRequest{StreamID: "s1", Delivery: ssf.Delivery{Method: ssf.Poll}})
		},
		method: "PUT", url: "https://tr.example.com/streams", body: `{"stream_id":"s1","delivery":{"method":"urn:ietf:rfc:8936"}}`,
		answer: reply(200, s1), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" }, pending: true,
	},
	{
		name:   "DeleteStream", // SSF §8.1.1.5: the id is in the query
		call:   func(ctx context.Context, c *receiver.Client) (any, error) { return nil, c.DeleteStream(ctx, "s1") },
		method: "DELETE", url: "https://tr.example.com/streams?stream_id=s1",
		answer: reply(204, ``), notOffered: func(m *ssf.Metadata) { m.ConfigurationEndpoint = "" },
	},
	{
		name:   "Status", // SSF §8.1.2.1
		call:   func(ctx context.Context, c *receiver.Client) (any, error) { return c.Status(ctx, "s1") },
		method: "GET", url: "https://tr.example.com/status?stream_id=s1",
		answer: reply(200, `{"stream_id":"s1","status":"enabled"}`), notOffered: func(m *ssf.Metadata) { m.StatusEndpoint = "" },
	},
	{
		name: "SetStatus", // SSF §8.1.2.2
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return c.SetStatus(ctx, ssf.Status{StreamID: "s1", Status: ssf.StreamPaused, Reason: "r"})
		},
		method: "POST", url: "https://tr.example.com/status", body: `{"stream_id":"s1","status":"paused","reason":"r"}`,
		answer: reply(200, `{"stream_id":"s1","status":"paused"}`), notOffered: func(m *ssf.Metadata) { m.StatusEndpoint = "" }, pending: true,
	},
	{
		name: "AddSubject", // SSF §8.1.3.2
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return nil, c.AddSubject(ctx, ssf.AddSubjectRequest{StreamID: "s1", Subject: subject.Opaque("1")})
		},
		method: "POST", url: "https://tr.example.com/subjects/add", body: `{"stream_id":"s1","subject":{"format":"opaque","id":"1"}}`,
		answer: reply(200, ``), notOffered: func(m *ssf.Metadata) { m.AddSubjectEndpoint = "" },
	},
	{
		name: "RemoveSubject", // SSF §8.1.3.3
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return nil, c.RemoveSubject(ctx, ssf.RemoveSubjectRequest{StreamID: "s1", Subject: subject.Opaque("1")})
		},
		method: "POST", url: "https://tr.example.com/subjects/remove", body: `{"stream_id":"s1","subject":{"format":"opaque","id":"1"}}`,
		answer: reply(204, ``), notOffered: func(m *ssf.Metadata) { m.RemoveSubjectEndpoint = "" },
	},
	{
		name: "RequestVerification", // SSF §8.1.4.2
		call: func(ctx context.Context, c *receiver.Client) (any, error) {
			return nil, c.RequestVerification(ctx, ssf.VerificationRequest{StreamID: "s1"})
		},
		method: "POST", url: "https://tr.example.com/verify", body: `{"stream_id":"s1"}`,
		answer: reply(204, ``), notOffered: func(m *ssf.Metadata) { m.VerificationEndpoint = "" },
	},
}

func TestClient(t *testing.T) {
	for _, test := range calls {
		t.Run(test.name, func(t *testing.T) {
			client, server := newClient(t, test.answer)
			if _, err := test.call(t.Context(), client); err != nil {
				t.Fatalf("%s = %v, want no error", test.name, err)
			}
			got := server.requests()[0]
			want := request{Method: test.method, URL: test.url, Body: test.body, Header: http.Header{
				"Accept": {"application/json"}, "Authorization": {"Bearer t1"},
			}}
			if test.body != "" {
				want.Header.Set("Content-Type", "application/json")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
		t.Run(test.name+"/refused", func(t *testing.T) {
			client, _ := newClient(t, reply(403, `{"err":"forbidden","description":"not\nyours"}`))
			_, err := test.call(t.Context(), client)
			var answer *receiver.APIError
			if !errors.As(err, &answer) || answer.Status != 403 || answer.Code != "forbidden" || answer.Description != "notyours" {
				t.Errorf("%s = %v, want the APIError 403", test.name, err)
			}
		})
		t.Run(test.name+"/not offered", func(t *testing.T) { // SSF §7.1
			client, server := newClient(t, test.answer)
			test.notOffered(client.Metadata())
			if _, err := test.call(t.Context(), client); !errors.Is(err, receiver.ErrNotOffered) || len(server.requests()) != 0 {
				t.Errorf("%s = %v, want ErrNotOffered and no request", test.name, err)
			}
		})
		if test.pending {
			t.Run(test.name+"/pending", func(t *testing.T) {
				client, _ := newClient(t, reply(202, ``))
				if _, err := test.call(t.Context(), client); !errors.Is(err, receiver.ErrPending) {
					t.Errorf("%s = %v, want ErrPending", test.name, err)
				}
			})
		}
	}
}

// An empty id must not turn a call about one stream into one about all.
func TestClientNeedsStreamID(t *testing.T) {
	client, server := newClient(t, reply(200, s1))
	ctx := t.Context()
	var errs []error
	add := func(_ any, err error) { errs = append(errs, err) }
	add(client.Stream(ctx, ""))
	add(client.UpdateStream(ctx, ssf.UpdateRequest{}))
	add(client.ReplaceStream(ctx, ssf.ReplaceRequest{}))
	add(nil, client.DeleteStream(ctx, ""))
	add(client.Status(ctx, ""))
	add(client.SetStatus(ctx, ssf.Status{}))
	add(nil, client.AddSubject(ctx, ssf.AddSubjectRequest{}))
	add(nil, client.RemoveSubject(ctx, ssf.RemoveSubjectRequest{}))
	add(nil, client.RequestVerification(ctx, ssf.VerificationRequest{}))
	for i, err := range errs {
		if err == nil {
			t.Errorf("call %d without a stream id succeeded", i)
		}
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d requests were made without a stream id", n)
	}
}

// What the Transmitter says about a stream has to fit what was agreed.
func TestStreamChecks(t *testing.T) {
	for name, answer := range map[string]string{
		"issuer":       strings.Replace(s1, issuer, issuer+"/", 1), // SSF §8.1.1.2
		"audience":     strings.Replace(s1, audience, "https://other.example.com", 1),
		"no stream id": strings.Replace(s1, `"s1"`, `""`, 1),
		"no JSON":      `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, test := range calls[:5] {
				body := answer
				if test.name == "Streams" {
					body = "[" + answer + "]"
				}
				client, server := newClient(t, reply(200, body), reply(204, ``))
				if got, err := test.call(t.Context(), client); err == nil {
					t.Errorf("%s = %v, want an error", test.name, got)
				}
				// A stream that was made and cannot be used is not left behind.
				deleted := len(server.requests()) == 2 && server.requests()[1].Method == "DELETE"
				if want := test.name == "CreateStream" && (name == "issuer" || name == "audience"); deleted != want {
					t.Errorf("%s: stream deleted = %v, want %v", test.name, deleted, want)
				}
			}
		})
	}
}

// A token that is refused is replaced once (RFC 6750 §3.1).
func TestClientRenewsToken(t *testing.T) {
	tokens, as := newTokens(t,
		reply(200, `{"access_token":"old","token_type":"Bearer"}`), reply(200, `{"access_token":"new","token_type":"Bearer"}`))
	refuse := reply(401, ``, "WWW-Authenticate", `Bearer realm="x", error="invalid_token"`)
	api := &script{handlers: []http.HandlerFunc{refuse, reply(200, `[]`), refuse}}
	client, err := receiver.NewClient(receiver.ClientConfig{Metadata: metadata(), Tokens: tokens, HTTP: memoryClient(api)})
	if err != nil {
		t.Fatal(err)
	}
	if streams, err := client.Streams(t.Context()); err != nil || len(streams) != 0 {
		t.Errorf("Streams = %v, %v, want none after a new token", streams, err)
	}
	_, err = client.Streams(t.Context())
	var answer *receiver.APIError
	if !errors.As(err, &answer) || answer.Code != "invalid_token" {
		t.Errorf("Streams = %v, want invalid_token after a second refusal", err)
	}
	var used []string
	for _, r := range api.requests() {
		used = append(used, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	if diff := cmp.Diff([]string{"old", "new", "new", "new"}, used); diff != "" {
		t.Errorf("tokens used differ (-want +got):\n%s", diff)
	}
	if n := len(as.requests()); n != 3 {
		t.Errorf("%d tokens were asked for, want 3: one, and one for each refusal", n)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"120": 2 * time.Minute, "": 0, "-1": 0, "soon": 0,
			time.Now().Add(time.Hour).UTC().Format(http.TimeFormat):  time.Hour,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
		} {
			client, _ := newClient(t, reply(429, ``, "Retry-After", value))
			_, err := client.Streams(t.Context())
			var answer *receiver.APIError
			if !errors.As(err, &answer) || answer.RetryAfter != want {
				t.Errorf("Retry-After %q is read as %v, want %v", value, answer, want)
			}
		}
	})
}

// SSF §8.1.1: only calls of the Receiver count as activity.
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := reply(200, `{"stream_id":"s1","status":"enabled"}`)
		client, server := newClient(t, status, reply(500, ``), status, reply(404, ``))
		start := time.Now()
		err := client.KeepAlive(t.Context(), &ssf.Stream{ID: "s1", InactivityTimeout: 100})
		var answer *receiver.APIError
		if !errors.As(err, &answer) || answer.Status != 404 {
			t.Errorf("KeepAlive = %v, want the 404 that says that the stream is gone", err)
		}
		if got, n := time.Since(start), len(server.requests()); got != 200*time.Second || n != 4 {
			t.Errorf("KeepAlive made %d calls in %v, want 4 in 200s", n, got)
		}
		if err := client.KeepAlive(t.Context(), &ssf.Stream{ID: "s1"}); err != nil {
			t.Errorf("KeepAlive without a timeout = %v, want nil at once", err)
		}
	})
}
