// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// SetStatus sets the status of a stream and its reason; an empty reason clears
// the old one. It returns the stream as it is then, and the txn of the signal
// that tells the Receiver, if there is one.
//
// When anybody but the Receiver changes the status, the Receiver is told by a
// stream-updated SET, which is delivered in any status (SSF §8.1.2); an
// application that gets logout tokens knows of no stream. A stream that is disabled loses everything that waits on it; one that is not disabled
// any more takes part from the next signal on (SSF §8.1.2.1).
//
// SPEC: SSF §8.1.2.2 does not say whether a Receiver may enable what the
// Transmitter stopped. It may not when an admin did, and that error wraps
// idp.ErrDenied: the stream stays the admin's even if the Receiver pauses or
// disables it once more. What was paused for inactivity, or by the delivery of
// SETs, it may enable.
//
// It returns an *idp.InvalidError for a status that is none of the three and
// for a reason longer than MaxReason.
func SetStatus(_ context.Context, tx idp.Tx, actor idp.Actor, s idp.Stream, status idp.StreamStatus, reason string) (_ idp.Stream, txn string, err error) {
	if !ssf.StreamStatus(status).Valid() {
		return idp.Stream{}, "", idp.Invalid("status", "must be enabled, paused or disabled")
	}
	if utf8.RuneCountInString(reason) > MaxReason {
		return idp.Stream{}, "", idp.Invalid("reason", "must be at most %d characters", MaxReason)
	}
	before, receiver := s, actor.Kind == idp.ActorApplication
	stoppedByAdmin := s.Status != idp.StreamEnabled && isAdmin(s.StatusBy)
	if receiver && stoppedByAdmin && status == idp.StreamEnabled {
		return idp.Stream{}, "", public(idp.ErrDenied, "an admin of the transmitter stopped the stream, so only an admin can enable it")
	}
	s.Status, s.Reason = status, reason
	if !receiver || !stoppedByAdmin {
		s.StatusBy = actor.Kind
	}
	if s.Status == before.Status && s.Reason == before.Reason && s.StatusBy == before.StatusBy {
		return s, "", nil
	}
	if err := applyStatus(tx, &s, before.Status); err != nil {
		return idp.Stream{}, "", err
	}
	if err := tx.UpdateStream(s); err != nil {
		return idp.Stream{}, "", err
	}
	if s.Status != before.Status && !receiver && s.Method != idp.Logout {
		if txn, err = appendStreamUpdated(tx, s); err != nil {
			return idp.Stream{}, "", err
		}
	}
	return s, txn, audit(tx, actor, s, "stream."+statusVerb(s.Status), reason, txn)
}

// statusVerb is the action of an audit entry.
func statusVerb(status idp.StreamStatus) string {
	switch status {
	case idp.StreamPaused:
		return "pause"
	case idp.StreamDisabled:
		return "disable"
	default:
		return "enable"
	}
}

func isAdmin(kind idp.ActorKind) bool { return kind == idp.ActorAdmin || kind == idp.ActorToken }

// applyStatus does to the backlog what a change of status means for it.
func applyStatus(tx idp.Tx, s *idp.Stream, before idp.StreamStatus) error {
	switch {
	case s.Status == before:
		return nil
	case s.Status == idp.StreamDisabled:
		return dropPending(tx, s.Num)
	case before == idp.StreamDisabled:
		// Events that happened meanwhile are lost for this stream, also those
		// that fan-out has not come to yet.
		last, err := tx.LastSignal()
		s.FromSignal = last
		return err
	}
	return nil
}

// dropPending gives up everything that waits on a stream: what was not
// delivered, what a poll returned and nobody acknowledged, and what is to be
// tried again. Dead letters stay, for they are on record only.
func dropPending(tx idp.Tx, num idp.StreamNum) error {
	last, err := tx.LastSeq(num)
	if err != nil {
		return err
	}
	position, err := tx.Position(num)
	if err != nil {
		return err
	}
	retries, err := tx.Exceptions(num, idp.Retry)
	if err != nil {
		return err
	}
	dropped := unsettled(position, last)
	for _, e := range retries {
		if err := tx.DeleteException(num, e.Seq); err != nil {
			return err
		}
		dropped = append(dropped, span{e.Seq, e.Seq})
	}
	if err := forgetHandouts(tx, num); err != nil || len(dropped) == 0 {
		return err
	}
	position.SettleThrough(last)
	if err := tx.SetPosition(num, position); err != nil {
		return err
	}
	attempts := make([]idp.Attempt, 0, len(dropped))
	for _, d := range dropped {
		attempts = append(attempts, idp.Attempt{Stream: num, From: d.from, To: d.to, At: tx.Now(),
			Outcome: idp.Dropped, Err: "stream_disabled"})
	}
	return tx.AppendAttempts(attempts)
}

// span is a run of sequence numbers, both ends included.
type span struct{ from, to int64 }

// unsettled is what a position leaves open, up to last.
func unsettled(p idp.Position, last int64) []span {
	var open []span
	next := p.Floor + 1
	for _, seq := range p.Above {
		if seq > next {
			open = append(open, span{next, seq - 1})
		}
		next = seq + 1
	}
	if next <= last {
		open = append(open, span{next, last})
	}
	return open
}

func statusOf(s idp.Stream) ssf.Status {
	return ssf.Status{StreamID: string(s.ID), Status: ssf.StreamStatus(s.Status), Reason: s.Reason}
}

// serveStatus reads the status (SSF §8.1.2.1).
func (t *Transmitter) serveStatus(c *call) (reply, error) {
	id, err := c.requiredQueryStream()
	if err != nil {
		return reply{}, err
	}
	s, err := t.viewStream(c, id)
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, statusOf(s)}, nil
}

// serveSetStatus changes the status at once, so there is never a 202. The
// stream is that of the body: a stream_id in the query is ignored, for the
// conformance suite sends one with everything (SSF §8.1.2.2).
func (t *Transmitter) serveSetStatus(c *call) (reply, error) {
	req, err := ssf.ParseStatus(c.body)
	if err != nil {
		return reply{}, err
	}
	var s idp.Stream
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		if s, err = c.stream(tx, idp.StreamID(req.StreamID)); err != nil {
			return err
		}
		s, _, err = SetStatus(c.ctx, tx, c.actor, s, idp.StreamStatus(req.Status), req.Reason)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	t.Wake(s.Num)
	return reply{http.StatusOK, statusOf(s)}, nil
}
