// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var transactionChecks = []check{
	{"has one instant", func(e *env) {
		before := time.Now().Truncate(time.Millisecond)
		e.update(func(tx idp.Tx) error {
			now := tx.Now()
			if now.Before(before) || now.After(time.Now()) {
				e.Errorf("Now = %v, want the time of the transaction, after %v", now, before)
			}
			if now.Location() != time.UTC || now.Nanosecond()%1e6 != 0 {
				e.Errorf("Now = %v, want UTC and whole milliseconds", now)
			}
			if again := tx.Now(); again != now {
				e.Errorf("Now = %v and then %v, want the same", now, again)
			}
			return nil
		})
	}},
	{"happens as a whole", func(e *env) {
		e.update(func(tx idp.Tx) error {
			if err := tx.CreateUser(idp.User{ID: "ada", Username: "ada"}); err != nil {
				return err
			}
			if _, err := tx.User("ada"); err != nil {
				e.Errorf("User in its own transaction = %v, want it", err)
			}
			return tx.CreateGroup(idp.Group{ID: "staff", Name: "staff"})
		})
		read(e, idp.Tx.User, "ada")
		read(e, idp.Tx.Group, "staff")
	}},
	{"is undone by an error", func(e *env) {
		boom := errors.New("boom")
		e.refused(boom, func(tx idp.Tx) error {
			if err := tx.CreateUser(idp.User{ID: "ada", Username: "ada"}); err != nil {
				return err
			}
			return boom
		})
		missing(e, idp.Tx.User, "ada")
	}},
	{"is undone by a panic", undoneByPanic},
	{"is undone when its context ends", func(e *env) {
		ctx, cancel := context.WithCancel(e.Context())
		err := e.db.Update(ctx, func(tx idp.Tx) error {
			err := tx.CreateUser(idp.User{ID: "ada", Username: "ada"})
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			e.Errorf("Update with a context that ends = %v, want %v", err, context.Canceled)
		}
		missing(e, idp.Tx.User, "ada")
		e.user("ada")
	}},
	{"does not begin after its context ended", func(e *env) {
		ctx, cancel := context.WithCancel(e.Context())
		cancel()
		for name, begin := range map[string]func(context.Context, func(idp.Tx) error) error{
			"Update": e.db.Update, "View": e.db.View,
		} {
			err := begin(ctx, func(idp.Tx) error {
				e.Errorf("%s with a context that ended ran its function", name)
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				e.Errorf("%s with a context that ended = %v, want %v", name, err, context.Canceled)
			}
		}
	}},
	{"writes one at a time", oneWriter},
	{"reads a snapshot", snapshot},
	{"does not write in a View", viewRefusesWrites},
	{"is over when its function returned", func(e *env) {
		for name, begin := range map[string]func(context.Context, func(idp.Tx) error) error{
			"Update": e.db.Update, "View": e.db.View,
		} {
			var kept idp.Tx
			if err := begin(e.Context(), func(tx idp.Tx) error { kept = tx; return nil }); err != nil {
				e.Fatal(err)
			}
			if _, err := kept.CountSubjects(1); err == nil {
				e.Errorf("reading after %s returned = nil, want an error", name)
			}
			if err := kept.CreateUser(idp.User{ID: "ada", Username: "ada"}); err == nil {
				e.Errorf("writing after %s returned = nil, want an error", name)
			}
		}
		missing(e, idp.Tx.User, "ada")
	}},
	{"answers a ping", func(e *env) {
		if err := e.db.Ping(e.Context()); err != nil {
			e.Errorf("Ping = %v, want nil", err)
		}
	}},
}

func undoneByPanic(e *env) {
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				e.Errorf("recover = %v, want the panic of the function", got)
			}
		}()
		_ = e.db.Update(e.Context(), func(tx idp.Tx) error {
			if err := tx.CreateUser(idp.User{ID: "ada", Username: "ada"}); err != nil {
				e.Error(err)
			}
			panic("boom")
		})
	}()
	missing(e, idp.Tx.User, "ada")
	e.user("ada")
}

// oneWriter counts in a setting: a lost update would show in the sum.
func oneWriter(e *env) {
	const writers, rounds = 8, 10
	write(e, putCounter, 0)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				err := e.db.Update(e.Context(), func(tx idp.Tx) error {
					n, err := counter(tx)
					if err != nil {
						return err
					}
					return putCounter(tx, n+1)
				})
				if err != nil {
					e.Errorf("Update beside others = %v, want nil", err)
				}
			}
		})
	}
	wg.Wait()
	if got := get(e, counter); got != writers*rounds {
		e.Errorf("%d transactions counted to %d", writers*rounds, got)
	}
}

func putCounter(tx idp.Tx, n int) error {
	return tx.PutSetting("counter", idp.NewSecret(fmt.Sprint(n)))
}

func counter(tx idp.Tx) (int, error) {
	s, err := tx.Setting("counter")
	if err != nil {
		return 0, err
	}
	var n int
	_, err = fmt.Sscan(s.Reveal(), &n)
	return n, err
}

func snapshot(e *env) {
	e.user("ada")
	e.view(func(tx idp.Tx) error {
		if _, err := tx.User("ada"); err != nil {
			return err
		}
		// Another transaction commits while this one reads.
		e.user("bob")
		if _, err := tx.User("bob"); !errors.Is(err, idp.ErrNotFound) {
			e.Errorf("User made after the snapshot = %v, want ErrNotFound", err)
		}
		return nil
	})
	read(e, idp.Tx.User, "bob")
}

func viewRefusesWrites(e *env) {
	s := e.stream("s", idp.Push)
	signal := e.signal("ada")
	for name, method := range map[string]func(idp.Tx) error{
		"CreateUser":   func(tx idp.Tx) error { return tx.CreateUser(idp.User{ID: "eve", Username: "eve"}) },
		"DeleteStream": func(tx idp.Tx) error { return tx.DeleteStream(s.Num) },
		"AppendSignal": func(tx idp.Tx) error { return tx.AppendSignal(&idp.Signal{Type: "t", Event: []byte("{}")}) },
		"AppendDeliveries": func(tx idp.Tx) error {
			return tx.AppendDeliveries([]idp.Delivery{
				{Stream: s.Num, SignalID: signal.ID, Payload: []byte("{}"), ExpiresAt: tx.Now()}})
		},
		"AppendAudit": func(tx idp.Tx) error { return tx.AppendAudit(idp.AuditEntry{Action: "user.create"}) },
		"SetPosition": func(tx idp.Tx) error { return tx.SetPosition(s.Num, idp.Position{}) },
		"AppendMail":  func(tx idp.Tx) error { return tx.AppendMail(idp.Mail{To: "ada@example.com"}) },
		"PutThrottle": func(tx idp.Tx) error { return tx.PutThrottle(idp.Throttle{Key: "k"}) },
		"PutSetting":  func(tx idp.Tx) error { return tx.PutSetting("name", idp.NewSecret("value")) },
	} {
		err := e.db.View(e.Context(), func(tx idp.Tx) error {
			if err := method(tx); err == nil {
				e.Errorf("%s in a View = nil, want an error", name)
			}
			// Reading goes on.
			_, err := tx.StreamByNum(s.Num)
			return err
		})
		if err != nil {
			e.Errorf("View in which %s was refused = %v, want nil", name, err)
		}
	}
	if got := read(e, idp.Tx.LastSeq, s.Num); got != 0 {
		e.Errorf("LastSeq = %d, want 0", got)
	}
}
