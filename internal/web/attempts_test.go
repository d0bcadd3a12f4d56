// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/internal/web"
)

func TestBuckets(t *testing.T) {
	t.Run("give the burst, then one at a time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := web.NewBuckets(3, 10*time.Second, 100)
			for i := range 3 {
				if wait := b.Take("ada"); wait != 0 {
					t.Fatalf("Take %d = %v, want 0", i+1, wait)
				}
			}
			if wait := b.Take("ada"); wait != 10*time.Second {
				t.Errorf("Take 4 = %v, want 10s", wait)
			}
			if wait := b.Take("bob"); wait != 0 {
				t.Errorf("Take for another key = %v, want 0", wait)
			}
			time.Sleep(4 * time.Second)
			if wait := b.Take("ada"); wait != 6*time.Second {
				t.Errorf("Take after 4s = %v, want 6s", wait)
			}
			time.Sleep(6 * time.Second)
			if wait := b.Take("ada"); wait != 0 {
				t.Errorf("Take after 10s = %v, want 0", wait)
			}
			if wait := b.Take("ada"); wait != 10*time.Second {
				t.Errorf("the next Take = %v, want 10s", wait)
			}
		})
	})

	t.Run("forget what was given back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := web.NewBuckets(2, time.Second, 100)
			b.Take("ada")
			b.GiveBack("ada")
			if b.Len() != 0 {
				t.Errorf("Len = %d, want 0", b.Len())
			}
			b.Take("ada")
			b.Take("ada")
			b.GiveBack("ada")
			if wait := b.Take("ada"); wait != 0 {
				t.Errorf("Take of what was given back = %v, want 0", wait)
			}
			if wait := b.Take("ada"); wait == 0 {
				t.Error("Take gave more than the burst")
			}
		})
	})

	t.Run("keep at most so many", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := web.NewBuckets(2, time.Hour, 50)
			for i := range 1000 {
				b.Take(strconv.Itoa(i))
				if b.Len() > 50 {
					t.Fatalf("Len after %d keys = %d, want at most 50", i+1, b.Len())
				}
			}
		})
	})
}

func TestAttempts(t *testing.T) {
	fail := func(t *testing.T, a web.Attempts, n int, login, address string) {
		t.Helper()
		for i := range n {
			if wait := a.Begin(login, address); wait > 0 {
				t.Fatalf("try %d of %s from %s: wait %v, want none", i+1, login, address, wait)
			}
		}
	}

	t.Run("one guesser does not lock the user out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := web.NewAttempts()
			fail(t, a, 10, "ada", "203.0.113.7")
			if a.Begin("Ada ", "203.0.113.7") == 0 {
				t.Error("try 11 from the same network: no wait")
			}
			fail(t, a, 1, "ada", "198.51.100.23")
		})
	})

	t.Run("one network cannot try one password on everybody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := web.NewAttempts()
			for i := range 40 {
				fail(t, a, 1, "user"+strconv.Itoa(i), "203.0.113.7")
			}
			if a.Begin("ada", "203.0.113.7") == 0 {
				t.Error("try 41: no wait")
			}
		})
	})

	t.Run("many networks cannot go on for ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := web.NewAttempts()
			for i := range 100 {
				fail(t, a, 1, "ada", "203.0.113."+strconv.Itoa(i))
			}
			if a.Begin("ada", "198.51.100.23") == 0 {
				t.Error("try 101: no wait")
			}
			// What was refused is not counted elsewhere.
			fail(t, a, 10, "bob", "198.51.100.23")
		})
	})

	t.Run("success counts nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := web.NewAttempts()
			for range 200 {
				fail(t, a, 1, "ada", "203.0.113.7")
				a.Succeed("ada", "203.0.113.7")
			}
		})
	})
}

func TestNetwork(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.7", "203.0.113.7", true},
		{"203.0.113.7", "::ffff:203.0.113.7", true},
		{"203.0.113.7", "203.0.113.8", false},
		{"2001:db8::1", "2001:db8::ffff:2", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"", "203.0.113.7", false},
	} {
		if got := web.SameNetwork(test.a, test.b); got != test.same {
			t.Errorf("SameNetwork(%q, %q) = %v, want %v", test.a, test.b, got, test.same)
		}
	}
}
