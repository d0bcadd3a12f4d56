// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/ssf"
)

// maxPollAnswer bounds the answer to one poll.
const maxPollAnswer = 16 << 20

// pollTimeout bounds a poll. It is longer than any long poll should be.
const pollTimeout = 2 * time.Minute

// Poll asks once for the SETs of a stream (RFC 8936 §2.4) at the endpoint_url
// of its delivery, which is used as it is. Most callers want a Poller.
func (c *Client) Poll(ctx context.Context, endpointURL string, r ssf.PollRequest) (*ssf.PollResponse, error) {
	header := http.Header{}
	if len(r.SetErrs) > 0 {
		// The descriptions are ours, and in English (RFC 8936 §2.6).
		header.Set("Content-Language", "en")
	}
	a, err := c.do(ctx, call{
		method: http.MethodPost, member: "endpoint_url", endpoint: endpointURL,
		body: r, header: header, timeout: pollTimeout, limit: maxPollAnswer,
	})
	if err != nil {
		return nil, err
	}
	if len(a.body) == 0 && r.MaxEvents != nil && *r.MaxEvents == 0 {
		return new(ssf.PollResponse), nil // some answer nothing to an acknowledgement
	}
	return ssf.ParsePollResponse(a.body)
}
