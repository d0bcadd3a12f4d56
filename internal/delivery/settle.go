// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// exceptionPauses are the pauses before a rejected SET is tried again; after
// the last one it is a dead letter. They add up to about an hour.
var exceptionPauses = []time.Duration{
	time.Minute, 4 * time.Minute, 10 * time.Minute, 20 * time.Minute, 25 * time.Minute,
}

// result is the answer to one SET.
type result struct {
	delivery idp.Delivery
	verdict  verdict
	kid, jws string
	epoch    int
	at       time.Time
	took     time.Duration
}

// start signs and posts one delivery in a goroutine of its own. A jws that is
// given is sent as it is.
func (d *dispatcher) start(sending context.Context, delivery idp.Delivery, jws string) {
	d.underWay[delivery.Seq] = delivery
	stream, provider, epoch := d.stream, d.provider, d.breaker.epoch
	go func() {
		r := d.e.send(sending, provider, stream, delivery, jws)
		r.epoch = epoch
		d.results <- r
	}()
}

// send waits for its turn to sign, signs, waits for its turn to post, posts.
func (e *Engine) send(ctx context.Context, p idp.SSFProvider, s idp.Stream, d idp.Delivery, jws string) result {
	r := result{delivery: d, jws: jws}
	if jws == "" {
		e.signing <- struct{}{}
		kid, signed, err := e.sign(ctx, p, s, d)
		<-e.signing
		if err != nil {
			r.at = time.Now()
			r.verdict = verdict{class: endpoint, err: "signing", detail: clip(err.Error(), 1000)}
			return r
		}
		r.kid, r.jws = kid, signed
	}
	e.flight <- struct{}{}
	defer func() { <-e.flight }()
	r.at = time.Now()
	r.verdict = push(ctx, e.cfg.Client(p.VerifyTLS), s, r.jws)
	r.took = time.Since(r.at)
	return r
}

// sign makes the token of a delivery. That of an exception which keeps no
// token has to be read from the log.
func (e *Engine) sign(ctx context.Context, p idp.SSFProvider, s idp.Stream, d idp.Delivery) (kid, jws string, err error) {
	if s.Method != idp.Logout {
		return e.cfg.Signer.Sign(ctx, p, s, d)
	}
	if d.Payload == nil {
		err := e.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
			d, err = tx.Delivery(d.Stream, d.Seq)
			return err
		})
		if err != nil {
			return "", "", err
		}
	}
	return e.cfg.Signer.SignLogout(ctx, s, d)
}

// settle draws the conclusions of an answer.
func (d *dispatcher) settle(r result) {
	delete(d.underWay, r.delivery.Seq)
	if r.verdict.class == aborted {
		// Nothing is known of it; the next run sends it again.
		d.queue.release(r.delivery.OrderKey)
		return
	}
	attempt := idp.Attempt{
		Stream: d.num, From: r.delivery.Seq, To: r.delivery.Seq, At: r.at, Took: r.took,
		Status: r.verdict.status, Err: r.verdict.err, Detail: r.verdict.detail,
	}
	switch r.verdict.class {
	case taken:
		attempt.Outcome = idp.Acknowledged
		d.acknowledged(r, attempt)
	case refused, hopeless:
		attempt.Outcome = idp.Rejected
		d.rejected(r, attempt)
	case gone:
		d.pauseGone()
		fallthrough
	default:
		attempt.Outcome = idp.Failed
		d.failed(r, attempt)
	}
	o := Observation{Outcome: attempt.Outcome, Err: attempt.Err, Took: r.took}
	if attempt.Outcome == idp.Acknowledged && !r.delivery.At.IsZero() {
		o.SinceChange = r.at.Add(r.took).Sub(r.delivery.At)
	}
	d.e.cfg.Observe(o)
}

func (d *dispatcher) acknowledged(r result, attempt idp.Attempt) {
	seq := r.delivery.Seq
	_, wasException := d.exceptions[seq]
	delete(d.exceptions, seq)
	d.position.Settle(seq)
	d.queue.release(r.delivery.OrderKey)
	d.works(attempt)
	if attempt.At.Sub(d.health.LastOKAt) >= 10*time.Second {
		d.health.LastOKAt = attempt.At
		d.writeHealth(nil)
	}
	d.e.recorder.add(d.num, func(rec *record) {
		rec.acknowledged = append(rec.acknowledged, attempt)
		rec.settled = append(rec.settled, seq)
		if wasException {
			rec.resolved = append(rec.resolved, seq)
		}
	})
	d.log.Debug("SET acknowledged", "stream", d.stream.ID, "seq", seq, "type", r.delivery.Type, "took", attempt.Took)
}

// works notes that the endpoint answers. Health is written when that is news.
func (d *dispatcher) works(attempt idp.Attempt) {
	again := d.breaker.failures > 0
	d.breaker.succeeded()
	if !again {
		return
	}
	d.log.Info("stream delivers again", "stream", d.stream.ID, "after", attempt.At.Sub(d.health.FailingSince))
	d.health = idp.StreamHealth{Stream: d.num, LastOKAt: d.health.LastOKAt, FailedAt: d.health.FailedAt}
	d.writeHealth(nil)
}

// failed gives the delivery back and lets the stream wait. The delivery is
// kept for another retention from now: it could not be sent and is retried.
func (d *dispatcher) failed(r result, attempt idp.Attempt) {
	first := d.breaker.failures == 0
	d.breaker.failed(r.epoch, attempt.At, r.verdict.retryAfter)
	seq := r.delivery.Seq
	if x, isException := d.exceptions[seq]; isException {
		x.NextAt = later(x.NextAt, d.breaker.nextAt)
		d.exceptions[seq] = x
	} else {
		d.queue.release(r.delivery.OrderKey)
		d.giveBack(r.delivery)
	}
	d.health.Failures, d.health.NextAt = d.breaker.failures, d.breaker.nextAt
	d.health.FailedAt, d.health.FailingSince = attempt.At, d.breaker.since
	d.health.Err, d.health.Detail = attempt.Err, attempt.Detail
	d.writeHealth(func(rec *record) {
		rec.others = append(rec.others, attempt)
		rec.extended = append(rec.extended, seq)
		rec.extendTo = later(rec.extendTo, attempt.At.Add(d.provider.EventRetention))
	})
	if first {
		d.log.Warn("stream does not deliver; its SETs wait", "stream", d.stream.ID, "error", attempt.Err,
			"detail", attempt.Detail, "next_attempt", d.breaker.nextAt)
	}
}

// giveBack queues a delivery again, unless the stream was stopped or its
// deliveries were dropped meanwhile.
func (d *dispatcher) giveBack(delivery idp.Delivery) {
	switch {
	case d.position.Settled(delivery.Seq):
	case d.flows(delivery):
		d.queue.add(delivery)
	default:
		d.behind = true
	}
}

func (d *dispatcher) writeHealth(more func(*record)) {
	health := d.health
	d.e.recorder.add(d.num, func(rec *record) {
		rec.health = &health
		if more != nil {
			more(rec)
		}
	})
}

// rejected makes an exception of the delivery. While it is to be tried again,
// later deliveries about the same user wait for it; as a dead letter it lets
// them go.
func (d *dispatcher) rejected(r result, attempt idp.Attempt) {
	seq := r.delivery.Seq
	x, again := d.exceptions[seq]
	if !again {
		x = idp.Exception{Stream: d.num, Seq: seq, OrderKey: r.delivery.OrderKey, Kind: idp.Retry, KID: r.kid, JWS: r.jws}
		if d.stream.Method == idp.Logout {
			x.KID, x.JWS = "", "" // it will have expired
		}
	}
	x.Status, x.Err, x.Detail, x.At = attempt.Status, attempt.Err, attempt.Detail, attempt.At
	x.Tries++
	if r.verdict.class == hopeless || x.Tries > len(exceptionPauses) {
		x.Kind, x.NextAt = idp.DeadLetter, time.Time{}
		delete(d.exceptions, seq)
		d.queue.release(r.delivery.OrderKey)
	} else {
		x.NextAt = attempt.At.Add(exceptionPauses[x.Tries-1])
		d.exceptions[seq] = x
	}
	d.position.Settle(seq)
	d.works(attempt)
	d.e.recorder.add(d.num, func(rec *record) {
		rec.others = append(rec.others, attempt)
		rec.settled = append(rec.settled, seq)
		rec.raised = append(rec.raised, x)
	})
	d.log.Warn("SET rejected", "stream", d.stream.ID, "seq", seq, "type", r.delivery.Type,
		"error", attempt.Err, "detail", attempt.Detail, "then", x.Kind)
}

// pauseGone stops a stream whose endpoint says that it is no more.
func (d *dispatcher) pauseGone() {
	const reason = "the endpoint answered 410 Gone"
	// The transaction must not wait for the results that this goroutine takes,
	// and a few seconds bound it at shutdown.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := d.e.cfg.Pause(ctx, d.num, reason); err != nil {
		d.log.Error("stream not paused", "stream", d.stream.ID, "reason", reason, "error", err)
	}
}
