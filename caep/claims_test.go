// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
)

func TestReasonValidate(t *testing.T) {
	for _, tag := range []string{
		"en", "de-CH", "es-410", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1901", "zh-cmn-Hans-CN",
		"en-US-u-islamcal", "x-whatever", "de-x-bayer", "i-klingon", "EN-gb-OED", "abcd",
	} {
		if err := (caep.Reason{tag: "text"}).Validate(); err != nil {
			t.Errorf("Reason{%q}.Validate() = %v, want nil", tag, err)
		}
	}
	for _, tag := range []string{
		"", "e", "en_US", "en-", "-en", "en--US", "x", "x-", "en-x", "en-u", "a-DE", "e1", "en-u-x",
		"toolongtag", "en-toolongsub", "abcd-efg", "dé", "en US", "i-unknown", "zh-aaa-bbb-ccc-ddd",
	} {
		if err := (caep.Reason{tag: "text"}).Validate(); err == nil {
			t.Errorf("Reason{%q}.Validate() = nil, want an error", tag)
		}
	}
	if err := (caep.Reason{}).Validate(); err == nil {
		t.Error("Reason{}.Validate() = nil, want an error for an empty object")
	}
	if err := caep.Reason(nil).Validate(); err != nil {
		t.Errorf("nil Reason.Validate() = %v, want nil", err)
	}
}

func TestReasonPick(t *testing.T) {
	reason := caep.Reason{"de": "Hallo", "zh-Hant": "你好", "en": "Hello", "EN-gb": "Good day"}
	tests := []struct {
		languages []string
		want      string
	}{
		{nil, "Hello"},
		{[]string{"de"}, "Hallo"},
		{[]string{"DE-ch-1901"}, "Hallo"},
		{[]string{"zh-Hant-TW"}, "你好"},
		{[]string{"fr", "de"}, "Hallo"},
		{[]string{"en-GB-oed"}, "Good day"},
		{[]string{"fr"}, "Hello"},
		{[]string{""}, "Hello"},
	}
	for _, test := range tests {
		if got := reason.Pick(test.languages...); got != test.want {
			t.Errorf("Pick(%q) = %q, want %q", test.languages, got, test.want)
		}
	}
	if got := (caep.Reason{"fr": "a", "en-US": "b"}).Pick("de"); got != "b" {
		t.Errorf("Pick without plain en = %q, want the English of a region", got)
	}
	if got := (caep.Reason{"it": "b", "fr": "a"}).Pick("de"); got != "a" {
		t.Errorf("Pick without English = %q, want the first tag", got)
	}
	if got := caep.Reason(nil).Pick("en"); got != "" {
		t.Errorf("nil Reason.Pick = %q, want nothing", got)
	}
}

func TestTimestamp(t *testing.T) {
	if got := caep.At(time.Time{}); !got.IsZero() {
		t.Errorf("At(zero) = %v, want the zero Timestamp", got)
	}
	// Rounding up could put the event after the SET that reports it.
	data, err := json.Marshal(caep.Timestamp{Time: time.Unix(1700000000, 999_999_999)})
	if err != nil || string(data) != "1700000000" {
		t.Errorf("Marshal = %s, %v, want 1700000000", data, err)
	}
	if _, err := json.Marshal(caep.Timestamp{Time: time.Unix(-1, 0)}); err == nil {
		t.Error("Marshal(before 1970) succeeded, want an error")
	}
	if err := (caep.SessionRevoked{Common: caep.Common{EventTimestamp: caep.At(time.Unix(1<<60, 0))}}).Validate(); err == nil {
		t.Error("Validate() = nil for a time beyond the year 9999")
	}
	var got caep.Timestamp
	if err := json.Unmarshal([]byte("0"), &got); err != nil || got.IsZero() || got.Unix() != 0 {
		t.Errorf("Unmarshal(0) = %v, %v, want the epoch, which is not the zero Timestamp", got, err)
	}
}
