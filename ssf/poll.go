// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
)

// PollRequest is the body of a poll (RFC 8936 §2.2). All members are optional.
type PollRequest struct {
	// MaxEvents is the most SETs to return; 0 acknowledges only; nil is no
	// limit.
	MaxEvents *int `json:"maxEvents,omitempty"`

	// ReturnImmediately true asks for an answer at once even if there are no
	// SETs. Nil means false: the Transmitter waits for a while.
	ReturnImmediately *bool `json:"returnImmediately,omitempty"`

	// Ack lists the jti of SETs that were received well.
	Ack []string `json:"ack,omitempty"`

	// SetErrs says, by jti, what was wrong with other SETs.
	SetErrs map[string]secevent.Error `json:"setErrs,omitempty"`
}

// ParsePoll reads the body of a poll. Nothing in an invalid request counts,
// not even its acknowledgements. Error codes that RFC 8935 does not list are
// accepted: the registry may grow.
//
// The error is a *RequestError.
func ParsePoll(body []byte) (*PollRequest, error) {
	o := parseObject(body)
	r := &PollRequest{
		MaxEvents:         o.integer("maxEvents"),
		ReturnImmediately: o.boolean("returnImmediately"),
		Ack:               texts[string](o, "ack"),
		SetErrs:           o.setErrs("setErrs"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// setErrs returns an object of errors by jti, or nil if the member is absent.
func (o *object) setErrs(name string) map[string]secevent.Error {
	list := o.object(name)
	if list == nil {
		return nil
	}
	errs := make(map[string]secevent.Error, len(list.members))
	for jti := range list.members {
		e := list.object(jti)
		if e == nil {
			continue
		}
		errs[jti] = secevent.Error{
			Code:        secevent.ErrorCode(e.requiredText("err")),
			Description: e.optionalText("description"),
		}
	}
	return errs
}

// PollResponse is the answer to a poll (RFC 8936 §2.3).
type PollResponse struct {
	// Sets are the SETs. None is written as an empty object.
	Sets PolledSETs `json:"sets"`

	// MoreAvailable says that more SETs wait than were returned.
	MoreAvailable bool `json:"moreAvailable,omitempty"`
}

// PolledSET is one SET of a poll.
type PolledSET struct {
	ID    string // the jti, which is the member name
	Token string // the SET in compact serialisation, not verified
}

// PolledSETs are the SETs of a poll in order. On the wire they are an object,
// whose members have no order of their own; it is written and read in order
// all the same, since events about one subject have one (SSF §8.1.2.1).
type PolledSETs []PolledSET

// MarshalJSON writes an object with a member for each SET, in order.
func (s PolledSETs) MarshalJSON() ([]byte, error) {
	dst := []byte{'{'}
	for i, set := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		for j, text := range []string{set.ID, set.Token} {
			quoted, err := json.Marshal(text)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				dst = append(dst, ':')
			}
			dst = append(dst, quoted...)
		}
	}
	return append(dst, '}'), nil
}

// UnmarshalJSON reads an object of strings, in order. A name that occurs twice
// is an error; null reads as no SETs.
func (s *PolledSETs) UnmarshalJSON(data []byte) error {
	*s = nil
	if string(data) == "null" {
		return nil
	}
	if err := secevent.CheckJSON(data); err != nil {
		return fmt.Errorf("sets is %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil { // the opening brace
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		value, err := dec.Token()
		if err != nil {
			return err
		}
		token, ok := value.(string)
		if !ok {
			return fmt.Errorf("sets has a member %.60q that is not a string", name)
		}
		*s = append(*s, PolledSET{ID: name.(string), Token: token})
	}
	return nil
}

// ParsePollResponse reads the answer to a poll. An absent sets counts as none.
func ParsePollResponse(body []byte) (*PollResponse, error) {
	if err := secevent.CheckJSON(body); err != nil {
		return nil, fmt.Errorf("poll answer is %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("poll answer: %w", err)
	}
	r := new(PollResponse)
	if raw, ok := members["sets"]; ok {
		if err := r.Sets.UnmarshalJSON(raw); err != nil {
			return nil, fmt.Errorf("poll answer: %w", err)
		}
	}
	if raw, ok := members["moreAvailable"]; ok {
		if err := json.Unmarshal(raw, &r.MoreAvailable); err != nil {
			return nil, errors.New("poll answer: moreAvailable is not true or false")
		}
	}
	return r, nil
}
