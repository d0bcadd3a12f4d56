// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// PollerConfig configures a Poller.
type PollerConfig struct {
	// Client calls the Transmitter. Required.
	Client *Client

	// Stream is the stream to poll, as EnsureStream returned it. Its delivery
	// has to be ssf.Poll. Required.
	Stream *ssf.Stream

	// Inbox takes the SETs. Required.
	Inbox *Inbox

	// MaxEvents is the most SETs to ask for at once; 0 is 100.
	MaxEvents int

	// Log gets one line for each SET that is not acknowledged and for each
	// poll that fails; nil is none.
	Log *slog.Logger
}

const (
	defaultMaxEvents = 100

	// leastWait is the wait after the first failure, and the least time for
	// an answer without SETs: a Transmitter that does not wait for events
	// itself is not to be asked without a pause.
	leastWait = time.Second

	// mostWait bounds the wait after many failures.
	mostWait = time.Minute

	// mostRetryAfter bounds what a Transmitter can ask for.
	mostRetryAfter = 10 * time.Minute

	// flushTimeout bounds the last acknowledgement when the poller stops.
	flushTimeout = 5 * time.Second
)

// Poller receives a stream by long polling (RFC 8936 §2). SETs are
// acknowledged with the next poll, which starts at once.
type Poller struct {
	cfg PollerConfig
}

// NewPoller returns a poller. It does nothing until Run.
func NewPoller(cfg PollerConfig) (*Poller, error) {
	if err := require("poller", map[string]bool{
		"Client": cfg.Client == nil, "Stream": cfg.Stream == nil, "Inbox": cfg.Inbox == nil,
	}); err != nil {
		return nil, err
	}
	if d := cfg.Stream.Delivery; d.Method != ssf.Poll || d.EndpointURL == "" {
		return nil, fmt.Errorf("poller: stream %s is delivered by %q, want poll with an endpoint_url", cfg.Stream.ID, d)
	}
	cfg.MaxEvents = orElse(cfg.MaxEvents, defaultMaxEvents)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Poller{cfg: cfg}, nil
}

// outcome is what has to be said about the SETs of one poll.
type outcome struct {
	ack     []string
	setErrs map[string]secevent.Error
	failed  bool // some SETs were neither acknowledged nor rejected
}

// Run polls until ctx ends and then returns why. It acknowledges what is
// processed before it returns. Failures are retried with growing pauses; only
// an answer that the stream does not exist ends Run early, with an *APIError.
func (p *Poller) Run(ctx context.Context) error {
	var done outcome
	wait := leastWait
	for {
		start := time.Now()
		response, err := p.poll(ctx, done)
		if ctx.Err() != nil {
			p.flush(ctx, done)
			return context.Cause(ctx)
		}
		if status := statusOf(err); status == http.StatusNotFound || status == http.StatusGone {
			return fmt.Errorf("stream %s: %w", p.cfg.Stream.ID, err)
		}
		pause := time.Duration(0)
		switch {
		case err != nil:
			// Acknowledgements are kept: the Transmitter may not have them.
			// Only if it calls the request itself wrong they are dropped, or
			// they would be wrong for ever; the SETs come again.
			if statusOf(err) == http.StatusBadRequest {
				done = outcome{}
			}
			pause = p.pause(err, wait)
			p.cfg.Log.WarnContext(ctx, "poll failed", "stream_id", p.cfg.Stream.ID, "error", err, "pause", pause)
		case len(response.Sets) == 0:
			done = outcome{}
			pause = leastWait - time.Since(start)
		default:
			if done = p.process(ctx, response.Sets); done.failed {
				pause = jitter(wait)
			}
		}
		wait = next(wait, err != nil || done.failed)
		if err := sleep(ctx, pause); err != nil {
			p.flush(ctx, done)
			return err
		}
	}
}

// poll asks for SETs and says what became of those before.
func (p *Poller) poll(ctx context.Context, done outcome) (*ssf.PollResponse, error) {
	return p.cfg.Client.Poll(ctx, p.cfg.Stream.Delivery.EndpointURL, ssf.PollRequest{
		MaxEvents: &p.cfg.MaxEvents, Ack: done.ack, SetErrs: done.setErrs,
	})
}

// process puts SETs into the inbox in the order in which they came. One that
// cannot be processed now is passed over and comes again; it must not hold up
// the others for ever.
func (p *Poller) process(ctx context.Context, sets ssf.PolledSETs) outcome {
	var done outcome
	for _, set := range sets {
		if ctx.Err() != nil {
			return done // what is left comes again
		}
		err := p.cfg.Inbox.accept(ctx, set.Token, set.ID)
		if err == nil {
			done.ack = append(done.ack, set.ID)
			continue
		}
		var rejected *secevent.Error
		if !errors.As(err, &rejected) {
			done.failed = true
			p.cfg.Log.WarnContext(ctx, "SET left for a later poll", "stream_id", p.cfg.Stream.ID, "jti", set.ID, "error", err)
			continue
		}
		if done.setErrs == nil {
			done.setErrs = make(map[string]secevent.Error)
		}
		done.setErrs[set.ID] = *rejected
		p.cfg.Log.WarnContext(ctx, "SET rejected", "stream_id", p.cfg.Stream.ID, "jti", set.ID, "code", rejected.Code, "error", rejected)
	}
	return done
}

// flush says what became of the last SETs without asking for more (RFC 8936
// §2.4.2). If it fails, they come again and are acknowledged then.
func (p *Poller) flush(ctx context.Context, done outcome) {
	if len(done.ack) == 0 && len(done.setErrs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	none, immediately := 0, true
	_, err := p.cfg.Client.Poll(ctx, p.cfg.Stream.Delivery.EndpointURL, ssf.PollRequest{
		MaxEvents: &none, ReturnImmediately: &immediately, Ack: done.ack, SetErrs: done.setErrs,
	})
	if err != nil {
		p.cfg.Log.WarnContext(ctx, "last acknowledgement failed", "stream_id", p.cfg.Stream.ID, "error", err)
	}
}

// pause returns how long to wait after a failed poll: what the Transmitter
// asks for, or else about wait.
func (p *Poller) pause(err error, wait time.Duration) time.Duration {
	var e *APIError
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return min(e.RetryAfter, mostRetryAfter)
	}
	return jitter(wait)
}

// jitter spreads receivers that failed at the same moment.
func jitter(wait time.Duration) time.Duration { return wait/2 + rand.N(wait/2) }

// next doubles the wait after a failure and starts again after a success.
func next(wait time.Duration, failed bool) time.Duration {
	if !failed {
		return leastWait
	}
	return min(2*wait, mostWait)
}
