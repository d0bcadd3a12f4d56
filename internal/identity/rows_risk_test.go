// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// riskRows is tries and devices.
func riskRows() []row {
	failed := func(times int, try identity.Try) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, f *fixture, tx idp.Tx) error {
			policy := identity.RiskPolicy{MediumFailures: 2, HighFailures: 3, FactorFailures: 2}
			for range times {
				if err := identity.TryFailed(ctx, tx, idp.Actor{Kind: idp.ActorUser}, policy, try, identity.Cause{Txn: "t"}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	level := func(p idp.Principal, about, reason string, more payload) signal {
		more["principal"], more["risk_reason"] = about, reason
		return signal{caep.TypeRiskLevelChange, p, by("policy", reason, "", more)}
	}
	ada := identity.Try{Login: "Ada@example.com", Address: "192.0.2.1"}
	try := func(use func(ctx context.Context, tx idp.Tx) error) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, _ *fixture, tx idp.Tx) error { return use(ctx, tx) }
	}
	note := func(ctx context.Context, f *fixture, tx idp.Tx) error {
		_, err := identity.NoteDevice(ctx, tx, f.user(), identity.RiskPolicy{}, f.first, "", 0, identity.Cause{})
		return err
	}
	return []row{
		{verb: "BeginTry", name: "takes one", run: try(func(ctx context.Context, tx idp.Tx) error {
			_, err := identity.BeginTry(ctx, tx, ada)
			return err
		}), want: none},
		{verb: "TrySucceeded", name: "gives it back", run: try(func(ctx context.Context, tx idp.Tx) error {
			return identity.TrySucceeded(ctx, tx, ada)
		}), want: none},
		{verb: "TryFailed", name: "once", audit: "session.sign_in", refused: true, run: failed(1, ada), want: none},
		{verb: "TryFailed", name: "often", audit: "user.risk", entries: 3, run: failed(2, ada), want: func(f *fixture) []signal {
			return []signal{level(f.principal(), "USER", "2 sign-ins in a row failed", payload{"current_level": "MEDIUM"})}
		}},
		{verb: "TryFailed", name: "very often", audit: "session.sign_in", refused: true, entries: 6, run: failed(4, ada), want: func(f *fixture) []signal {
			return []signal{level(f.principal(), "USER", "2 sign-ins in a row failed", payload{"current_level": "MEDIUM"}),
				level(f.principal(), "USER", "3 sign-ins in a row failed", payload{"current_level": "HIGH", "previous_level": "MEDIUM"})}
		}},
		{verb: "TryFailed", name: "often for nobody", audit: "session.sign_in", refused: true, entries: 4, run: failed(4, identity.Try{Login: "nobody"}), want: none},
		{verb: "TryFailed", name: "second factors", audit: "session.prove_factor", refused: true, entries: 5, run: failed(4, identity.Try{Login: "ada", Factor: true}), want: func(f *fixture) []signal {
			return []signal{level(f.principal(), "USER", "The password was right and 2 second factors in a row were wrong", payload{"current_level": "HIGH"})}
		}},
		{verb: "NoteDevice", name: "the first", run: note, want: none},
		{verb: "NoteDevice", name: "another", audit: "session.new_device", before: func(f *fixture, tx idp.Tx) error {
			return note(f.t.Context(), f, tx)
		}, run: note, want: func(f *fixture) []signal {
			return []signal{level(f.about(f.first), "SESSION", "The user signed in with a new device", payload{"current_level": "MEDIUM"})}
		}},
	}
}
