// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

const (
	// maxRejections is how often a Receiver may reject a SET with a code that
	// may pass: somebody has about two hours to mend it.
	maxRejections = 8
	// firstRetry is the pause after the first rejection; it doubles with each
	// one up to lastRetry. A Receiver that does not know a key yet needs time
	// to fetch it.
	firstRetry = time.Minute
	lastRetry  = time.Hour
	// maxDetail is the number of bytes that are kept of a description.
	maxDetail = 1000
)

// settlement is what a poll says about earlier SETs, applied to a stream in
// one transaction: all of it or nothing (RFC 8936 §2.4).
type settlement struct {
	tx       idp.Tx
	stream   idp.Stream
	keep     time.Duration
	last     int64
	position idp.Position
	handouts map[int64]idp.Handout
	retries  map[int64]idp.Exception

	acked    []int64
	settled  []int64 // rejected ones included
	attempts []idp.Attempt
	dead     []idp.Exception
	slowest  time.Duration
}

// settle processes the acknowledgements and errors of a poll. A jti that is
// not one of this stream, or that is settled already, is ignored: the Receiver
// may have missed the answer to an earlier poll (RFC 8936 §2.4).
//
// SPEC: RFC 8936 §2.2 does not say what a jti in both members is. The error
// counts.
func (t *Transmitter) settle(c *call, req *ssf.PollRequest) error {
	var done *settlement
	err := t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		s, err := c.pollStream(tx)
		if err != nil {
			return err
		}
		if done, err = newSettlement(tx, s); err != nil {
			return err
		}
		done.keep = c.provider.EventRetention
		for jti, wrong := range req.SetErrs {
			if seq, ok := t.seqOf(s, jti); ok {
				if err := done.reject(seq, wrong); err != nil {
					return err
				}
			}
		}
		for _, jti := range req.Ack {
			if seq, ok := t.seqOf(s, jti); ok {
				if err := done.acknowledge(seq); err != nil {
					return err
				}
			}
		}
		return done.write()
	})
	if err != nil {
		return err
	}
	for _, e := range done.dead {
		t.log.LogAttrs(c.ctx, slog.LevelWarn, "SET rejected for good", slog.Any("stream", done.stream),
			slog.Int64("seq", e.Seq), slog.String("code", e.Err), slog.Int("tries", e.Tries))
	}
	if len(done.settled) > 0 {
		// What waited for these can go to another poll of the stream.
		t.waiters.wake(done.stream.Num)
	}
	return nil
}

// seqOf is the delivery of a stream that a jti stands for. The jti of another
// stream, or one that we never made, stands for none.
func (t *Transmitter) seqOf(s idp.Stream, jti string) (int64, bool) {
	num, seq, ok := t.cfg.SETs.ParseJTI(jti)
	return seq, ok && num == s.Num
}

func newSettlement(tx idp.Tx, s idp.Stream) (*settlement, error) {
	out := &settlement{tx: tx, stream: s, handouts: make(map[int64]idp.Handout), retries: make(map[int64]idp.Exception)}
	var err error
	if out.last, err = tx.LastSeq(s.Num); err != nil {
		return nil, err
	}
	if out.position, err = tx.Position(s.Num); err != nil {
		return nil, err
	}
	handouts, err := tx.Handouts(s.Num)
	if err != nil {
		return nil, err
	}
	for _, h := range handouts {
		out.handouts[h.Seq] = h
	}
	retries, err := tx.Exceptions(s.Num, idp.Retry)
	if err != nil {
		return nil, err
	}
	for _, e := range retries {
		out.retries[e.Seq] = e
	}
	return out, nil
}

// open reports whether a delivery still waits for an answer, and marks it as
// settled.
func (s *settlement) open(seq int64) bool {
	if seq < 1 || seq > s.last {
		return false
	}
	if _, ok := s.retries[seq]; !ok && !s.position.Settle(seq) {
		return false
	}
	s.settled = append(s.settled, seq)
	return true
}

func (s *settlement) acknowledge(seq int64) error {
	if !s.open(seq) {
		return nil
	}
	s.acked = append(s.acked, seq)
	if h, ok := s.handouts[seq]; ok {
		s.slowest = max(s.slowest, s.tx.Now().Sub(h.At))
	}
	if _, ok := s.retries[seq]; ok {
		delete(s.retries, seq)
		return s.tx.DeleteException(s.stream.Num, seq)
	}
	return nil
}

// reject makes an exception of a delivery: one that is tried again while the
// code may pass and the tries last, otherwise a dead letter.
func (s *settlement) reject(seq int64, wrong secevent.Error) error {
	if !s.open(seq) {
		return nil
	}
	e, ok := s.retries[seq]
	if !ok {
		d, err := s.tx.Delivery(s.stream.Num, seq)
		if err != nil {
			return err
		}
		h := s.handouts[seq]
		e = idp.Exception{Stream: s.stream.Num, Seq: seq, OrderKey: d.OrderKey, KID: h.KID, JWS: h.JWS}
	}
	delete(s.retries, seq)
	now := s.tx.Now()
	e.Tries, e.At = e.Tries+1, now
	e.Err, e.Detail = cutBytes(string(wrong.Code), 100), cutBytes(wrong.Description, maxDetail)
	s.attempts = append(s.attempts, idp.Attempt{Stream: s.stream.Num, From: seq, To: seq, At: now,
		Outcome: idp.Rejected, Err: e.Err, Detail: e.Detail})
	if !mayPass(wrong.Code) || e.Tries >= maxRejections {
		e.Kind, e.NextAt = idp.DeadLetter, time.Time{}
		s.dead = append(s.dead, e)
		return s.tx.PutException(e)
	}
	e.Kind, e.NextAt = idp.Retry, now.Add(min(lastRetry, firstRetry<<(e.Tries-1)))
	if err := s.tx.ExtendDeliveries(s.stream.Num, []int64{seq}, now.Add(s.keep)); err != nil {
		return err
	}
	return s.tx.PutException(e)
}

// mayPass reports whether a SET that was rejected with the code may be
// accepted later: a key can be fetched, a setting mended, a Transmitter be let
// in. Any other code says that the SET itself is bad. Push sees it alike.
func mayPass(code secevent.ErrorCode) bool {
	switch code {
	case secevent.InvalidKey, secevent.InvalidIssuer, secevent.InvalidAudience,
		secevent.AuthenticationFailed, secevent.AccessDenied:
		return true
	}
	return false
}

// write stores what the poll settled. A crash before the commit leaves the
// SETs open, and the Receiver gets them once more.
func (s *settlement) write() error {
	if len(s.settled) == 0 {
		return nil
	}
	num, now := s.stream.Num, s.tx.Now()
	if err := s.tx.SetPosition(num, s.position); err != nil {
		return err
	}
	if err := s.tx.DeleteHandouts(num, s.settled); err != nil {
		return err
	}
	if len(s.acked) > 0 {
		slices.Sort(s.acked)
		s.attempts = append(s.attempts, attemptRuns(s.acked,
			idp.Attempt{Stream: num, At: now, Took: s.slowest, Outcome: idp.Acknowledged})...)
		health, err := s.tx.Health(num)
		if err != nil {
			return err
		}
		health.Stream, health.LastOKAt = num, now
		if err := s.tx.PutHealth(health); err != nil {
			return err
		}
	}
	return s.tx.AppendAttempts(s.attempts)
}

// cutBytes shortens foreign text to at most limit bytes of valid UTF-8.
func cutBytes(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
