// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// ClientConfig configures a Client.
type ClientConfig struct {
	// Metadata is the Transmitter's, from Discover. Required.
	Metadata *ssf.Metadata

	// Tokens authenticate the Receiver. Required.
	Tokens TokenSource

	// Audience is what the Receiver expects as the aud of its streams. If it
	// is set, a stream with none of these values is refused (SSF
	// §8.1.1.1.1); empty accepts any.
	Audience secevent.Audience

	// HTTP is the client to call with; nil is a plain one. Its Timeout, if
	// any, has to be longer than the Transmitter's long poll.
	HTTP *http.Client
}

// Client calls the management API of a Transmitter (SSF §8). Any 2xx is a
// success, except that 202 is ErrPending where it means "not yet". Other
// answers are an *APIError. It is safe for concurrent use.
type Client struct {
	cfg  ClientConfig
	http *http.Client
}

// NewClient returns a client. It calls nothing yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	if err := require("client", map[string]bool{
		"Metadata": cfg.Metadata == nil, "Tokens": cfg.Tokens == nil,
	}); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, http: httpClient(cfg.HTTP)}, nil
}

// Metadata returns the Transmitter's metadata.
func (c *Client) Metadata() *ssf.Metadata { return c.cfg.Metadata }

// A call is one request of the API.
type call struct {
	method   string
	member   string // name of the endpoint's member in the metadata
	endpoint string // its value
	streamID string // for the query; "" for none
	body     any    // sent as JSON; nil for none
	header   http.Header
	timeout  time.Duration // 0 is requestTimeout
	limit    int64         // of the answer; 0 is maxAnswer
}

// do makes a call with an access token. If the token is refused, it gets
// another one and tries once more: the old one may have been revoked.
func (c *Client) do(ctx context.Context, call call) (*answer, error) {
	a, token, err := c.try(ctx, call)
	if statusOf(err) != http.StatusUnauthorized || token == "" {
		return a, err
	}
	c.cfg.Tokens.Reject(token)
	a, _, err = c.try(ctx, call)
	return a, err
}

func (c *Client) try(ctx context.Context, call call) (a *answer, token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, orElse(call.timeout, requestTimeout))
	defer cancel()
	r, err := c.request(ctx, call)
	if err != nil {
		return nil, "", err
	}
	token, err = c.cfg.Tokens.Token(ctx)
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	a, err = send(c.http, r, orElse(call.limit, maxAnswer))
	if err != nil {
		return nil, token, err
	}
	if a.status/100 != 2 {
		return nil, token, newAPIError(r, a)
	}
	return a, token, nil
}

func (c *Client) request(ctx context.Context, call call) (*http.Request, error) {
	if call.endpoint == "" {
		return nil, fmt.Errorf("transmitter %s: %s: %w", c.cfg.Metadata.Issuer, call.member, ErrNotOffered)
	}
	target, err := url.Parse(call.endpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call.member, err)
	}
	if call.streamID != "" {
		query := target.Query()
		query.Set("stream_id", call.streamID)
		target.RawQuery = query.Encode()
	}
	var body []byte
	if call.body != nil {
		if body, err = json.Marshal(call.body); err != nil {
			return nil, fmt.Errorf("%s: %w", call.member, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, call.method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range call.header {
		r.Header[name] = values
	}
	r.Header.Set("Accept", "application/json")
	if call.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// pending turns a 202 into ErrPending.
func (a *answer) pending(what string) error {
	if a.status == http.StatusAccepted {
		return fmt.Errorf("%s: %w", what, ErrPending)
	}
	return nil
}

var errNoStreamID = errors.New("the stream id is empty; read it from the stream that was created")

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
