// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
)

// person is a user who is changed, by one goroutine at a time.
type person struct {
	name, id string
	changes  []change
	disabled bool
	// unsure is set when the last change was cut off.
	unsure bool
}

// change is something that an admin did. The tag is its reason, by which it is
// found in the audit log.
type change struct {
	tag, action string
	answered    bool
}

// perRound is how many changes one goroutine makes at most in a run, so that
// the receivers keep up.
const perRound = 40

// change changes people in turn until the program dies.
func (w *crashWorld) change(people []*person) {
	transport := &http.Transport{} // connections of an earlier run are dead
	defer transport.CloseIdleConnections()
	api := &admin{w.dev.BaseURL, w.dev.AdminToken, &http.Client{Transport: transport, Timeout: patience}}
	for i := 0; i < perRound && !w.child.died(); i++ {
		p := people[i%len(people)]
		go w.at(changing)
		err := p.next(api)
		switch {
		case err == nil:
			w.at(answered)
		case errors.Is(err, errAnswer):
			w.Errorf("%s: %v", p.name, err)
			return
		default:
			return // the program is gone, or does not take new requests
		}
	}
}

// next makes the next change.
func (p *person) next(api *admin) error {
	if p.unsure {
		var now struct {
			Disabled bool `json:"disabled"`
		}
		if err := api.call("GET", "/users/"+p.id, nil, &now); err != nil {
			return err
		}
		p.disabled, p.unsure = now.Disabled, false
	}
	n := len(p.changes)
	c := change{tag: fmt.Sprintf("%s change %d", p.name, n)}
	path := "/users/" + p.id
	switch {
	case n%3 == 0:
		c.action, path = "user.revoke_sessions", path+"/sessions/revoke"
	case p.disabled:
		c.action, path = "user.enable", path+"/enable"
	default:
		c.action, path = "user.disable", path+"/disable"
	}
	p.unsure = true
	p.changes = append(p.changes, c)
	if err := api.call("POST", path, map[string]string{"reason_admin": c.tag}, nil); err != nil {
		return err
	}
	p.changes[n].answered, p.unsure = true, false
	if c.action == "user.enable" || c.action == "user.disable" {
		p.disabled = !p.disabled
	}
	return nil
}

// facts is what an action tells the receivers.
func facts(action, txn string) []fact {
	types := map[string][]secevent.EventType{
		"user.revoke_sessions": {caep.TypeSessionRevoked},
		"user.enable":          {risc.TypeAccountEnabled},
		"user.disable":         {risc.TypeAccountDisabled, caep.TypeSessionRevoked},
	}
	var out []fact
	for _, t := range types[action] {
		out = append(out, fact{txn, t})
	}
	return out
}

// finish runs the program once more until everything is delivered, ends it
// with SIGTERM, and compares.
func (w *crashWorld) finish() {
	w.Helper()
	w.inspect()
	w.start()
	stop := w.poll()
	api := &admin{w.dev.BaseURL, w.dev.AdminToken, &http.Client{Timeout: patience}}
	// One deadline for all: when something is lost, most of it is.
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	made, cutOff, happened := 0, 0, 0
	for _, p := range w.people {
		want := w.audited(api, p)
		w.await(ctx, p, w.receivers.push, want)
		w.await(ctx, p, w.receivers.poll, want)
		for _, c := range p.changes {
			made++
			if !c.answered {
				cutOff++
			}
		}
		happened += len(want)
	}
	w.awaitSettled(api)
	if err := w.child.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.Errorf("SIGTERM: %v", err)
	}
	w.child.awaitDeath(w.T)
	stop()
	if err := w.child.err; err != nil {
		w.Errorf("ended with %v, want exit status 0:\n%s", err, &w.child.out)
	}
	w.inspect()
	w.Logf("%d changes, %d of them cut off, made %d SETs; %d came again by push and %d by poll",
		made, cutOff, happened, w.receivers.push.repeats, w.receivers.poll.repeats)
}

// audited returns what the receivers have to be told of a person, in order:
// each answered change, and those that were cut off after they happened.
func (w *crashWorld) audited(api *admin, p *person) (want []fact) {
	w.Helper()
	type entry struct {
		Action, Reason, Txn string
	}
	var log []entry
	for cursor := "0"; cursor != ""; {
		var page struct {
			Items      []entry `json:"items"`
			NextCursor string  `json:"next_cursor"`
		}
		if err := api.call("GET", "/audit-entries?limit=500&object_kind=user&object_id="+p.id+"&cursor="+cursor, nil, &page); err != nil {
			w.Fatal(err)
		}
		log, cursor = append(log, page.Items...), page.NextCursor
	}
	slices.Reverse(log)
	log = log[1:] // the user was created
	disabled := false
	for _, c := range p.changes {
		if len(log) == 0 || log[0].Reason != c.tag {
			if c.answered {
				w.Errorf("%s was answered with success and did not happen", c.tag)
			}
			continue
		}
		if log[0].Action != c.action {
			w.Errorf("%s is %s in the audit log, want %s", c.tag, log[0].Action, c.action)
		}
		if c.action != "user.revoke_sessions" {
			disabled = c.action == "user.disable"
		}
		want = append(want, facts(c.action, log[0].Txn)...)
		log = log[1:]
	}
	if len(log) > 0 {
		w.Errorf("%s: audit log has %+v, which nobody asked for", p.name, log)
	}
	var now struct{ Disabled bool }
	if err := api.call("GET", "/users/"+p.id, nil, &now); err != nil || now.Disabled != disabled {
		w.Errorf("%s: disabled = %t, %v; want %t, as the last change that happened left it", p.name, now.Disabled, err, disabled)
	}
	return want
}

// await waits until a receiver has everything about a person, and compares.
func (w *crashWorld) await(ctx context.Context, p *person, r *record, want []fact) {
	w.Helper()
	txns := make(map[string]bool)
	for _, f := range want {
		txns[f.Txn] = true
	}
	for {
		got, more := r.about(txns)
		if len(got) < len(want) {
			select {
			case <-more:
				continue
			case <-ctx.Done():
			case <-w.child.dead:
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("%s, by %s, got other SETs than there were (-want +got):\n%s", p.name, r.name, diff)
		}
		return
	}
}

// awaitSettled waits until the program knows that both receivers have
// everything: nothing will come again.
func (w *crashWorld) awaitSettled(api *admin) {
	w.Helper()
	for _, s := range []string{w.receivers.pushStream.ID, w.receivers.pollStream.ID} {
		for deadline := time.Now().Add(patience); ; w.child.wait(5 * time.Millisecond) {
			var now struct {
				Status  string `json:"status"`
				Pending int64  `json:"pending"`
			}
			if err := api.call("GET", "/streams/"+s, nil, &now); err != nil {
				w.Fatal(err)
			}
			if now.Status != string(idp.StreamEnabled) {
				w.Fatalf("stream %s is %s, want enabled", s, now.Status)
			}
			if now.Pending == 0 {
				break
			}
			if time.Now().After(deadline) {
				w.Fatalf("stream %s has %d SETs that were not settled, want none", s, now.Pending)
			}
		}
	}
}
