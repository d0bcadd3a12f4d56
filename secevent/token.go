// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/subject"
)

// Token is the claims of a SET (RFC 8417 §2.2, SSF §4.1).
type Token struct {
	// Issuer is "iss": the issuer of the stream and of its metadata, compared
	// exactly (SSF §4.1.6).
	Issuer string

	// Audience is "aud": the Receiver.
	Audience Audience

	// ID is "jti". It is unique for the issuer, and the same when a SET is
	// delivered again.
	ID string

	// IssuedAt is "iat". It is encoded in whole seconds, rounded down, so that
	// no Receiver sees it in its future.
	IssuedAt time.Time

	// Txn is "txn": the same for all SETs with one cause; empty for none (SSF
	// §4.1.9).
	Txn string

	// TimeOfEvent is "toe", encoded in whole seconds; zero for none.
	TimeOfEvent time.Time

	// Subject is "sub_id": the primary subject (SSF §3.1).
	Subject subject.Identifier

	// Events is "events": the payload of each event as a JSON object. SSF
	// wants exactly one (SSF §4.2.1).
	Events map[EventType]json.RawMessage

	// Extra is the claims that are not named here. Receivers ignore what they
	// do not understand (SSF §4.2.3).
	Extra map[string]json.RawMessage
}

// Type returns the type of the only event, or "" unless there is exactly one.
func (t *Token) Type() EventType {
	typ, _ := t.Event()
	return typ
}

// Event returns the type and the payload of the only event. Both are zero
// unless there is exactly one.
func (t *Token) Event() (EventType, json.RawMessage) {
	if len(t.Events) != 1 {
		return "", nil
	}
	for typ, payload := range t.Events {
		return typ, payload
	}
	return "", nil
}

// Validate reports the first claim that is missing or that SSF forbids. It
// does not judge the values of the subject or of the events, nor demand that
// there is only one event: that is what [Token.Sign] is strict about.
func (t *Token) Validate() error {
	if t.Issuer == "" {
		return errors.New(`"iss" is missing`)
	}
	if err := t.Audience.check(); err != nil {
		return err
	}
	return t.checkProfile()
}

// checkProfile checks the claims in the order in which a Receiver reports
// them, after those that say who speaks to whom.
func (t *Token) checkProfile() error {
	switch {
	case t.IssuedAt.IsZero():
		return errors.New(`"iat" is missing`)
	case t.ID == "":
		return errors.New(`"jti" is missing`)
	case t.Extra["exp"] != nil:
		return errors.New(`"exp" is not allowed: a SET is a fact, which does not expire`)
	case t.Extra["sub"] != nil:
		return errors.New(`"sub" is not allowed: the subject is in "sub_id"`)
	case len(t.Events) == 0:
		return errors.New(`"events" is missing or empty`)
	}
	for _, typ := range slices.Sorted(maps.Keys(t.Events)) {
		if !strings.Contains(string(typ), ":") {
			return fmt.Errorf("event type %.100q is not a URI", typ)
		}
		if !isObject(t.Events[typ]) {
			return fmt.Errorf("event %.100q is not a JSON object", typ)
		}
	}
	if t.Subject == nil {
		return errors.New(`"sub_id" is missing`)
	}
	return nil
}

// MarshalJSON encodes the claims in a fixed order: iss, aud, jti, iat, txn,
// toe, sub_id, events, then the others sorted by name. It leaves out what is
// not set, so that an incomplete token can be shown; [Token.Sign] refuses one.
func (t Token) MarshalJSON() ([]byte, error) {
	env := Envelope{
		Issuer: t.Issuer, Audience: t.Audience, ID: t.ID, Txn: t.Txn,
	}
	if !t.IssuedAt.IsZero() {
		env.IssuedAt = t.IssuedAt.Unix()
	}
	payload, err := t.appendPayload([]byte{'{'})
	if err != nil {
		return nil, err
	}
	env.Payload = append(payload, '}')
	return env.AppendJSON(nil), nil
}

// appendPayload appends the members that do not belong to the envelope.
func (t Token) appendPayload(dst []byte) ([]byte, error) {
	if !t.TimeOfEvent.IsZero() {
		dst = appendName(dst, "toe")
		dst = strconv.AppendInt(dst, t.TimeOfEvent.Unix(), 10)
	}
	if t.Subject != nil {
		sub, err := t.Subject.MarshalJSON()
		if err != nil {
			return nil, err
		}
		dst = append(appendName(dst, "sub_id"), sub...)
	}
	if len(t.Events) > 0 {
		events, err := json.Marshal(t.Events)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		dst = append(appendName(dst, "events"), events...)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Extra)) {
		if slices.Contains(claimNames, name) {
			return nil, fmt.Errorf("claim %q: set the field of the token instead", name)
		}
		value, err := json.Marshal(t.Extra[name])
		if err != nil {
			return nil, fmt.Errorf("claim %q: %w", name, err)
		}
		dst = append(appendName(dst, name), value...)
	}
	return dst, nil
}

// appendName appends a member name and the comma that may have to precede it.
func appendName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(appendString(dst, name), ':')
}

// Sign validates the token as one that SSF allows a Transmitter to send and
// returns it as a signed SET. On top of Validate it wants exactly one event
// and a subject whose values are valid.
func (t *Token) Sign(s *Signer) (string, error) {
	if err := t.Validate(); err != nil {
		return "", fmt.Errorf("SET %q: %w", t.ID, err)
	}
	if len(t.Events) != 1 {
		return "", fmt.Errorf("SET %q: has %d events, must have one", t.ID, len(t.Events))
	}
	if err := t.Subject.Validate(); err != nil {
		return "", fmt.Errorf("SET %q: %w", t.ID, err)
	}
	claims, err := t.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("SET %q: %w", t.ID, err)
	}
	return s.Sign(claims)
}
