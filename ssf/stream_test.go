// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

const (
	typeA secevent.EventType = "https://schemas.example.com/a"
	typeB secevent.EventType = "https://schemas.example.com/b"
)

func pollStream() ssf.Stream {
	return ssf.Stream{
		ID: "s1", Issuer: "https://tr.example.com", Audience: secevent.Audience{"https://r.example.com"},
		Delivery: ssf.Delivery{Method: ssf.Poll, EndpointURL: "https://tr.example.com/poll/s1"},
	}
}

func pushStream() ssf.Stream {
	return ssf.Stream{
		ID: "s2", Issuer: "https://tr.example.com", Audience: secevent.Audience{"a", "b"},
		EventsSupported: []secevent.EventType{typeA, typeB}, EventsRequested: []secevent.EventType{typeA, "urn:x"},
		EventsDelivered:         []secevent.EventType{typeA},
		Delivery:                ssf.Delivery{Method: ssf.Push, EndpointURL: "https://r.example.com/e", AuthorizationHeader: "Bearer x"},
		MinVerificationInterval: 60, Description: "Atlas", InactivityTimeout: 86400,
	}
}

func TestStreamJSON(t *testing.T) {
	tests := []struct {
		name   string
		stream ssf.Stream
		want   string
	}{
		{
			"minimal", pollStream(), // SSF §8.1.1: events_delivered is required, so never null
			`{"stream_id":"s1","iss":"https://tr.example.com","aud":"https://r.example.com","events_delivered":[],"delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://tr.example.com/poll/s1"}}`,
		},
		{
			"full", pushStream(),
			`{"stream_id":"s2","iss":"https://tr.example.com","aud":["a","b"],"events_supported":["https://schemas.example.com/a","https://schemas.example.com/b"],"events_requested":["https://schemas.example.com/a","urn:x"],"events_delivered":["https://schemas.example.com/a"],"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://r.example.com/e","authorization_header":"Bearer x"},"min_verification_interval":60,"description":"Atlas","inactivity_timeout":86400}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.stream)
			if err != nil || string(got) != test.want {
				t.Errorf("Marshal = %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestStreamRoundTrip: a Receiver may PUT back what it read (SSF §8.1.1.4),
// and nothing changes.
func TestStreamRoundTrip(t *testing.T) {
	emptyRequest := pushStream()
	emptyRequest.EventsRequested = []secevent.EventType{}
	emptyRequest.EventsDelivered = nil
	for name, stream := range map[string]ssf.Stream{
		"poll": pollStream(), "push": pushStream(), "no events requested": emptyRequest,
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(stream)
			if err != nil {
				t.Fatal(err)
			}
			r, err := ssf.ParseReplace(body)
			if err != nil {
				t.Fatalf("ParseReplace(%s) = %v, want no error", body, err)
			}
			if err := r.Check(&stream); err != nil {
				t.Errorf("Check = %v, want nil", err)
			}
			after := stream
			after.EventsRequested, after.Delivery, after.Description = r.EventsRequested, r.Delivery, r.Description
			if diff := cmp.Diff(stream, after); diff != "" {
				t.Errorf("PUT of GET changes the stream (-before +after):\n%s", diff)
			}
			var read ssf.Stream
			if err := json.Unmarshal(body, &read); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(read)
			if err != nil || string(again) != string(body) {
				t.Errorf("Receiver writes %s, %v, want %s", again, err, body)
			}
		})
	}
}

// TestCheck: what the Transmitter sets may be sent if it is right (SSF
// §8.1.1.3, §8.1.1.4).
func TestCheck(t *testing.T) {
	const push, poll = `"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://r.example.com/new"}`, `"delivery":{"method":"urn:ietf:rfc:8936"}`
	tests := []struct {
		name    string
		stream  ssf.Stream
		members string
		want    string // member of the error, "" for none
	}{
		{"nothing", pushStream(), push, ""},
		{"all right", pushStream(), push + `,"iss":"https://tr.example.com","min_verification_interval":60,"inactivity_timeout":86400`, ""},
		{"lists are sets", pushStream(), push + `,"aud":["b","a","b"],"events_supported":["https://schemas.example.com/b","https://schemas.example.com/a"],"events_delivered":["https://schemas.example.com/a","https://schemas.example.com/a"]`, ""},
		{"audience of one as an array", pollStream(), poll + `,"aud":["https://r.example.com"]`, ""},
		{"iss", pushStream(), push + `,"iss":"https://tr.example.com/"`, "iss"},
		{"aud", pushStream(), push + `,"aud":"a"`, "aud"},
		{"more aud", pushStream(), push + `,"aud":["a","b","c"]`, "aud"},
		{"no aud", pushStream(), push + `,"aud":[]`, "aud"},
		{"events_supported", pushStream(), push + `,"events_supported":[]`, "events_supported"},
		{"events_delivered", pushStream(), push + `,"events_delivered":["https://schemas.example.com/b"]`, "events_delivered"},
		{"min_verification_interval", pushStream(), push + `,"min_verification_interval":1`, "min_verification_interval"},
		{"inactivity_timeout", pushStream(), push + `,"inactivity_timeout":1`, "inactivity_timeout"},
		{"a member that the stream lacks", pollStream(), poll + `,"inactivity_timeout":1`, "inactivity_timeout"},
		{"poll URL", pollStream(), `"delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://tr.example.com/poll/s1"}`, ""}, // SSF §6.1.2
		{"other poll URL", pollStream(), `"delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://tr.example.com/poll/s2"}`, "delivery.endpoint_url"},
		{"push to poll", pushStream(), poll, ""},
		{"push to poll with a URL", pushStream(), `"delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://r.example.com/e"}`, "delivery.endpoint_url"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := []byte(`{"stream_id":"s",` + test.members + `}`)
			update, err := ssf.ParseUpdate(body)
			if err != nil {
				t.Fatal(err)
			}
			replace, err := ssf.ParseReplace(body)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{update.Check(&test.stream), replace.Check(&test.stream)} {
				var wrong *ssf.RequestError
				if test.want == "" && err != nil {
					t.Errorf("Check = %v, want nil", err)
				}
				if test.want != "" && (!errors.As(err, &wrong) || wrong.Member != test.want) {
					t.Errorf("Check = %v, want a RequestError for %s", err, test.want)
				}
			}
		})
	}
}

// The authorization header is a secret of the Receiver.
func TestDeliveryHidesSecret(t *testing.T) {
	stream := pushStream()
	stream.Delivery.AuthorizationHeader = "Bearer hunter2"
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "delivery", stream.Delivery)
	for _, text := range []string{
		log.String(), fmt.Sprint(stream), fmt.Sprintf("%+v", &stream), fmt.Sprintf("%#v", stream), stream.Delivery.String(),
	} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "https://r.example.com/e") {
			t.Errorf("delivery is shown as %q, want the URL without the secret", text)
		}
	}
}
