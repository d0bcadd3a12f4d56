// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"net/http"

	"github.com/tocsin-id/tocsin/ssf"
)

// AddSubject asks for events about a subject (SSF §8.1.3.2). Success does not
// mean that there will be any (SSF §9.1).
func (c *Client) AddSubject(ctx context.Context, r ssf.AddSubjectRequest) error {
	if r.StreamID == "" {
		return errNoStreamID
	}
	_, err := c.do(ctx, call{
		method: http.MethodPost, member: "add_subject_endpoint", endpoint: c.cfg.Metadata.AddSubjectEndpoint, body: r,
	})
	return err
}

// RemoveSubject ends events about a subject (SSF §8.1.3.3). Some may still
// come for a while, which is no error (SSF §9.3).
func (c *Client) RemoveSubject(ctx context.Context, r ssf.RemoveSubjectRequest) error {
	if r.StreamID == "" {
		return errNoStreamID
	}
	_, err := c.do(ctx, call{
		method: http.MethodPost, member: "remove_subject_endpoint", endpoint: c.cfg.Metadata.RemoveSubjectEndpoint, body: r,
	})
	return err
}

// RequestVerification asks for a verification event (SSF §8.1.4.2). Inbox.Verify
// does it with a state of its own and waits for the event.
func (c *Client) RequestVerification(ctx context.Context, r ssf.VerificationRequest) error {
	if r.StreamID == "" {
		return errNoStreamID
	}
	_, err := c.do(ctx, call{
		method: http.MethodPost, member: "verification_endpoint", endpoint: c.cfg.Metadata.VerificationEndpoint, body: r,
	})
	return err
}
