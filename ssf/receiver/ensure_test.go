// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

func stream(id string, edit func(*ssf.Stream)) ssf.Stream {
	s := ssf.Stream{
		ID: id, Issuer: issuer, Audience: secevent.Audience{audience}, EventsRequested: []secevent.EventType{"urn:a", "urn:b"},
		Description: "Atlas", Delivery: ssf.Delivery{Method: ssf.Push, EndpointURL: "https://atlas.example.com/e", AuthorizationHeader: "Bearer x"},
	}
	if edit != nil {
		edit(&s)
	}
	return s
}

func toPoll(s *ssf.Stream) {
	s.Delivery = ssf.Delivery{Method: ssf.Poll, EndpointURL: "https://tr.example.com/p"}
}

func TestEnsureStream(t *testing.T) {
	push := ssf.CreateRequest{
		EventsRequested: []secevent.EventType{"urn:b", "urn:a"}, Description: "Atlas",
		Delivery: &ssf.Delivery{Method: ssf.Push, EndpointURL: "https://atlas.example.com/e", AuthorizationHeader: "Bearer x"},
	}
	poll := ssf.CreateRequest{EventsRequested: push.EventsRequested, Description: "Atlas"}
	tests := []struct {
		name   string
		has    []ssf.Stream
		want   ssf.CreateRequest
		change string // the request after the list, "" for none
		body   string
		id     string // of the stream that is returned
	}{
		{"adopts", []ssf.Stream{stream("s1", nil)}, push, "", "", "s1"},
		{"adopts by delivery", []ssf.Stream{stream("s1", toPoll), stream("s2", nil)}, push, "", "", "s2"},
		{"adopts poll", []ssf.Stream{stream("s1", nil), stream("s2", toPoll)}, poll, "", "", "s2"},
		{
			"prefers the description",
			[]ssf.Stream{stream("s1", func(s *ssf.Stream) { toPoll(s); s.Description = "Beacon" }), stream("s2", toPoll)},
			poll, "", "", "s2",
		},
		{
			"updates events", []ssf.Stream{stream("s1", func(s *ssf.Stream) { s.EventsRequested = []secevent.EventType{"urn:a"} })}, push,
			"PATCH", `{"stream_id":"s1","events_requested":["urn:b","urn:a"]}`, "new",
		},
		{
			"updates the description", []ssf.Stream{stream("s1", func(s *ssf.Stream) { s.Description = "" })}, push,
			"PATCH", `{"stream_id":"s1","description":"Atlas"}`, "new",
		},
		{
			"sends a header that is not shown", []ssf.Stream{stream("s1", func(s *ssf.Stream) { s.Delivery.AuthorizationHeader = "" })}, push,
			"PATCH", `{"stream_id":"s1","delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://atlas.example.com/e","authorization_header":"Bearer x"}}`, "new",
		},
		{
			"creates", []ssf.Stream{stream("s1", func(s *ssf.Stream) { s.Delivery.EndpointURL += "2" })}, poll,
			"POST", `{"events_requested":["urn:b","urn:a"],"delivery":{"method":"urn:ietf:rfc:8936"},"description":"Atlas"}`, "new",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, server := newClient(t, replyJSON(t, 200, test.has), replyJSON(t, 201, stream("new", nil)))
			got, err := client.EnsureStream(t.Context(), test.want)
			if err != nil || got.ID != test.id {
				t.Fatalf("EnsureStream = %v, %v, want the stream %s", got, err, test.id)
			}
			requests := server.requests()[1:]
			if test.change == "" {
				if len(requests) != 0 {
					t.Errorf("EnsureStream sent %v, want no change", requests)
				}
				return
			}
			if len(requests) != 1 || requests[0].Method != test.change || requests[0].Body != test.body {
				t.Errorf("EnsureStream sent %v, want %s %s", requests, test.change, test.body)
			}
		})
	}
}

// SSF §8.1.1.1: a Transmitter that allows one stream answers 409.
func TestEnsureStreamConflict(t *testing.T) {
	other := stream("s1", toPoll)
	want := ssf.CreateRequest{
		Description: "Atlas",
		Delivery:    &ssf.Delivery{Method: ssf.Push, EndpointURL: "https://atlas.example.com/e"},
	}
	client, server := newClient(t, replyJSON(t, 200, []ssf.Stream{other}), reply(409, ``),
		replyJSON(t, 200, []ssf.Stream{other}), replyJSON(t, 200, stream("s1", nil)))
	if got, err := client.EnsureStream(t.Context(), want); err != nil || got.ID != "s1" {
		t.Fatalf("EnsureStream = %v, %v, want s1", got, err)
	}
	var methods []string
	for _, r := range server.requests() {
		methods = append(methods, r.Method)
	}
	if diff := cmp.Diff([]string{"GET", "POST", "GET", "PATCH"}, methods); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
	body := server.requests()[3].Body
	if want := `{"stream_id":"s1","delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://atlas.example.com/e"}}`; body != want {
		t.Errorf("PATCH has the body %s, want %s", body, want)
	}

	client, _ = newClient(t, reply(200, `[]`), reply(409, ``), reply(200, `[]`))
	if got, err := client.EnsureStream(t.Context(), want); err == nil {
		t.Errorf("EnsureStream = %v, want an error: conflict, and nothing to adopt", got)
	}
}

func replyJSON(t *testing.T, status int, v any) http.HandlerFunc {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return reply(status, string(body))
}
