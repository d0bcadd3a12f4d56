// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// RFC 8936 §2.3: sets is an object, also when there are none.
func TestPollResponseJSON(t *testing.T) {
	for want, response := range map[string]ssf.PollResponse{
		`{"sets":{}}`: {},
		`{"sets":{"z":"h.p.s","a":"h.p.t"},"moreAvailable":true}`: {
			Sets: ssf.PolledSETs{{ID: "z", Token: "h.p.s"}, {ID: "a", Token: "h.p.t"}}, MoreAvailable: true,
		},
		`{"sets":{"\"\u003c":"x"}}`: {Sets: ssf.PolledSETs{{ID: `"<`, Token: "x"}}},
	} {
		data, err := json.Marshal(response)
		if err != nil || string(data) != want {
			t.Errorf("Marshal = %s, %v, want %s", data, err, want)
		}
		got, err := ssf.ParsePollResponse([]byte(want))
		if err != nil {
			t.Fatalf("ParsePollResponse(%s) = %v, want no error", want, err)
		}
		if diff := cmp.Diff(&response, got); diff != "" {
			t.Errorf("ParsePollResponse(%s) differs (-want +got):\n%s", want, diff)
		}
	}
}

func TestParsePollResponse(t *testing.T) {
	for _, body := range []string{`{}`, `{"sets":null}`, `{"sets":{},"moreAvailable":false,"x":[1]}`} {
		if got, err := ssf.ParsePollResponse([]byte(body)); err != nil || len(got.Sets) != 0 || got.MoreAvailable {
			t.Errorf("ParsePollResponse(%s) = %v, %v, want no SETs", body, got, err)
		}
	}
	for _, body := range []string{
		``, `null`, `[]`, `{"sets":[]}`, `{"sets":{"a":5}}`, `{"sets":{"a":{}}}`, `{"sets":{"a":"x","a":"y"}}`, `{"moreAvailable":"yes"}`,
	} {
		if got, err := ssf.ParsePollResponse([]byte(body)); err == nil {
			t.Errorf("ParsePollResponse(%s) = %v, want an error", body, got)
		}
	}
}

// A Receiver's request says only what it means (RFC 8936 §2.2).
func TestPollRequestJSON(t *testing.T) {
	for want, request := range map[string]ssf.PollRequest{
		`{}`: {},
		`{"maxEvents":0,"returnImmediately":true,"ack":["a"],"setErrs":{"b":{"err":"invalid_state","description":"d"}}}`: {
			MaxEvents: new(int), ReturnImmediately: ptr(true), Ack: []string{"a"},
			SetErrs: map[string]secevent.Error{"b": {Code: secevent.InvalidState, Description: "d"}},
		},
	} {
		if data, err := json.Marshal(request); err != nil || string(data) != want {
			t.Errorf("Marshal = %s, %v, want %s", data, err, want)
		}
	}
}

func FuzzParsePollResponse(f *testing.F) {
	f.Add([]byte(`{"sets":{"b":"x","a":"y"},"moreAvailable":true}`))
	f.Add([]byte(`{"sets":{"a":["x"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ssf.ParsePollResponse(body)
		if err != nil {
			return
		}
		data, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ssf.ParsePollResponse(data)
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("ParsePollResponse(%s) = %v, %v, want %v", data, again, err, got)
		}
	})
}
