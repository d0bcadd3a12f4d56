// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

// moment is a step between a change and the acknowledgement of its SET.
type moment string

// The moments at which the program is ended, in the order in which a change
// comes through them.
const (
	changing      moment = "the change is under way"
	answered      moment = "the change was answered"
	pushed        moment = "a SET was pushed and not answered"
	pushAnswered  moment = "a pushed SET was acknowledged"
	polled        moment = "a SET was polled and not acknowledged"
	acknowledging moment = "an acknowledgement by poll is under way"
)

func moments() []moment {
	return []moment{changing, answered, pushed, pushAnswered, polled, acknowledging}
}

// TestKill ends the program with kill -9 again and again, somewhere between a
// change and the acknowledgement of its SETs. Whatever was answered with
// success reaches both receivers, once or repeated, in order; what was cut off
// happened together with its SETs or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	w := newCrashWorld(t)
	for i := range kills(t) {
		w.round(moments()[i%len(moments())], (*child).kill)
	}
	w.finish()
}

// TestTerminate ends the program with SIGTERM under load: within seconds, with
// exit status 0, and with nothing lost.
func TestTerminate(t *testing.T) {
	t.Parallel()
	w := newCrashWorld(t)
	rounds := moments()
	if testing.Short() {
		rounds = rounds[:1]
	}
	for _, m := range rounds {
		w.round(m, func(c *child) {
			if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Errorf("SIGTERM: %v", err)
			}
		})
		if err := w.child.err; err != nil {
			t.Errorf("ended with %v, want exit status 0:\n%s", err, &w.child.out)
		}
	}
	w.finish()
}

// kills is how often TestKill kills; TOCSIN_TEST_KILLS says otherwise.
func kills(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("TOCSIN_TEST_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("TOCSIN_TEST_KILLS = %q, want a number", text)
		}
		return n
	}
	if testing.Short() {
		return 5
	}
	return 25
}

// crashWorld is a data folder, the program that runs on it at the moment, two
// receivers, and everything that was changed so far.
type crashWorld struct {
	*testing.T
	folder, listen string
	dev            devFile
	child          *child
	receivers      *pair
	pending        []string // acknowledgements that the last run did not get
	people         []*person

	mu    sync.Mutex // guards armed
	armed *strike
}

// strike is the plan to end one run.
type strike struct {
	moment moment
	// skip is how often the moment passes first, delay how long after it the
	// blow comes.
	skip  int
	delay time.Duration
	blow  func(*child)
	child *child
}

func newCrashWorld(t *testing.T) *crashWorld {
	t.Helper()
	w := &crashWorld{T: t, folder: t.TempDir(), listen: "127.0.0.1:0"}
	w.child = startChild(t, "dev", "--listen", w.listen, "--data", w.folder)
	w.dev = readDevFile(t, w.child, w.folder)
	base, err := url.Parse(w.dev.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	// The issuer is part of every SET, so later runs take the same port.
	w.listen = base.Host
	w.child.awaitReady(t, w.dev.BaseURL)
	w.receivers = newPair(t, w.dev.Applications[0], w.dev.BaseURL+"/oauth2/token", w.at)
	api := &admin{w.dev.BaseURL, w.dev.AdminToken, http.DefaultClient}
	for i := range 6 {
		p := &person{name: fmt.Sprintf("user-%d", i)}
		var made struct {
			ID string `json:"id"`
		}
		if err := api.call("POST", "/users", map[string]any{"username": p.name, "name": p.name}, &made); err != nil {
			t.Fatal(err)
		}
		p.id = made.ID
		w.people = append(w.people, p)
	}
	w.child.kill()
	return w
}

// start runs the program on the folder. Its port is free again by now, unless
// somebody's outgoing connection took it for a moment.
func (w *crashWorld) start() {
	w.Helper()
	for {
		w.child = startChild(w.T, "dev", "--listen", w.listen, "--data", w.folder)
		if w.child.awaitReady(w.T, w.dev.BaseURL) {
			return
		}
		if !strings.Contains(w.child.out.String(), "address already in use") {
			w.Fatalf("the program did not start again:\n%s", &w.child.out)
		}
	}
}

// round starts the program, makes changes and ends it at a moment.
func (w *crashWorld) round(m moment, blow func(*child)) {
	w.Helper()
	if m == polled || m == acknowledging {
		// SETs that were polled and not acknowledged stay hidden for a while,
		// and enough of those would leave nothing to poll.
		w.inspect()
	}
	w.start()
	plan := &strike{moment: m, skip: rand.IntN(12), blow: blow, child: w.child}
	if rand.IntN(2) == 0 {
		plan.delay = time.Duration(rand.Int64N(int64(20 * time.Millisecond)))
	}
	stop := w.poll()
	w.mu.Lock()
	w.armed = plan
	w.mu.Unlock()
	var workers sync.WaitGroup
	for i := range 2 {
		workers.Go(func() { w.change(w.people[3*i : 3*i+3]) })
	}
	w.child.awaitDeath(w.T)
	workers.Wait()
	stop()
}

// poll begins to poll, and returns what ends it.
func (w *crashWorld) poll() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.pending = w.receivers.runPoll(ctx, w.child, w.pending)
	}()
	return func() { cancel(); <-done }
}

// at is told of each moment, and strikes when it is the planned one. It
// returns when the blow is over.
func (w *crashWorld) at(m moment) {
	w.mu.Lock()
	plan := w.armed
	if plan == nil || plan.moment != m {
		w.mu.Unlock()
		return
	}
	if plan.skip--; plan.skip >= 0 {
		w.mu.Unlock()
		return
	}
	w.armed = nil
	w.mu.Unlock()
	if plan.delay > 0 {
		<-time.After(plan.delay)
	}
	plan.blow(plan.child)
}

// inspect looks at the database while nobody else does. It also puts the SETs
// that were polled half a minute back in time: they come again after that, and
// the test need not wait for it.
func (w *crashWorld) inspect() {
	w.Helper()
	sealer, err := seal.Open(filepath.Join(w.folder, "tocsin.key"))
	if err != nil {
		w.Fatal(err)
	}
	db, err := sqlite.Open(w.Context(), sqlite.Config{Path: filepath.Join(w.folder, "tocsin.db"), Sealer: sealer})
	if err != nil {
		w.Fatal(err)
	}
	defer db.Close()
	dbtest.CheckInvariants(w.T, db)
	err = db.Update(w.Context(), func(tx idp.Tx) error {
		s, err := tx.Stream(idp.StreamID(w.receivers.pollStream.ID))
		if err != nil {
			return err
		}
		handouts, err := tx.Handouts(s.Num)
		if err != nil {
			return err
		}
		for i := range handouts {
			handouts[i].At = handouts[i].At.Add(-time.Minute)
		}
		return tx.PutHandouts(handouts)
	})
	if err != nil {
		w.Error(err)
	}
}
