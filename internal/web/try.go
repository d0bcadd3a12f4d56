// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// try runs one attempt to prove something, unless there were too many failed
// ones: that is a *slowError. The attempt is counted before it is made, so that
// many at once are counted too, and given back when it did not fail.
func (s *Site) try(v *visit, login string, factor bool, attempt func() error) error {
	ctx := v.r.Context()
	t := identity.Try{Login: login, Factor: factor, Address: s.address(v.r)}
	err := s.db.Update(ctx, func(tx idp.Tx) error {
		wait, err := identity.BeginTry(ctx, tx, t)
		if err == nil && wait > 0 {
			err = &slowError{wait}
		}
		return err
	})
	if err != nil {
		return err
	}
	failure := attempt()
	err = s.db.Update(ctx, func(tx idp.Tx) error {
		if isRefusal(failure) {
			return identity.TryFailed(ctx, tx, s.actor(v, v.user), s.risk, t, identity.Cause{})
		}
		return identity.TrySucceeded(ctx, tx, t)
	})
	return errors.Join(failure, err)
}

// orSlow is the page of a *slowError, with the way back, and any other error as
// it is.
func (s *Site) orSlow(err error, back string) error {
	var slow *slowError
	if errors.As(err, &slow) {
		return s.slowDown(slow.wait, back)
	}
	return err
}
