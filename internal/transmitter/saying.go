// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"encoding/json"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// saying makes what SETs say of one signal, once for all streams to which it is
// said alike.
type saying struct {
	tx   idp.Tx
	sig  idp.Signal
	p    principal
	made map[wording]json.RawMessage
}

// wording is what one payload of a signal may differ in from another.
type wording struct {
	format    subject.Format
	withEmail bool
	event     string
	logout    bool
}

func newSaying(tx idp.Tx, sig idp.Signal, p principal) *saying {
	return &saying{tx: tx, sig: sig, p: p, made: make(map[wording]json.RawMessage, 1)}
}

// to returns the payload for a stream, and false when the application may know
// nothing of what there is to say.
func (s *saying) to(r *streamRoute) (json.RawMessage, bool, error) {
	if r.stream.Method == idp.Logout {
		payload, err := s.once(wording{logout: true}, func() (json.RawMessage, error) { return logoutClaims(s.sig.Principal) })
		return payload, err == nil, err
	}
	event, ok, err := released(s.tx, s.sig, r.application.ID)
	if err != nil || !ok {
		return nil, false, err
	}
	w := wording{format: r.provider.SubjectFormat, event: string(event)}
	if w.format == subject.FormatEmail || w.format == subject.FormatAliases {
		if w.withEmail, err = emailReleased(s.tx, s.sig.Principal.UserID, r.application.ID); err != nil {
			return nil, false, err
		}
	}
	payload, err := s.once(w, func() (json.RawMessage, error) {
		return secevent.Payload(s.p.sub(w.format, w.withEmail), storedEvent{s.sig.Type, event})
	})
	return payload, err == nil, err
}

func (s *saying) once(w wording, say func() (json.RawMessage, error)) (json.RawMessage, error) {
	if payload, ok := s.made[w]; ok {
		return payload, nil
	}
	payload, err := say()
	if err != nil {
		return nil, &unsayableError{fmt.Errorf("signal %d: %w", s.sig.ID, err)}
	}
	s.made[w] = payload
	return payload, nil
}

// unsayableError is the fault of a signal whose SET would not be valid.
type unsayableError struct{ err error }

func (e *unsayableError) Error() string { return e.err.Error() }

func (e *unsayableError) Unwrap() error { return e.err }

// storedEvent is the event of a signal, which the verb that recorded it has
// validated.
type storedEvent struct {
	eventType secevent.EventType
	event     json.RawMessage
}

func (e storedEvent) EventType() secevent.EventType { return e.eventType }

func (e storedEvent) Validate() error { return nil }

func (e storedEvent) MarshalJSON() ([]byte, error) {
	if len(e.event) == 0 {
		return json.RawMessage("{}"), nil
	}
	return e.event, nil
}
