// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// parsers makes one shape of the Parse functions.
var parsers = map[string]func([]byte) (any, error){
	"create":  func(b []byte) (any, error) { return ssf.ParseCreate(b) },
	"update":  func(b []byte) (any, error) { return ssf.ParseUpdate(b) },
	"replace": func(b []byte) (any, error) { return ssf.ParseReplace(b) },
	"status":  func(b []byte) (any, error) { return ssf.ParseStatus(b) },
	"add":     func(b []byte) (any, error) { return ssf.ParseAddSubject(b) },
	"remove":  func(b []byte) (any, error) { return ssf.ParseRemoveSubject(b) },
	"verify":  func(b []byte) (any, error) { return ssf.ParseVerification(b) },
	"poll":    func(b []byte) (any, error) { return ssf.ParsePoll(b) },
}

// accepted has, for each parser, bodies and what they mean.
var accepted = []struct {
	parser, body string
	want         any
}{
	{"create", `{}`, &ssf.CreateRequest{}}, // SSF §8.1.1.1: a poll stream with default events
	{"create", `{"events_requested":[]}`, &ssf.CreateRequest{EventsRequested: []secevent.EventType{}}},
	{
		"create", `{"events_requested":["urn:a","not a uri"],"description":"d","delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://r.example.com/e?x=1","authorization_header":"Bearer a.b"}}`,
		&ssf.CreateRequest{
			EventsRequested: []secevent.EventType{"urn:a", "not a uri"}, Description: "d",
			Delivery: &ssf.Delivery{Method: ssf.Push, EndpointURL: "https://r.example.com/e?x=1", AuthorizationHeader: "Bearer a.b"},
		},
	},
	// The Receiver does not choose what the Transmitter sets; unknown members,
	// also those that differ in case, mean nothing.
	{"create", `{"stream_id":5,"iss":null,"aud":{},"Description":7,"x":[{}]}`, &ssf.CreateRequest{}},
	{
		"create", `{"delivery":{"method":"urn:ietf:rfc:8936","authorization_header":"x","extra":1}}`, // SSF §6.1.2
		&ssf.CreateRequest{Delivery: &ssf.Delivery{Method: ssf.Poll}},
	},
	{"create", `{"delivery":{"method":"urn:example:pigeon"}}`, &ssf.CreateRequest{Delivery: &ssf.Delivery{Method: "urn:example:pigeon"}}},
	{"update", `{"stream_id":"s"}`, &ssf.UpdateRequest{StreamID: "s"}},
	{
		"update", `{"stream_id":"s","description":"","events_requested":[],"aud":"a","events_delivered":[],"inactivity_timeout":60}`,
		&ssf.UpdateRequest{
			StreamID: "s", Description: new(string), EventsRequested: []secevent.EventType{},
			TransmitterSupplied: ssf.TransmitterSupplied{
				Audience: secevent.Audience{"a"}, EventsDelivered: []secevent.EventType{}, InactivityTimeout: ptr(60),
			},
		},
	},
	{
		"replace", `{"stream_id":"s","delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://t.example.com/p"},"aud":["a","b"],"iss":"i"}`,
		&ssf.ReplaceRequest{
			StreamID: "s", Delivery: ssf.Delivery{Method: ssf.Poll, EndpointURL: "https://t.example.com/p"},
			TransmitterSupplied: ssf.TransmitterSupplied{Issuer: ptr("i"), Audience: secevent.Audience{"a", "b"}},
		},
	},
	{"status", `{"stream_id":"s","status":"paused"}`, &ssf.Status{StreamID: "s", Status: ssf.StreamPaused}},
	{"status", `{"stream_id":"s","status":"disabled","reason":"r"}`, &ssf.Status{StreamID: "s", Status: ssf.StreamDisabled, Reason: "r"}},
	{
		"add", `{"stream_id":"s","subject":{"format":"email","email":"a@example.com"}}`,
		&ssf.AddSubjectRequest{StreamID: "s", Subject: subject.Email("a@example.com")},
	},
	{
		"add", `{"stream_id":"s","subject":{"format":"complex","user":{"format":"opaque","id":"1"}},"verified":false}`,
		&ssf.AddSubjectRequest{StreamID: "s", Subject: subject.Complex{"user": subject.Opaque("1")}, Verified: ptr(false)},
	},
	{
		"remove", `{"stream_id":"s","subject":{"format":"opaque","id":"1"}}`,
		&ssf.RemoveSubjectRequest{StreamID: "s", Subject: subject.Opaque("1")},
	},
	{"verify", `{"stream_id":"s"}`, &ssf.VerificationRequest{StreamID: "s"}},
	{"verify", `{"stream_id":"s","state":""}`, &ssf.VerificationRequest{StreamID: "s", State: new(string)}},
	{"verify", `{"stream_id":"s","state":"\u00e9\ufffd\ud83d\ude00 "}`, &ssf.VerificationRequest{StreamID: "s", State: ptr("é\ufffd😀 ")}},
	{"poll", `{}`, &ssf.PollRequest{}}, // RFC 8936 §2.2
	{"poll", `{"ack":[],"setErrs":{}}`, &ssf.PollRequest{Ack: []string{}, SetErrs: map[string]secevent.Error{}}},
	{
		"poll", `{"maxEvents":0,"returnImmediately":true,"ack":["a","b"],"setErrs":{"c":{"err":"invalid_key","description":"d"},"e":{"err":"new_code"}}}`,
		&ssf.PollRequest{
			MaxEvents: new(int), ReturnImmediately: ptr(true), Ack: []string{"a", "b"},
			SetErrs: map[string]secevent.Error{"c": {Code: secevent.InvalidKey, Description: "d"}, "e": {Code: "new_code"}},
		},
	},
	{"poll", `{"maxEvents":99999999999999999999999}`, &ssf.PollRequest{MaxEvents: ptr(1<<31 - 1)}},
}

func ptr[T any](v T) *T { return &v }

func TestParse(t *testing.T) {
	for _, test := range accepted {
		t.Run(test.parser+" "+test.body, func(t *testing.T) {
			got, err := parsers[test.parser]([]byte(test.body))
			if err != nil {
				t.Fatalf("Parse = %v, want no error", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseRefusesAll has bodies that no parser takes.
func TestParseRefusesAll(t *testing.T) {
	for name, body := range map[string]string{
		"empty":         "",
		"white space":   " \n",
		"broken":        ";{ broken",
		"cut off":       `{"stream_id":"s"`,
		"array":         `[]`,
		"string":        `"x"`,
		"null":          `null`,
		"two values":    `{}{}`,
		"not UTF-8":     "{\"x\":\"\xff\"}",
		"duplicate":     `{"stream_id":"s","x":1,"stream_id":"t"}`,
		"inner":         `{"x":{"a":1,"a":2}}`,
		"nested deeply": `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
	} {
		for parser, parse := range parsers {
			_, err := parse([]byte(body))
			var wrong *ssf.RequestError
			if !errors.As(err, &wrong) || wrong.Member != "" || wrong.Reason == "" {
				t.Errorf("%s of %s: error = %v, want a RequestError about the body", parser, name, err)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const push = `"method":"urn:ietf:rfc:8935"`
	tests := []struct{ parser, body, member string }{
		{"create", `{"events_requested":"urn:a"}`, "events_requested"}, // SSF §8.1.1.1: wrong types
		{"create", `{"events_requested":["urn:a",5]}`, "events_requested[1]"},
		{"create", `{"events_requested":[null]}`, "events_requested[0]"},
		{"create", `{"events_requested":null}`, "events_requested"},
		{"create", `{"description":5}`, "description"},
		{"create", `{"delivery":"push"}`, "delivery"},
		{"create", `{"delivery":[]}`, "delivery"},
		{"create", `{"delivery":null}`, "delivery"},
		{"create", `{"delivery":{}}`, "delivery.method"}, // SSF §6.1
		{"create", `{"delivery":{"method":""}}`, "delivery.method"},
		{"create", `{"delivery":{"method":5}}`, "delivery.method"},
		{"create", `{"delivery":{` + push + `}}`, "delivery.endpoint_url"}, // SSF §6.1.1
		{"create", `{"delivery":{` + push + `,"endpoint_url":""}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"/events"}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://"}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"ftp://r.example.com"}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://u:p@r.example.com"}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://r.example.com/#f"}}`, "delivery.endpoint_url"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://r.example.com","authorization_header":"a\r\nX: y"}}`, "delivery.authorization_header"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://r.example.com","authorization_header":" a"}}`, "delivery.authorization_header"},
		{"create", `{"delivery":{` + push + `,"endpoint_url":"https://r.example.com","authorization_header":"é"}}`, "delivery.authorization_header"},
		{"update", `{}`, "stream_id"}, // SSF §8.1.1.3
		{"update", `{"stream_id":""}`, "stream_id"},
		{"update", `{"stream_id":5}`, "stream_id"},
		{"update", `{"Stream_ID":"s"}`, "stream_id"},
		{"update", `{"stream_id":"s","description":null}`, "description"},
		{"update", `{"stream_id":"s","iss":5}`, "iss"},
		{"update", `{"stream_id":"s","aud":5}`, "aud"},
		{"update", `{"stream_id":"s","aud":["a",5]}`, "aud[1]"},
		{"update", `{"stream_id":"s","min_verification_interval":"60"}`, "min_verification_interval"},
		{"update", `{"stream_id":"s","inactivity_timeout":-1}`, "inactivity_timeout"},
		{"update", `{"stream_id":"s","inactivity_timeout":1.5}`, "inactivity_timeout"},
		{"replace", `{"delivery":{"method":"urn:ietf:rfc:8936"}}`, "stream_id"}, // SSF §8.1.1.4
		{"replace", `{"stream_id":"s"}`, "delivery"},
		{"status", `{"status":"enabled"}`, "stream_id"}, // SSF §8.1.2.2
		{"status", `{"stream_id":"s"}`, "status"},
		{"status", `{"stream_id":"s","status":"Enabled"}`, "status"},
		{"status", `{"stream_id":"s","status":"enabled","reason":{}}`, "reason"},
		{"add", `{"stream_id":"s"}`, "subject"}, // SSF §8.1.3.2
		{"add", `{"subject":{"format":"opaque","id":"1"}}`, "stream_id"},
		{"add", `{"stream_id":"s","subject":"a@example.com"}`, "subject"},
		{"add", `{"stream_id":"s","subject":{"id":"1"}}`, "subject.format"},
		{"add", `{"stream_id":"s","subject":{"format":"email","email":"Bob <b@example.com>"}}`, "subject.email"},
		{"add", `{"stream_id":"s","subject":{"format":"complex","user":{"format":"opaque"}}}`, "subject.user.id"},
		{"add", `{"stream_id":"s","subject":{"format":"opaque","id":"1"},"verified":"true"}`, "verified"},
		{"add", `{"stream_id":"s","subject":{"format":"opaque","id":"1"},"verified":null}`, "verified"},
		{"remove", `{"stream_id":"s","subject":{"format":"opaque","id":""}}`, "subject.id"}, // SSF §8.1.3.3
		{"verify", `{"state":"x"}`, "stream_id"},                                            // SSF §8.1.4.2
		{"verify", `{"stream_id":"s","state":5}`, "state"},
		{"verify", `{"stream_id":"s","state":null}`, "state"},
		{"verify", `{"stream_id":"s","state":"\ud800"}`, "state"},
		{"poll", `{"maxEvents":-1}`, "maxEvents"}, // RFC 8936 §2.5.1
		{"poll", `{"maxEvents":1.0}`, "maxEvents"},
		{"poll", `{"maxEvents":"5"}`, "maxEvents"},
		{"poll", `{"returnImmediately":1}`, "returnImmediately"},
		{"poll", `{"ack":"a"}`, "ack"},
		{"poll", `{"ack":["a",1]}`, "ack[1]"},
		{"poll", `{"setErrs":[]}`, "setErrs"},
		{"poll", `{"setErrs":{"a":"b"}}`, "setErrs.a"},
		{"poll", `{"setErrs":{"a":null}}`, "setErrs.a"},
		{"poll", `{"setErrs":{"a":{"description":"d"}}}`, "setErrs.a.err"},
		{"poll", `{"setErrs":{"a":{"err":"x","description":5}}}`, "setErrs.a.description"},
	}
	for _, test := range tests {
		t.Run(test.parser+" "+test.body, func(t *testing.T) {
			_, err := parsers[test.parser]([]byte(test.body))
			var wrong *ssf.RequestError
			if !errors.As(err, &wrong) {
				t.Fatalf("Parse = %v, want a RequestError", err)
			}
			if wrong.Member != test.member || wrong.Reason == "" {
				t.Errorf("RequestError = %+v, want the member %q", wrong, test.member)
			}
		})
	}
}

func TestIsVerified(t *testing.T) {
	for _, test := range []struct {
		verified *bool
		want     bool
	}{{nil, true}, {ptr(true), true}, {ptr(false), false}} { // SSF §8.1.3.2
		if got := (&ssf.AddSubjectRequest{Verified: test.verified}).IsVerified(); got != test.want {
			t.Errorf("IsVerified() with %v = %v, want %v", test.verified, got, test.want)
		}
	}
}

func fuzz(f *testing.F, parser string) {
	for _, test := range accepted {
		if test.parser == parser {
			f.Add([]byte(test.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parsers[parser](body)
		if err != nil {
			var wrong *ssf.RequestError
			if !errors.As(err, &wrong) {
				t.Fatalf("Parse(%q) = %v, want a RequestError", body, err)
			}
			return
		}
		// What was understood can be sent on and means the same again.
		data, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("Marshal(%+v) = %v", got, err)
		}
		again, err := parsers[parser](data)
		if err != nil {
			t.Fatalf("Parse(%s) = %v after a round trip of %q", data, err, body)
		}
		data2, err := json.Marshal(again)
		if err != nil || string(data) != string(data2) {
			t.Errorf("second round trip = %s, %v, want %s", data2, err, data)
		}
	})
}

func FuzzParseCreate(f *testing.F) {
	f.Add([]byte(`{"delivery":{"method":null}}`))
	fuzz(f, "create")
}

func FuzzParseUpdate(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","aud":[],"iss":""}`))
	fuzz(f, "update")
}

func FuzzParseReplace(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","delivery":{}}`))
	fuzz(f, "replace")
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","status":"off"}`))
	fuzz(f, "status")
}

func FuzzParseAddSubject(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","subject":{"format":"x","y":[1e9]}}`))
	fuzz(f, "add")
}

func FuzzParseRemoveSubject(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","subject":{"format":"aliases","identifiers":[]}}`))
	fuzz(f, "remove")
}

func FuzzParseVerification(f *testing.F) {
	f.Add([]byte(`{"stream_id":"s","state":"\ud800"}`))
	fuzz(f, "verify")
}

func FuzzParsePoll(f *testing.F) {
	f.Add([]byte(`{"setErrs":{"":{"err":"x"}},"ack":[""]}`))
	fuzz(f, "poll")
}
