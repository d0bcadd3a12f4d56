// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
)

func TestError(t *testing.T) {
	err := &secevent.Error{
		Code:        secevent.InvalidKey,
		Description: "the key is not known",
		Err:         fs.ErrNotExist,
	}
	t.Run("tells the Transmitter no cause", func(t *testing.T) {
		text, e := json.Marshal(err)
		if want := `{"err":"invalid_key","description":"the key is not known"}`; e != nil || string(text) != want {
			t.Errorf("Marshal = %s, %v, want %s", text, e, want)
		}
	})
	t.Run("tells the log the cause", func(t *testing.T) {
		if got := err.Error(); !strings.Contains(got, "invalid_key") || !strings.Contains(got, fs.ErrNotExist.Error()) {
			t.Errorf("Error() = %q, want the code and the cause", got)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error("errors.Is does not find the cause")
		}
	})
}

func TestParseError(t *testing.T) {
	for _, test := range []struct {
		name, body        string
		code, description string
	}{
		{"known code", `{"err":"invalid_audience","description":"not us"}`, "invalid_audience", "not us"},
		{"code of SSF", `{"err":"invalid_state","description":""}`, "invalid_state", ""},
		{"unknown code", `{"err":"out_of_paper","description":"x"}`, "out_of_paper", "x"},
		{"no description", `{"err":"invalid_request"}`, "invalid_request", ""},
		{"description null", `{"err":"invalid_request","description":null}`, "invalid_request", ""},
		{"extra members", `{"err":"invalid_request","x":{}}`, "invalid_request", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := secevent.ParseError([]byte(test.body))
			if err != nil {
				t.Fatalf("ParseError(%s) = %v", test.body, err)
			}
			if string(e.Code) != test.code || e.Description != test.description {
				t.Errorf("ParseError(%s) = %+v, want %q, %q", test.body, e, test.code, test.description)
			}
		})
	}
	t.Run("refuses what says nothing about a SET", func(t *testing.T) {
		for _, body := range []string{
			``, `null`, `[]`, `{}`, `"invalid_key"`, `{"err":""}`, `{"err":null}`, `{"err":5}`,
			`{"err":["invalid_key"]}`, `{"err":"x","description":5}`, `{"error":"invalid_token"}`, `<html>502</html>`,
		} {
			if e, err := secevent.ParseError([]byte(body)); err == nil {
				t.Errorf("ParseError(%q) = %v, want an error", body, e)
			}
		}
	})
}
