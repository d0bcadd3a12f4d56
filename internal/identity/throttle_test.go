// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// begin takes a try in a transaction of its own.
func begin(t *testing.T, f *fixture, try identity.Try) (wait time.Duration) {
	t.Helper()
	f.update(t, func(tx idp.Tx) (err error) {
		wait, err = identity.BeginTry(t.Context(), tx, try)
		return err
	})
	return wait
}

func TestThrottle(t *testing.T) {
	from := func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n) }
	for _, c := range []struct {
		name  string
		try   func(n int) identity.Try
		burst int
		every time.Duration
	}{
		{"one account from one network", func(n int) identity.Try {
			return identity.Try{Login: []string{"ada", "ADA@example.com "}[n%2], Address: fmt.Sprintf("2001:db8::%x", n)}
		}, 10, 30 * time.Second},
		{"nobody's account from one network", func(int) identity.Try {
			return identity.Try{Login: "nobody", Address: "192.0.2.1"}
		}, 10, 30 * time.Second},
		{"many accounts from one network", func(n int) identity.Try {
			return identity.Try{Login: fmt.Sprint("user-", n), Address: "192.0.2.1"}
		}, 40, 5 * time.Second},
		{"one account from everywhere", func(n int) identity.Try {
			return identity.Try{Login: "ada", Address: from(n)}
		}, 100, time.Minute},
		{"second factors from everywhere", func(n int) identity.Try {
			return identity.Try{Login: "ada", Factor: true, Address: from(n)}
		}, 10, 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				for n := range c.burst {
					if wait := begin(t, f, c.try(n)); wait != 0 {
						t.Fatalf("try %d waits %v, want %d at once", n+1, wait, c.burst)
					}
				}
				if wait := begin(t, f, c.try(c.burst)); wait != c.every {
					t.Errorf("try %d waits %v, want %v", c.burst+1, wait, c.every)
				}
				time.Sleep(c.every)
				if wait := begin(t, f, c.try(c.burst+1)); wait != 0 {
					t.Errorf("try after %v waits %v, want it taken", c.every, wait)
				}
				f.update(t, func(tx idp.Tx) error { return identity.TrySucceeded(t.Context(), tx, c.try(c.burst+1)) })
				if wait := begin(t, f, c.try(c.burst+1)); wait != 0 {
					t.Errorf("try after one was given back waits %v, want it taken", wait)
				}
			})
		})
	}
}

// TestFailuresInARow: a success in between begins the count anew.
func TestFailuresInARow(t *testing.T) {
	f := newFixture(t)
	try := identity.Try{Login: "ada", Address: "192.0.2.1"}
	policy := identity.RiskPolicy{MediumFailures: 3}
	f.update(t, func(tx idp.Tx) error {
		last, err := tx.LastSignal()
		if err != nil {
			return err
		}
		for _, fails := range []bool{true, true, false, true, true} {
			if !fails {
				err = identity.TrySucceeded(t.Context(), tx, try)
			} else {
				err = identity.TryFailed(t.Context(), tx, f.user(), policy, try, identity.Cause{})
			}
			if err != nil {
				return err
			}
		}
		checkSignals(t, tx, last, nil)
		if err := identity.TryFailed(t.Context(), tx, f.user(), policy, try, identity.Cause{}); err != nil {
			return err
		}
		if now, err := tx.LastSignal(); err != nil || now != last+1 {
			t.Errorf("%d signals after the third failure in a row, %v, want one", now-last, err)
		}
		return nil
	})
}

func TestRiskPolicyValidate(t *testing.T) {
	for _, c := range []struct {
		policy identity.RiskPolicy
		good   bool
	}{
		{identity.RiskPolicy{}, true},
		{identity.RiskPolicy{NewDevice: caep.RiskHigh, MediumFailures: -1}, true},
		{identity.RiskPolicy{NewDevice: "high"}, false},
		{identity.RiskPolicy{MediumFailures: 60}, false},
	} {
		if err := c.policy.Validate(); (err == nil) != c.good {
			t.Errorf("Validate(%+v) = %v, want good %t", c.policy, err, c.good)
		}
	}
}
