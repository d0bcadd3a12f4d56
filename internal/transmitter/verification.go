// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// RequestVerification makes a verification SET for a stream, with the given
// state unless it is nil (SSF §8.1.4.2). It is delivered ahead of everything
// else that waits on the stream, as soon as the endpoint takes it: within a
// second when it works.
//
// A Receiver must leave the provider's minimum interval between two requests;
// sooner is a *TooSoonError and changes nothing. Anybody else may ask at any
// time, and must not give a state: that event was not requested by the
// Receiver (SSF §8.1.4.2). The txn is that of the SET.
//
// SPEC: SSF §8.1.4.2 does not say what happens on a stream that is paused or
// disabled. It is an *idp.InvalidError, as the working group intends. So is a
// stream of logout tokens, for which there is no such event.
func RequestVerification(_ context.Context, tx idp.Tx, actor idp.Actor, p idp.SSFProvider, s idp.Stream, state *string) (txn string, err error) {
	receiver := actor.Kind == idp.ActorApplication
	if !receiver && state != nil {
		return "", idp.Invalid("state", "must be left out: only a request of the Receiver has one")
	}
	if s.Method == idp.Logout {
		return "", idp.Invalid("stream_id", "names a stream of logout tokens, which cannot be verified")
	}
	if receiver && !s.VerificationAt.IsZero() {
		if wait := p.MinVerificationInterval - tx.Now().Sub(s.VerificationAt); wait > 0 {
			return "", &TooSoonError{Wait: wait}
		}
	}
	if s.Status != idp.StreamEnabled {
		return "", idp.Invalid("stream_id", "names a stream that is %s; enable it before you verify it", s.Status)
	}
	if receiver {
		if err := tx.TouchStream(s.Num, tx.Now()); err != nil {
			return "", err
		}
	}
	return appendControl(tx, s, ssf.Verification{State: state})
}

func (t *Transmitter) serveVerify(c *call) (reply, error) {
	req, err := ssf.ParseVerification(c.body)
	if err != nil {
		return reply{}, err
	}
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		s, err := c.stream(tx, idp.StreamID(req.StreamID))
		if err != nil {
			return err
		}
		_, err = RequestVerification(c.ctx, tx, c.actor, c.provider, s, req.State)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}
