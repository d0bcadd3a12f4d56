// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/subject"
)

// claimNames are the claims that have a field in Token.
var claimNames = []string{"iss", "aud", "jti", "iat", "txn", "toe", "sub_id", "events"}

// token decodes the claims. Those that are missing stay zero.
func (u *unverified) token() (*Token, error) {
	t := &Token{}
	var err error
	if t.Issuer, err = u.issuer(); err != nil {
		return nil, err
	}
	if t.Audience, err = u.audience(); err != nil {
		return nil, err
	}
	if t.IssuedAt, err = date(u.claims, "iat"); err != nil {
		return nil, err
	}
	if t.ID, err = text(u.claims, "jti"); err != nil {
		return nil, err
	}
	if t.Txn, err = text(u.claims, "txn"); err != nil {
		return nil, err
	}
	if t.TimeOfEvent, err = date(u.claims, "toe"); err != nil {
		return nil, err
	}
	if t.Events, err = u.events(); err != nil {
		return nil, err
	}
	if raw := u.claims["sub_id"]; raw != nil {
		if t.Subject, err = subject.Parse(raw); err != nil {
			return nil, invalidRequest(`"sub_id": %v`, err)
		}
	}
	t.Extra = u.extra()
	return t, nil
}

func (u *unverified) issuer() (string, error) {
	iss, err := text(u.claims, "iss")
	if err != nil {
		return "", &Error{InvalidIssuer, `"iss" must be a string`, err}
	}
	return iss, nil
}

func (u *unverified) audience() (Audience, error) {
	raw := u.claims["aud"]
	if raw == nil {
		return nil, nil
	}
	var aud Audience
	if err := json.Unmarshal(raw, &aud); err != nil {
		return nil, &Error{InvalidAudience, errAudience.Error(), err}
	}
	return aud, nil
}

func (u *unverified) events() (map[EventType]json.RawMessage, error) {
	raw := u.claims["events"]
	if raw == nil {
		return nil, nil
	}
	var events map[EventType]json.RawMessage
	if err := json.Unmarshal(raw, &events); err != nil || events == nil {
		return nil, &Error{InvalidRequest, `"events" must be an object`, err}
	}
	for typ, payload := range events {
		if !isObject(payload) {
			return nil, invalidRequest("event %.100q must be an object", typ)
		}
	}
	return events, nil
}

// extra returns the claims that have no field, or nil if there are none.
func (u *unverified) extra() map[string]json.RawMessage {
	extra := make(map[string]json.RawMessage)
	for name, value := range u.claims {
		extra[name] = value
	}
	for _, name := range claimNames {
		delete(extra, name)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

// text returns a member that is a string or absent. It refuses an unpaired
// surrogate, which encoding/json reads as U+FFFD: two such "jti" would be one.
func text(members map[string]json.RawMessage, name string) (string, error) {
	raw := members[name]
	if raw == nil {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", &Error{InvalidRequest, `"` + name + `" must be a string`, err}
	}
	if strings.ContainsRune(*s, utf8.RuneError) {
		return "", invalidRequest("%q must not hold U+FFFD or an unpaired surrogate", name)
	}
	return *s, nil
}

// maxSeconds is the last second of the year 9999, beyond which a time has no
// text form.
const maxSeconds = 253402300799

// date returns a member that is a NumericDate or absent. Fractions are kept to
// the microsecond.
func date(members map[string]json.RawMessage, name string) (time.Time, error) {
	raw := members[name]
	if raw == nil {
		return time.Time{}, nil
	}
	var seconds *float64
	if err := json.Unmarshal(raw, &seconds); err != nil || seconds == nil {
		return time.Time{}, &Error{InvalidRequest, `"` + name + `" must be a number`, err}
	}
	if *seconds < 0 || *seconds > maxSeconds {
		return time.Time{}, invalidRequest("%q must be in seconds since 1970", name)
	}
	return time.UnixMicro(int64(*seconds * 1e6)).UTC(), nil
}
