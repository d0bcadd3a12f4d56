// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Signer makes the SET of a delivery. It is called from many goroutines.
type Signer interface {
	// Sign returns the SET and the id of the key that signed it. The same
	// delivery always gets the same jti and iat.
	Sign(context.Context, idp.SSFProvider, idp.Stream, idp.Delivery) (kid, jws string, err error)
	// SignLogout returns the logout token of a delivery of a Logout stream. It
	// is valid for minutes, so each try has one of its own, with the same jti.
	SignLogout(context.Context, idp.Stream, idp.Delivery) (kid, jws string, err error)
}

// Config says what an Engine works with.
type Config struct {
	// DB is where the deliveries are. Required.
	DB idp.DB
	// Signer makes the SETs. Required.
	Signer Signer
	// Client returns the client for push endpoints, with or without checks of
	// their certificates. It has to bound time, size and addresses and to
	// refuse redirects. Required.
	Client func(verifyTLS bool) *http.Client
	// Pause stops a stream whose endpoint answered that it is gone. Required.
	Pause func(ctx context.Context, num idp.StreamNum, reason string) error
	// Log gets one line per change of a stream's fortune. Required.
	Log *slog.Logger
	// Observe is told of each attempt; nil tells nobody. It must be quick.
	Observe func(Observation)
	// Window is how many SETs of one stream may be under way; 0 means 8.
	Window int
	// InFlight is how many requests may be under way in all; 0 means 512.
	InFlight int
	// FlushEvery is how long acknowledgements are gathered before they are
	// written; 0 means 20 ms. A crash repeats what was not written.
	FlushEvery time.Duration
	// Grace is how long requests under way may take at shutdown; 0 means 5 s.
	Grace time.Duration
}

// Observation is what metrics learn of an attempt.
type Observation struct {
	Outcome idp.Outcome
	// Err is empty or one of a small set of words.
	Err string
	// Took is the duration of the request, signing left out.
	Took time.Duration
	// SinceChange is the time from the change to the acknowledgement; 0 unless
	// the outcome is Acknowledged.
	SinceChange time.Duration
}

// Engine pushes the deliveries of all streams that are pushed: SETs and logout
// tokens.
type Engine struct {
	cfg      Config
	recorder *recorder
	signing  chan struct{}
	flight   chan struct{}

	// mu guards the members below; it is never held over I/O.
	mu          sync.Mutex
	running     bool
	stopped     context.Context
	sending     context.Context
	dispatchers map[idp.StreamNum]*dispatcher
	wg          sync.WaitGroup
}

// New checks the configuration and returns an engine that does nothing until
// Run.
func New(cfg Config) (*Engine, error) {
	var missing []error
	for _, m := range []struct {
		name string
		has  bool
	}{
		{"DB", cfg.DB != nil}, {"Signer", cfg.Signer != nil}, {"Client", cfg.Client != nil},
		{"Pause", cfg.Pause != nil}, {"Log", cfg.Log != nil},
	} {
		if !m.has {
			missing = append(missing, fmt.Errorf("delivery: Config.%s is required", m.name))
		}
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Observation) {}
	}
	cfg.Window = orDefault(cfg.Window, 8)
	cfg.InFlight = orDefault(cfg.InFlight, 512)
	cfg.FlushEvery = orDefault(cfg.FlushEvery, 20*time.Millisecond)
	cfg.Grace = orDefault(cfg.Grace, 5*time.Second)
	return &Engine{
		cfg:         cfg,
		recorder:    newRecorder(cfg.DB, cfg.Log, cfg.FlushEvery, 256),
		signing:     make(chan struct{}, runtime.GOMAXPROCS(0)),
		flight:      make(chan struct{}, cfg.InFlight),
		dispatchers: make(map[idp.StreamNum]*dispatcher),
	}, nil
}

func orDefault[T int | time.Duration](v, byDefault T) T {
	if v == 0 {
		return byDefault
	}
	return v
}

// Run pushes until ctx ends; then it starts nothing new, gives requests under
// way their grace, writes what became of them, and returns. What was left is
// taken up by the next Run.
func (e *Engine) Run(ctx context.Context) {
	sending, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	recording, stopRecorder := context.WithCancel(context.WithoutCancel(ctx))
	recorded := make(chan struct{})
	go func() { defer close(recorded); e.recorder.run(recording) }()

	e.mu.Lock()
	e.running, e.stopped, e.sending = true, ctx, sending
	e.mu.Unlock()
	e.watch(ctx)

	e.mu.Lock()
	e.running = false
	e.mu.Unlock()
	grace := time.AfterFunc(e.cfg.Grace, abort)
	defer grace.Stop()
	e.wg.Wait()
	stopRecorder()
	<-recorded
}

// watch starts dispatchers for what the database holds and keeps looking, as
// a backstop for deliveries that nobody woke the engine for.
func (e *Engine) watch(ctx context.Context) {
	const (
		look    = 200 * time.Millisecond
		rescan  = 30 * time.Second
		dueScan = 5 * time.Second
	)
	var generation uint64
	var scanned, due time.Time
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		now := time.Now()
		if g := e.cfg.DB.ConfigGeneration(); g != generation || now.Sub(scanned) >= rescan {
			generation, scanned = g, now
			e.wakeAll()
			e.startBacklogged(ctx)
		}
		if now.Sub(due) >= dueScan {
			due = now
			e.startDue(ctx)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (e *Engine) wakeAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.dispatchers {
		signal(d.notify)
	}
}

// pushedMethods are the delivery methods that the engine serves.
func pushedMethods() []idp.DeliveryMethod { return []idp.DeliveryMethod{idp.Push, idp.Logout} }

func (e *Engine) startBacklogged(ctx context.Context) {
	var nums []idp.StreamNum
	err := e.cfg.DB.View(ctx, func(tx idp.Tx) error {
		for _, method := range pushedMethods() {
			found, err := tx.Backlogged(method)
			if err != nil {
				return err
			}
			nums = append(nums, found...)
		}
		return nil
	})
	e.startAll(ctx, nums, err)
}

func (e *Engine) startDue(ctx context.Context) {
	var nums []idp.StreamNum
	err := e.cfg.DB.View(ctx, func(tx idp.Tx) error {
		for _, method := range pushedMethods() {
			due, err := tx.DueExceptions(method, 1000)
			if err != nil {
				return err
			}
			for _, x := range due {
				nums = append(nums, x.Stream)
			}
		}
		return nil
	})
	e.startAll(ctx, nums, err)
}

func (e *Engine) startAll(ctx context.Context, nums []idp.StreamNum, err error) {
	if err != nil {
		if ctx.Err() == nil {
			e.cfg.Log.Error("delivery could not look for streams with a backlog", "error", err)
		}
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, num := range nums {
		e.dispatcher(num)
	}
}

// Wake hands over deliveries that were just committed, so that they need not
// be read from the database again. It may be called at any time; what it
// misses is found there.
func (e *Engine) Wake(ds []idp.Delivery) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(ds) > 0 {
		n := 1
		for n < len(ds) && ds[n].Stream == ds[0].Stream {
			n++
		}
		if d := e.dispatcher(ds[0].Stream); d != nil {
			d.hand(ds[:n])
		}
		ds = ds[n:]
	}
}

// dispatcher returns the stream's dispatcher, started if need be; nil when the
// engine does not run. The caller holds mu.
func (e *Engine) dispatcher(num idp.StreamNum) *dispatcher {
	if !e.running {
		return nil
	}
	d := e.dispatchers[num]
	if d == nil {
		d = newDispatcher(e, num)
		e.dispatchers[num] = d
		stopped, sending := e.stopped, e.sending
		e.wg.Go(func() { d.run(stopped, sending) })
	}
	return d
}

// retire removes a dispatcher that has nothing to do. It refuses when
// something was handed to it meanwhile, or when the database does not know
// yet all that it settled: its successor would send that again.
func (e *Engine) retire(d *dispatcher) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(d.inbox) > 0 || !e.recorder.clean(d.num) {
		return false
	}
	delete(e.dispatchers, d.num)
	return true
}

// remove forgets a dispatcher that stops for good.
func (e *Engine) remove(d *dispatcher) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dispatchers[d.num] == d {
		delete(e.dispatchers, d.num)
	}
}
