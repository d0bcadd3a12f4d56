// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Run tests a database. The function open returns an empty one and closes it
// when its test ends.
func Run(t *testing.T, open func(t *testing.T) idp.DB) {
	for _, noun := range []struct {
		name  string
		cases []check
	}{
		{"Transaction", transactionChecks},
		{"User", userChecks},
		{"Group", groupChecks},
		{"Credential", credentialChecks},
		{"Device", deviceChecks},
		{"Ticket", ticketChecks},
		{"Mail", mailChecks},
		{"Throttle", throttleChecks},
		{"Session", sessionChecks},
		{"Application", applicationChecks},
		{"OIDCProvider", oidcProviderChecks},
		{"SSFProvider", ssfProviderChecks},
		{"SigningKey", signingKeyChecks},
		{"Grant", grantChecks},
		{"AuthRequest", authRequestChecks},
		{"Token", tokenChecks},
		{"Stream", streamChecks},
		{"Subject", subjectChecks},
		{"Signal", signalChecks},
		{"Delivery", deliveryChecks},
		{"Position", positionChecks},
		{"Attempt", attemptChecks},
		{"Handout", handoutChecks},
		{"Exception", exceptionChecks},
		{"Receipt", receiptChecks},
		{"Audit", auditChecks},
		{"Setting", settingChecks},
		{"ConfigVersion", configChecks},
	} {
		t.Run(noun.name, func(t *testing.T) {
			for _, c := range noun.cases {
				t.Run(c.name, func(t *testing.T) {
					e := &env{T: t, db: open(t)}
					c.run(e)
					CheckInvariants(t, e.db)
				})
			}
		})
	}
}

// check is one sentence of the contract.
type check struct {
	name string
	run  func(*env)
}

// env is a test with a database of its own.
type env struct {
	*testing.T
	db idp.DB
}

// update runs fn in a transaction that has to succeed.
func (e *env) update(fn func(idp.Tx) error) {
	e.Helper()
	if err := e.db.Update(e.Context(), fn); err != nil {
		e.Fatalf("Update = %v, want nil", err)
	}
}

// view runs fn on a snapshot.
func (e *env) view(fn func(idp.Tx) error) {
	e.Helper()
	if err := e.db.View(e.Context(), fn); err != nil {
		e.Fatalf("View = %v, want nil", err)
	}
}

// refused runs fn in a transaction that has to fail with want, and so changes
// nothing.
func (e *env) refused(want error, fn func(idp.Tx) error) {
	e.Helper()
	if err := e.db.Update(e.Context(), fn); !errors.Is(err, want) {
		e.Fatalf("Update = %v, want %v", err, want)
	}
}

// later waits until a transaction has a later instant than at. Instants are
// whole milliseconds, so that is soon.
func (e *env) later(at time.Time) {
	e.Helper()
	for !get(e, func(tx idp.Tx) (time.Time, error) { return tx.Now(), nil }).After(at) {
	}
}

// write calls a writing method in a transaction of its own, such as
// write(e, idp.Tx.CreateUser, ada).
func write[V any](e *env, method func(idp.Tx, V) error, v V) {
	e.Helper()
	e.update(func(tx idp.Tx) error { return method(tx, v) })
}

// refuse is write for what has to fail with want.
func refuse[V any](e *env, want error, method func(idp.Tx, V) error, v V) {
	e.Helper()
	e.refused(want, func(tx idp.Tx) error { return method(tx, v) })
}

// read calls a reading method on a snapshot, such as read(e, idp.Tx.User, id).
func read[K, V any](e *env, method func(idp.Tx, K) (V, error), key K) V {
	e.Helper()
	return get(e, func(tx idp.Tx) (V, error) { return method(tx, key) })
}

// get reads what fn returns.
func get[V any](e *env, fn func(idp.Tx) (V, error)) V {
	e.Helper()
	var v V
	e.view(func(tx idp.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	return v
}

// missing checks that a reading method does not find its key.
func missing[K, V any](e *env, method func(idp.Tx, K) (V, error), key K) {
	e.Helper()
	err := e.db.View(e.Context(), func(tx idp.Tx) error {
		_, err := method(tx, key)
		return err
	})
	if !errors.Is(err, idp.ErrNotFound) {
		e.Fatalf("reading %v = %v, want ErrNotFound", key, err)
	}
}

// same compares two values. Times are equal when they are the same instant.
func same(e *env, what string, got, want any) {
	e.Helper()
	secrets := cmp.Comparer(func(a, b idp.Secret) bool { return a.Equal(b) })
	if diff := cmp.Diff(want, got, secrets); diff != "" {
		e.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}
