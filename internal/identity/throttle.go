// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// allowance is how many failed tries are taken at once, and how soon one more.
type allowance struct {
	kind  string
	burst float64
	every time.Duration
}

// The allowances.
//
// One account from one network is what a guesser uses, and what stops them
// soon. A network may be a whole office, so it gets more. An account as a
// whole gets the most: everybody can fail at it, and its user would be the one
// to wait. Only who knows the password can fail at a second factor, so there
// the account gets least: a code of six digits must not be found by trying.
func passwordAllowances() (pair, network, account allowance) {
	return allowance{"pair", 10, 30 * time.Second},
		allowance{"network", 40, 5 * time.Second},
		allowance{"account", 100, time.Minute}
}

func factorAllowance() allowance { return allowance{"factor", 10, 5 * time.Minute} }

// Try is one attempt to prove something.
type Try struct {
	// Login is what was typed as user name or e-mail address, or the user name
	// of somebody who is known.
	Login string
	// Factor says that it is a second factor or a recovery code, after the
	// password was right.
	Factor bool
	// Address is the peer's IP address.
	Address string
}

// user is whom the try is for, or idp.ErrNotFound.
func (t Try) user(tx idp.Tx) (idp.User, error) {
	return tx.UserByLogin(strings.TrimSpace(t.Login))
}

// account names what is tried: the user, by whichever name, or what was typed.
func (t Try) account(u idp.User) string {
	if u.ID != "" {
		return "user " + string(u.ID)
	}
	return "login " + strings.ToLower(strings.TrimSpace(t.Login))
}

func (t Try) accountKey(u idp.User) string {
	if t.Factor {
		return throttleKey(factorAllowance(), t.account(u))
	}
	_, _, account := passwordAllowances()
	return throttleKey(account, t.account(u))
}

// throttleKey is the key of a throttle. What it names is hashed, so that the
// database never holds what somebody typed.
func throttleKey(a allowance, name string) string {
	hash := idp.HashToken(name)
	return a.kind + " " + hex.EncodeToString(hash[:])
}

// bucket is one throttle of a try.
type bucket struct {
	allowance
	key string
}

func (t Try) buckets(tx idp.Tx) ([]bucket, error) {
	u, err := t.user(tx)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return nil, err
	}
	if t.Factor {
		return []bucket{{factorAllowance(), t.accountKey(u)}}, nil
	}
	pair, network, account := passwordAllowances()
	from := networkOf(t.Address)
	return []bucket{
		{pair, throttleKey(pair, t.account(u)+" from "+from)},
		{network, throttleKey(network, from)},
		{account, t.accountKey(u)},
	}, nil
}

// networkOf is what an address is counted as: of IPv6 the first 64 bits,
// because one host has all the others.
func networkOf(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

// level is how much of an allowance is used up now.
func (a allowance) level(t idp.Throttle, now time.Time) float64 {
	passed := now.Sub(t.At)
	if t.At.IsZero() || passed < 0 {
		return t.Level
	}
	return max(0, t.Level-float64(passed)/float64(a.every))
}

// BeginTry takes a try before anything is verified, so that many at once are
// counted too. It returns how long to wait, and takes none, or zero. After it
// comes TrySucceeded, which gives the try back, or TryFailed. It records
// nothing.
func BeginTry(_ context.Context, tx idp.Tx, t Try) (time.Duration, error) {
	buckets, err := t.buckets(tx)
	if err != nil {
		return 0, err
	}
	throttles := make([]idp.Throttle, len(buckets))
	for i, b := range buckets {
		if throttles[i], err = tx.Throttle(b.key); err != nil {
			return 0, err
		}
		level := b.level(throttles[i], tx.Now())
		if over := level + 1 - b.burst; over > 0 {
			return time.Duration(over * float64(b.every)), nil
		}
		throttles[i].Level, throttles[i].At = level+1, tx.Now()
	}
	for _, throttle := range throttles {
		if err := tx.PutThrottle(throttle); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// TrySucceeded gives a try back and forgets the failures of its account in a
// row. It records nothing.
func TrySucceeded(_ context.Context, tx idp.Tx, t Try) error {
	buckets, err := t.buckets(tx)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		throttle, err := tx.Throttle(b.key)
		if err != nil {
			return err
		}
		throttle.Level = max(0, b.level(throttle, tx.Now())-1)
		throttle.At, throttle.Failures = tx.Now(), 0
		if err := tx.PutThrottle(throttle); err != nil {
			return err
		}
	}
	return nil
}
