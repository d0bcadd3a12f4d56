// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"strings"

	"github.com/tocsin-id/tocsin/subject"
)

// legacySubject returns the subject inside the only event, or nil if there is
// none (SSF §3.1.1).
func legacySubject(events map[EventType]json.RawMessage) (subject.Identifier, error) {
	if len(events) != 1 {
		return nil, nil
	}
	for _, payload := range events {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(payload, &members); err != nil || members["subject"] == nil {
			return nil, nil
		}
		id, err := subject.Parse(nameFormat(members["subject"]))
		if err != nil {
			return nil, invalidRequest(`"subject": %v`, err)
		}
		return id, nil
	}
	return nil, nil
}

// nameFormat rewrites the older "subject_type", whose names have hyphens, to
// "format" (RISC §3.1). Anything else is returned as it is.
func nameFormat(raw json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return raw
	}
	typ, err := text(members, "subject_type")
	if err != nil || typ == "" || members["format"] != nil {
		return raw
	}
	format := strings.ReplaceAll(typ, "-", "_")
	if format == "phone" {
		format = string(subject.FormatPhoneNumber)
	}
	delete(members, "subject_type")
	members["format"] = appendString(nil, format)
	renamed, err := json.Marshal(members)
	if err != nil {
		return raw
	}
	return renamed
}
