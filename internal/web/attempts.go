// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// How many failed tries are taken at once, and how soon one more.
//
// One account from one network is what a guesser uses, and what stops them
// soon. A network may be a whole office, so it gets more. An account as a
// whole gets the most: everybody can fail at it, and its user would be the one
// to wait.
const (
	pairBurst    = 10
	pairEvery    = 30 * time.Second
	networkBurst = 40
	networkEvery = 5 * time.Second
	accountBurst = 100
	accountEvery = time.Minute

	attemptsKept  = 1 << 16
	attemptsSwept = 1 << 10
)

// attempts counts failed tries at passwords. It is kept in memory: a restart
// forgets, which gives a guesser one burst more.
type attempts struct {
	pairs, networks, accounts *buckets
}

func newAttempts() *attempts {
	return &attempts{
		pairs:    newBuckets(pairBurst, pairEvery, attemptsKept),
		networks: newBuckets(networkBurst, networkEvery, attemptsKept),
		accounts: newBuckets(accountBurst, accountEvery, attemptsKept),
	}
}

// counter is a bucket of one try.
type counter struct {
	in  *buckets
	key idp.Hash
}

// counters are the buckets that a try is counted in. What is typed counts as
// an account whether or not there is one: otherwise the answer would tell.
func (a *attempts) counters(login, address string) []counter {
	account, network := account(login), network(address)
	pair := idp.HashToken(string(account[:]) + string(network[:]))
	return []counter{{a.pairs, pair}, {a.networks, network}, {a.accounts, account}}
}

// begin takes a try before the password is looked at, so that many at once are
// counted too. It returns how long to wait, or zero if there is a try. Give it
// back with succeed: only failures stay counted.
func (a *attempts) begin(login, address string) time.Duration {
	counters := a.counters(login, address)
	for i, c := range counters {
		if wait := c.in.take(c.key); wait > 0 {
			for _, taken := range counters[:i] {
				taken.in.giveBack(taken.key)
			}
			return wait
		}
	}
	return 0
}

// succeed gives a try back.
func (a *attempts) succeed(login, address string) {
	for _, c := range a.counters(login, address) {
		c.in.giveBack(c.key)
	}
}

// account is the key of a login. It is hashed so that a long one takes no more
// room than a short one.
func account(login string) idp.Hash {
	return idp.HashToken(strings.ToLower(strings.TrimSpace(login)))
}

// network is the key of an address: of IPv6 the first 64 bits, because one
// host has all the others.
func network(address string) idp.Hash {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return idp.HashToken(address)
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return idp.HashToken(prefix.String())
		}
	}
	return idp.HashToken(addr.String())
}

// buckets are token buckets by key, at most kept of them.
type buckets struct {
	burst float64
	every time.Duration
	kept  int

	mu    sync.Mutex // guards byKey
	byKey map[idp.Hash]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newBuckets(burst int, every time.Duration, kept int) *buckets {
	return &buckets{burst: float64(burst), every: every, kept: kept, byKey: map[idp.Hash]bucket{}}
}

// take takes a token, or returns how long until there is one.
func (b *buckets) take(key idp.Hash) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	current := b.filled(key, now)
	if current.tokens < 1 {
		return time.Duration((1 - current.tokens) * float64(b.every))
	}
	if _, known := b.byKey[key]; !known && len(b.byKey) >= b.kept {
		b.makeRoom(now)
	}
	current.tokens--
	b.byKey[key] = current
	return 0
}

// giveBack returns a token that was taken. A full bucket is forgotten.
func (b *buckets) giveBack(key idp.Hash) {
	b.mu.Lock()
	defer b.mu.Unlock()
	current := b.filled(key, time.Now())
	if current.tokens+1 >= b.burst {
		delete(b.byKey, key)
		return
	}
	current.tokens++
	b.byKey[key] = current
}

// filled is the bucket of a key with the tokens that came since.
func (b *buckets) filled(key idp.Hash, now time.Time) bucket {
	current, ok := b.byKey[key]
	if !ok {
		return bucket{tokens: b.burst, at: now}
	}
	gained := float64(now.Sub(current.at)) / float64(b.every)
	return bucket{tokens: min(b.burst, current.tokens+gained), at: now}
}

// makeRoom forgets buckets that are full again, or some that are not: whoever
// has so many addresses is not stopped by a count of each.
func (b *buckets) makeRoom(now time.Time) {
	looked := 0
	for key := range b.byKey {
		if b.filled(key, now).tokens >= b.burst || looked < 16 {
			delete(b.byKey, key)
		}
		if looked++; looked == attemptsSwept {
			return
		}
	}
}
