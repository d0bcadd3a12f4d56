// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// servePoll is the poll endpoint of one stream (RFC 8936 §2). What is
// acknowledged or rejected is settled first and at once, in any status of the
// stream; then SETs are returned, or waited for.
//
// SPEC: RFC 8936 and SSF §8.1.2 do not say what a poll of a paused or disabled
// stream gets. Here it is answered like one that has nothing waiting, but for
// verification and stream-updated.
//
// SPEC: "maxEvents": 0 is answered at once, with or without
// returnImmediately: waiting for a SET that will not be returned helps nobody
// (RFC 8936 §2.4.2).
func (t *Transmitter) servePoll(c *call) (reply, error) {
	req, err := ssf.ParsePoll(c.body)
	if err != nil {
		return reply{}, err
	}
	s, err := t.pollStream(c)
	if err != nil {
		return reply{}, err
	}
	// The wait must not count as inactivity, so this is before it.
	t.touch(c)
	c.seen = nil
	if len(req.Ack)+len(req.SetErrs) > 0 {
		if err := t.settle(c, req); err != nil {
			return reply{}, err
		}
	}
	limit := MaxEvents
	if req.MaxEvents != nil {
		limit = min(limit, *req.MaxEvents)
	}
	wait := t.cfg.LongPoll
	if limit == 0 || req.ReturnImmediately != nil && *req.ReturnImmediately {
		wait = 0
	}
	answer, err := t.poll(c, s.Num, limit, wait)
	c.seen = nil
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, answer}, nil
}

// pollStream reads the stream of a poll URL. A push stream has no such URL.
func (t *Transmitter) pollStream(c *call) (s idp.Stream, err error) {
	err = t.cfg.DB.View(c.ctx, func(tx idp.Tx) error {
		s, err = c.pollStream(tx)
		return err
	})
	return s, err
}

func (c *call) pollStream(tx idp.Tx) (idp.Stream, error) {
	s, err := c.stream(tx, c.pathStream)
	if err == nil && s.Method != idp.Poll {
		return idp.Stream{}, noStream()
	}
	return s, err
}

// poll returns SETs as soon as there are any, and nothing after the wait. The
// wait also ends when the stream is deleted, the Receiver hangs up or the
// program shuts down (RFC 8936 §2.5).
func (t *Transmitter) poll(c *call, num idp.StreamNum, limit int, wait time.Duration) (ssf.PollResponse, error) {
	place, ok := t.waiters.enter(num)
	if !ok {
		return ssf.PollResponse{}, &wireError{Status: http.StatusTooManyRequests, Code: codeTooManyRequests,
			Description: "too many polls of this stream wait already", RetryAfter: 1}
	}
	defer t.waiters.leave(num, place)
	if wait > 0 {
		// The deadlines of ordinary requests are shorter than the wait. The
		// server sets them anew for the next request of the connection.
		control := http.NewResponseController(c.w)
		_ = control.SetReadDeadline(time.Time{})
		_ = control.SetWriteDeadline(time.Time{})
	}
	end := time.Now().Add(wait)
	for {
		changed := t.waiters.changes(place)
		answer, due, err := t.handOut(c, place, limit)
		if err != nil {
			return ssf.PollResponse{}, err
		}
		if len(answer.Sets) > 0 || !t.waitFor(c.ctx, changed, end, due) {
			return answer, nil
		}
	}
}

// waitFor waits until it is worth looking again, and reports whether it is: at
// the time due, unless that is zero, or after a change. It is not when the
// poll has to end.
func (t *Transmitter) waitFor(ctx context.Context, changed <-chan struct{}, end, due time.Time) bool {
	until := end
	if !due.IsZero() && due.Before(end) {
		until = due
	}
	left := time.Until(until)
	if left <= 0 && until.Equal(end) {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-changed:
		return true
	case <-timer.C:
		return time.Now().Before(end)
	case <-ctx.Done():
		return false
	case <-t.closed:
		return false
	}
}
