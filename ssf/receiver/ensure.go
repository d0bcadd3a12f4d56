// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// EnsureStream makes sure that there is a stream as wanted, and returns it. It
// is what an application calls when it starts, so that restarts do not pile up
// streams.
//
// A stream with the same delivery is adopted: for push the same method and
// endpoint_url, for poll the same method and, if there are several, the same
// description before any other. It is updated if it differs in events
// requested, description or authorization header. Otherwise a stream is
// created. If the Transmitter refuses a second one with 409, the only one that
// it has is changed to what is wanted (SSF §8.1.1.1).
//
// The status is left alone: somebody may have paused the stream on purpose.
func (c *Client) EnsureStream(ctx context.Context, want ssf.CreateRequest) (*ssf.Stream, error) {
	if want.Delivery == nil {
		want.Delivery = &ssf.Delivery{Method: ssf.Poll}
	}
	streams, err := c.Streams(ctx)
	if err != nil {
		return nil, err
	}
	if found := adoptable(streams, want); found != nil {
		return c.adjust(ctx, found, want)
	}
	stream, err := c.CreateStream(ctx, want)
	if statusOf(err) != http.StatusConflict {
		return stream, err
	}
	// The list is read again: the conflict may be with a stream that another
	// of our processes has created meanwhile.
	streams, listErr := c.Streams(ctx)
	if listErr != nil {
		return nil, listErr
	}
	if len(streams) != 1 {
		return nil, fmt.Errorf("none of %d streams can be adopted: %w", len(streams), err)
	}
	return c.adjust(ctx, &streams[0], want)
}

// adoptable returns the stream that has the delivery of want, or nil.
func adoptable(streams []ssf.Stream, want ssf.CreateRequest) *ssf.Stream {
	var found *ssf.Stream
	for i := range streams {
		s := &streams[i]
		if !sameDelivery(s.Delivery, *want.Delivery) {
			continue
		}
		if s.Description == want.Description {
			return s
		}
		if found == nil {
			found = s
		}
	}
	return found
}

// sameDelivery compares what identifies a delivery. The URL of a poll is the
// Transmitter's.
func sameDelivery(has, want ssf.Delivery) bool {
	return has.Method == want.Method && (want.Method == ssf.Poll || has.EndpointURL == want.EndpointURL)
}

// adjust updates what differs. An authorization header that the Transmitter
// does not show counts as different, so it is sent again.
func (c *Client) adjust(ctx context.Context, s *ssf.Stream, want ssf.CreateRequest) (*ssf.Stream, error) {
	update := ssf.UpdateRequest{StreamID: s.ID}
	differs := false
	if want.EventsRequested != nil && !sameTypes(s.EventsRequested, want.EventsRequested) {
		update.EventsRequested, differs = want.EventsRequested, true
	}
	if s.Description != want.Description {
		update.Description, differs = &want.Description, true
	}
	push := want.Delivery.Method != ssf.Poll
	if !sameDelivery(s.Delivery, *want.Delivery) || (push && s.Delivery.AuthorizationHeader != want.Delivery.AuthorizationHeader) {
		update.Delivery, differs = want.Delivery, true
	}
	if !differs {
		return s, nil
	}
	return c.UpdateStream(ctx, update)
}

// sameTypes compares two lists of event types as sets (SSF §8.1.1).
func sameTypes(a, b []secevent.EventType) bool {
	missing := func(a, b []secevent.EventType) bool {
		return slices.ContainsFunc(a, func(t secevent.EventType) bool { return !slices.Contains(b, t) })
	}
	return !missing(a, b) && !missing(b, a)
}
