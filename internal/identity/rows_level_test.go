// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// levelRows is sign-in and step-up with each factor, and what becomes of
// sessions by themselves.
func levelRows() []row {
	signIn := func(name string, proof func(*keyring) identity.Proof, acr string, amr ...any) row {
		return row{verb: "SignIn", name: name, audit: "session.sign_in", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			var err error
			f.first, _, err = identity.SignIn(ctx, tx, f.cleo.actor(), identity.SessionPolicy{}, proof(f.cleo), identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{{caep.TypeSessionEstablished, f.cleo.about(f.first),
				by("user", "The user signed in", "", payload{"acr": acr, "amr": amr})}}
		}}
	}
	again := func(name, before string, proof func(*keyring) identity.Proof, event payload) row {
		return row{verb: "Reauthenticate", name: name, audit: "session.reauthenticate", before: func(f *fixture, tx idp.Tx) error {
			s := f.cleo.session
			s.ACR = before
			return tx.UpdateSession(s)
		}, run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, _, err := identity.Reauthenticate(ctx, tx, f.cleo.actor(), f.cleo.session.ID, proof(f.cleo))
			return err
		}, want: func(f *fixture) []signal {
			if event == nil {
				return nil
			}
			event["namespace"] = "urn:tocsin:acr"
			return []signal{{caep.TypeAssuranceLevelChange, f.cleo.about(f.cleo.session),
				by("user", "The user proved who they are again", "", event)}}
		}}
	}
	factor := func(k *keyring) identity.Proof { return k.factor }
	unlocked := func(k *keyring) identity.Proof { return k.unlocked }
	return []row{
		signIn("with password and app", factor, identity.ACRFactor, "pwd", "otp", "mfa"),
		signIn("with a passkey", unlocked, identity.ACRPasskey, "hwk", "user", "mfa"),
		again("steps up to a factor", identity.ACRPassword, factor, payload{
			"current_level": identity.ACRFactor, "previous_level": identity.ACRPassword, "change_direction": "increase"}),
		again("steps up to a passkey", identity.ACRFactor, unlocked, payload{
			"current_level": identity.ACRPasskey, "previous_level": identity.ACRFactor, "change_direction": "increase"}),
		again("falls to a factor", identity.ACRPasskey, factor, payload{
			"current_level": identity.ACRFactor, "previous_level": identity.ACRPasskey, "change_direction": "decrease"}),
		again("of a session without a level", "", factor, payload{"current_level": identity.ACRFactor}),
		again("at the same level", identity.ACRPasskey, unlocked, nil),
	}
}

func presenceRows() []row {
	present := func(app idp.ApplicationID) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.PresentSession(ctx, tx, f.user(), f.first.ID, app, identity.Cause{})
		}
	}
	timeout := func(words string) func(*fixture) []signal {
		return func(f *fixture) []signal { return []signal{revoked(f.about(f.first), "system", words, "")} }
	}
	end := func(ctx context.Context, f *fixture, tx idp.Tx) error {
		_, err := identity.EndTimedOutSessions(ctx, tx, identity.SessionPolicy{}, 10)
		return err
	}
	return []row{
		{verb: "PresentSession", name: "at another application", audit: "session.present", before: func(f *fixture, tx idp.Tx) error {
			return tx.CreateApplication(idp.Application{ID: "beacon-id", Slug: "beacon", Name: "Beacon"})
		}, run: present("beacon-id"), want: func(f *fixture) []signal {
			return []signal{{caep.TypeSessionPresented, f.about(f.first), by("user", "The session was used at another application", "", nil)}}
		}},
		{verb: "PresentSession", name: "at the same application", run: present("app-id"), want: none},
		{verb: "EndTimedOutSessions", name: "idle", before: func(f *fixture, tx idp.Tx) error {
			s := f.first
			s.LastSeenAt = tx.Now().Add(-8 * time.Hour)
			return tx.UpdateSession(s)
		}, run: end, want: timeout("The session was not used for too long")},
		{verb: "EndTimedOutSessions", name: "absolute", before: func(f *fixture, tx idp.Tx) error {
			s := f.first
			s.ExpiresAt = tx.Now()
			return tx.UpdateSession(s)
		}, run: end, want: timeout("The time of the session was up")},
		{verb: "EndTimedOutSessions", name: "none", run: end, want: none},
		{verb: "TouchSession", name: "after an hour", before: func(f *fixture, tx idp.Tx) error {
			f.first.LastSeenAt = tx.Now().Add(-time.Hour)
			return tx.UpdateSession(f.first)
		}, run: func(_ context.Context, f *fixture, tx idp.Tx) error { return identity.TouchSession(tx, f.first) }, want: none},
	}
}
