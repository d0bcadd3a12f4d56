// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"
	"reflect"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// StreamChange says what to change of a stream. Nil members stay as they are.
type StreamChange struct {
	// EventsRequested replaces the list; a pointer to a nil list goes back to
	// the transmitter's choice.
	EventsRequested *[]secevent.EventType
	// Delivery replaces the delivery as a whole, with its credential.
	Delivery *ssf.Delivery
	// Description is cut after MaxDescription characters.
	Description *string
}

// UpdateStream changes what a Receiver may say about a stream. What was fanned
// out already stays on the stream, also when its type is requested no longer,
// and moves to a new delivery method.
//
// It returns an *idp.InvalidError for a delivery method that we do not have.
// The push endpoint must have been checked.
func UpdateStream(_ context.Context, tx idp.Tx, actor idp.Actor, s idp.Stream, change StreamChange) (idp.Stream, error) {
	before := s
	if change.EventsRequested != nil {
		s.EventsRequested = *change.EventsRequested
	}
	if change.Description != nil {
		s.Description = cut(*change.Description, MaxDescription)
	}
	if change.Delivery != nil {
		if err := setDelivery(&s, *change.Delivery); err != nil {
			return idp.Stream{}, err
		}
	}
	if reflect.DeepEqual(before, s) {
		return s, nil
	}
	if s.Method != before.Method {
		// The bytes that polls returned mean nothing to a push endpoint.
		if err := forgetHandouts(tx, s.Num); err != nil {
			return idp.Stream{}, err
		}
	}
	if err := tx.UpdateStream(s); err != nil {
		return idp.Stream{}, err
	}
	s.UpdatedAt = tx.Now()
	return s, audit(tx, actor, s, "stream.update", "", "")
}

func forgetHandouts(tx idp.Tx, num idp.StreamNum) error {
	out, err := tx.Handouts(num)
	if err != nil || len(out) == 0 {
		return err
	}
	seqs := make([]int64, len(out))
	for i, h := range out {
		seqs[i] = h.Seq
	}
	return tx.DeleteHandouts(num, seqs)
}

// serveUpdate changes the members that are present (SSF §8.1.1.3).
func (t *Transmitter) serveUpdate(c *call) (reply, error) {
	req, err := ssf.ParseUpdate(c.body)
	if err != nil {
		return reply{}, err
	}
	change := StreamChange{Delivery: req.Delivery, Description: req.Description}
	if req.EventsRequested != nil {
		change.EventsRequested = &req.EventsRequested
	}
	return t.change(c, idp.StreamID(req.StreamID), change, req.Check)
}

// change is the part that PATCH and PUT share: all in one transaction, so that
// a value that does not match changes nothing, and two requests at once do not
// lose one another's members.
func (t *Transmitter) change(c *call, id idp.StreamID, change StreamChange, check func(*ssf.Stream) error) (reply, error) {
	var s idp.Stream
	err := t.cfg.DB.Update(c.ctx, func(tx idp.Tx) (err error) {
		if s, err = c.stream(tx, id); err != nil {
			return err
		}
		current := t.Configuration(c.provider, s)
		if err := check(&current); err != nil {
			return err
		}
		if err := t.checkEndpoint(change.Delivery); err != nil {
			return err
		}
		s, err = UpdateStream(c.ctx, tx, c.actor, s, change)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	t.Wake(s.Num)
	return reply{http.StatusOK, t.Configuration(c.provider, s)}, nil
}
