// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tocsin-id/tocsin/ssf"
)

// CreateStream creates a stream (SSF §8.1.1.1). If the Transmitter allows only
// one and has it already, the error is an *APIError with the status 409; see
// EnsureStream.
//
// A stream that the Transmitter made for another issuer or audience must not
// be used; it is deleted again and an error is returned.
func (c *Client) CreateStream(ctx context.Context, r ssf.CreateRequest) (*ssf.Stream, error) {
	a, err := c.do(ctx, c.configuration(http.MethodPost, "", r))
	if err != nil {
		return nil, err
	}
	stream, err := c.stream(a)
	if stream != nil && err != nil && stream.ID != "" {
		if cleanup := c.DeleteStream(ctx, stream.ID); cleanup != nil {
			return nil, fmt.Errorf("%w; it could not be deleted: %w", err, cleanup)
		}
	}
	if err != nil {
		return nil, err
	}
	return stream, nil
}

// Streams returns all streams of the Receiver (SSF §8.1.1.2).
func (c *Client) Streams(ctx context.Context) ([]ssf.Stream, error) {
	a, err := c.do(ctx, c.configuration(http.MethodGet, "", nil))
	if err != nil {
		return nil, err
	}
	var list []ssf.Stream
	if err := json.Unmarshal(a.body, &list); err != nil {
		return nil, fmt.Errorf("transmitter %s: list of streams: %w", c.cfg.Metadata.Issuer, err)
	}
	for i := range list {
		if err := c.check(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Stream returns one stream (SSF §8.1.1.2).
func (c *Client) Stream(ctx context.Context, streamID string) (*ssf.Stream, error) {
	if streamID == "" {
		return nil, errNoStreamID // without one it would be a list
	}
	a, err := c.do(ctx, c.configuration(http.MethodGet, streamID, nil))
	if err != nil {
		return nil, err
	}
	return c.usable(a)
}

// UpdateStream changes what is present in r and leaves the rest (SSF
// §8.1.1.3).
func (c *Client) UpdateStream(ctx context.Context, r ssf.UpdateRequest) (*ssf.Stream, error) {
	return c.change(ctx, http.MethodPatch, r.StreamID, r)
}

// ReplaceStream replaces all that a Receiver sets; what is absent in r is
// deleted (SSF §8.1.1.4). Give the authorization header again, as Transmitters
// need not show it.
func (c *Client) ReplaceStream(ctx context.Context, r ssf.ReplaceRequest) (*ssf.Stream, error) {
	return c.change(ctx, http.MethodPut, r.StreamID, r)
}

func (c *Client) change(ctx context.Context, method, streamID string, body any) (*ssf.Stream, error) {
	if streamID == "" {
		return nil, errNoStreamID
	}
	a, err := c.do(ctx, c.configuration(method, "", body))
	if err != nil {
		return nil, err
	}
	if err := a.pending("stream " + streamID); err != nil {
		return nil, err
	}
	return c.usable(a)
}

// DeleteStream deletes a stream and what waits on it (SSF §8.1.1.5).
func (c *Client) DeleteStream(ctx context.Context, streamID string) error {
	if streamID == "" {
		return errNoStreamID
	}
	_, err := c.do(ctx, c.configuration(http.MethodDelete, streamID, nil))
	return err
}

func (c *Client) configuration(method, streamID string, body any) call {
	return call{
		method: method, member: "configuration_endpoint", endpoint: c.cfg.Metadata.ConfigurationEndpoint,
		streamID: streamID, body: body,
	}
}

// stream reads a configuration. A stream that cannot be used is returned
// beside the error, so that it can be deleted.
func (c *Client) stream(a *answer) (*ssf.Stream, error) {
	s := new(ssf.Stream)
	if err := json.Unmarshal(a.body, s); err != nil {
		return nil, fmt.Errorf("transmitter %s: stream configuration: %w", c.cfg.Metadata.Issuer, err)
	}
	return s, c.check(s)
}

func (c *Client) usable(a *answer) (*ssf.Stream, error) {
	s, err := c.stream(a)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// check compares a stream with what was agreed: its issuer is that of the
// metadata (SSF §8.1.1.2), its audience is us (SSF §8.1.1.1.1).
func (c *Client) check(s *ssf.Stream) error {
	if s.ID == "" {
		return fmt.Errorf("transmitter %s: a stream has no stream_id", c.cfg.Metadata.Issuer)
	}
	if s.Issuer != c.cfg.Metadata.Issuer {
		return fmt.Errorf("stream %s has the issuer %q, want %q as in the metadata", s.ID, s.Issuer, c.cfg.Metadata.Issuer)
	}
	if len(c.cfg.Audience) == 0 {
		return nil
	}
	for _, name := range c.cfg.Audience {
		if s.Audience.Contains(name) {
			return nil
		}
	}
	return fmt.Errorf("stream %s has the audience %q, want one of %q", s.ID, s.Audience, c.cfg.Audience)
}
