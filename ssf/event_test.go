// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

var events = []struct {
	event secevent.Event
	json  string
}{
	{ssf.Verification{}, `{}`}, // SSF §8.1.4.1
	{ssf.Verification{State: new(string)}, `{"state":""}`},
	{ssf.Verification{State: ptr("VGhpcyBpcyBhbiBleGFtcGxl")}, `{"state":"VGhpcyBpcyBhbiBleGFtcGxl"}`},
	{ssf.StreamUpdated{Status: ssf.StreamPaused}, `{"status":"paused"}`}, // SSF §8.1.5
	{ssf.StreamUpdated{Status: ssf.StreamDisabled, Reason: "Internal error"}, `{"status":"disabled","reason":"Internal error"}`},
}

func TestEvents(t *testing.T) {
	for _, test := range events {
		t.Run(test.json, func(t *testing.T) {
			if err := test.event.Validate(); err != nil {
				t.Errorf("Validate() = %v, want nil", err)
			}
			data, err := json.Marshal(test.event)
			if err != nil || string(data) != test.json {
				t.Errorf("Marshal = %s, %v, want %s", data, err, test.json)
			}
			got, err := ssf.ParseEvent(test.event.EventType(), []byte(test.json))
			if err != nil || !cmp.Equal(test.event, got) {
				t.Errorf("ParseEvent(%s) = %v, %v, want %v", test.json, got, err, test.event)
			}
		})
	}
	if got := ssf.EventTypes(); len(got) != 2 || got[0] != ssf.TypeVerification || got[1] != ssf.TypeStreamUpdated {
		t.Errorf("EventTypes() = %v, want the two of SSF §8.1.4 and §8.1.5", got)
	}
	if got := ssf.StreamSubject("s1"); got != subject.Opaque("s1") {
		t.Errorf("StreamSubject = %v, want the opaque stream id", got)
	}
	if err := (ssf.StreamUpdated{Status: "off"}).Validate(); err == nil {
		t.Error("Validate() = nil for an unknown status")
	}
}

func TestParseEventRefuses(t *testing.T) {
	tests := []struct {
		typ     secevent.EventType
		payload string
	}{
		{ssf.TypeVerification, `null`},
		{ssf.TypeVerification, ``},
		{ssf.TypeVerification, `{"state":5}`},
		{ssf.TypeVerification, `{"state":null}`},
		{ssf.TypeStreamUpdated, `{}`},
		{ssf.TypeStreamUpdated, `{"status":"Paused"}`},
		{ssf.TypeStreamUpdated, `{"status":"paused","reason":[]}`},
	}
	for _, test := range tests {
		event, err := ssf.ParseEvent(test.typ, []byte(test.payload))
		var wrong *secevent.Error
		if event != nil || !errors.As(err, &wrong) || wrong.Code != secevent.InvalidRequest {
			t.Errorf("ParseEvent(%s) = %v, %v, want invalid_request", test.payload, event, err)
		}
	}
	if _, err := ssf.ParseEvent(typeA, []byte(`{}`)); !errors.Is(err, ssf.ErrUnknownType) {
		t.Errorf("ParseEvent(%s) = %v, want ErrUnknownType", typeA, err)
	}
	// Some Transmitters repeat the stream id (SSF §4.2.3: ignore).
	if _, err := ssf.ParseEvent(ssf.TypeStreamUpdated, []byte(`{"stream_id":"s","status":"enabled"}`)); err != nil {
		t.Errorf("ParseEvent with an unknown member = %v, want nil", err)
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, test := range events {
		f.Add(test.event.EventType() == ssf.TypeVerification, test.json)
	}
	f.Fuzz(func(t *testing.T, verification bool, payload string) {
		typ := ssf.TypeStreamUpdated
		if verification {
			typ = ssf.TypeVerification
		}
		event, err := ssf.ParseEvent(typ, []byte(payload))
		if err != nil {
			return
		}
		data, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ssf.ParseEvent(typ, data); err != nil || !cmp.Equal(event, again) {
			t.Errorf("ParseEvent(%s) = %v, %v, want %v", data, again, err, event)
		}
	})
}
