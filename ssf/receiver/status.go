// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/ssf"
)

// Status reads the status of a stream (SSF §8.1.2.1).
func (c *Client) Status(ctx context.Context, streamID string) (*ssf.Status, error) {
	if streamID == "" {
		return nil, errNoStreamID
	}
	a, err := c.do(ctx, call{
		method: http.MethodGet, member: "status_endpoint", endpoint: c.cfg.Metadata.StatusEndpoint, streamID: streamID,
	})
	if err != nil {
		return nil, err
	}
	return c.status(streamID, a)
}

// SetStatus changes the status of a stream (SSF §8.1.2.2) and returns what it
// is now.
func (c *Client) SetStatus(ctx context.Context, s ssf.Status) (*ssf.Status, error) {
	if s.StreamID == "" {
		return nil, errNoStreamID
	}
	a, err := c.do(ctx, call{
		method: http.MethodPost, member: "status_endpoint", endpoint: c.cfg.Metadata.StatusEndpoint, body: s,
	})
	if err != nil {
		return nil, err
	}
	if err := a.pending("status of stream " + s.StreamID); err != nil {
		return nil, err
	}
	return c.status(s.StreamID, a)
}

func (c *Client) status(streamID string, a *answer) (*ssf.Status, error) {
	s := new(ssf.Status)
	if err := json.Unmarshal(a.body, s); err != nil {
		return nil, fmt.Errorf("status of stream %s: %w", streamID, err)
	}
	if !s.Status.Valid() {
		return nil, fmt.Errorf("status of stream %s is %.40q, want enabled, paused or disabled", streamID, s.Status)
	}
	return s, nil
}

// KeepAlive reads the status of a stream twice in every inactivity timeout,
// until ctx ends, and then returns why. Deliveries by push do not keep a
// stream alive, only calls of the Receiver do (SSF §8.1.1). It returns nil at
// once for a stream without a timeout, and the error of a call that says that
// the stream is gone.
func (c *Client) KeepAlive(ctx context.Context, s *ssf.Stream) error {
	if s.InactivityTimeout <= 0 {
		return nil
	}
	// Half of the time leaves room for one call that fails.
	every := time.Duration(s.InactivityTimeout) * time.Second / 2
	for {
		if err := sleep(ctx, every); err != nil {
			return err
		}
		if _, err := c.Status(ctx, s.ID); statusOf(err) == http.StatusNotFound {
			return fmt.Errorf("stream %s: %w", s.ID, err)
		}
	}
}
