// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// recoveryRows is links in mails and demands.
func recoveryRows() []row {
	start := func(login string) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.StartRecovery(ctx, tx, idp.Actor{Kind: idp.ActorUser}, links(), login, identity.Cause{})
		}
	}
	complete := func(ctx context.Context, f *fixture, tx idp.Tx) error {
		_, err := identity.CompleteRecovery(ctx, tx, idp.Actor{Kind: idp.ActorUser}, mailedToken(f.t, tx), f.hash, identity.Cause{})
		return err
	}
	const recovered = "The user recovered their account"
	return []row{
		{verb: "StartRecovery", name: "by e-mail address", audit: "user.start_recovery", run: start("ada@example.com"), want: func(f *fixture) []signal {
			return []signal{account(risc.TypeRecoveryActivated, f.principal())}
		}},
		{verb: "StartRecovery", name: "of nobody", audit: "user.start_recovery", refused: true, run: start("nobody"), want: none},
		{verb: "StartRecovery", name: "of a disabled user", audit: "user.start_recovery", refused: true, run: start("bob"), want: none},
		{verb: "StartRecovery", name: "without an address", audit: "user.start_recovery", refused: true, run: start("root"), want: none},
		{verb: "FindTicket", name: "reads", before: func(f *fixture, tx idp.Tx) error {
			return start("ada")(f.t.Context(), f, tx)
		}, run: func(_ context.Context, f *fixture, tx idp.Tx) error {
			_, _, err := identity.FindTicket(tx, mailedToken(f.t, tx))
			return err
		}, want: none},
		{verb: "CompleteRecovery", name: "ends every session", audit: "user.complete_recovery", before: func(f *fixture, tx idp.Tx) error {
			return start("ada")(f.t.Context(), f, tx)
		}, run: complete, want: func(f *fixture) []signal {
			return []signal{password(f.principal(), "user", "update", recovered, ""),
				revoked(f.about(f.second), "user", recovered, ""), revoked(f.about(f.first), "user", recovered, "")}
		}},
		{verb: "CompleteRecovery", name: "of an invitation", cause: idp.CauseCredential, audit: "user.accept_invite", before: func(f *fixture, tx idp.Tx) error {
			u := idp.User{ID: "eve-id", Username: "eve", Email: "eve@example.com"}
			if _, err := identity.CreateUser(f.t.Context(), tx, f.root(), u, idp.Secret{}, identity.Cause{}); err != nil {
				return err
			}
			return identity.Invite(f.t.Context(), tx, f.root(), links(), u.ID, identity.Cause{})
		}, run: complete, want: func(f *fixture) []signal {
			eve := idp.Principal{UserID: "eve-id", Email: "eve@example.com"}
			return []signal{password(eve, "user", "create", "The user accepted an invitation", "")}
		}},
		{verb: "Invite", name: "a user", audit: "user.invite", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.Invite(ctx, tx, f.root(), links(), f.ada.ID, identity.Cause{})
		}, want: none},
		{verb: "InviteLink", name: "a user", audit: "user.invite", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.InviteLink(ctx, tx, f.root(), links(), f.ada.ID, identity.Cause{})
			return err
		}, want: none},
		{verb: "InviteLink", name: "a user", audit: "user.invite", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.InviteLink(ctx, tx, f.root(), links(), f.ada.ID, identity.Cause{})
			return err
		}, want: none},
		{verb: "ChangeRecoveryEmail", name: "to another", audit: "user.change_recovery_email", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ChangeRecoveryEmail(ctx, tx, f.user(), f.ada.ID, "ada@example.org", identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{account(risc.TypeRecoveryInformationChanged, f.principal())}
		}},
		{verb: "ChangeRecoveryEmail", name: "to the same", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ChangeRecoveryEmail(ctx, tx, f.user(), f.ada.ID, "", identity.Cause{})
		}, want: none},
		{verb: "RequirePasswordChange", name: "of a user", audit: "user.require_password_change", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RequirePasswordChange(ctx, tx, f.root(), f.ada.ID, why)
		}, want: func(f *fixture) []signal {
			return []signal{account(risc.TypeAccountCredentialChangeRequired, f.principal())}
		}},
		{verb: "RequirePasswordChange", name: "demanded already", before: func(f *fixture, tx idp.Tx) error {
			return identity.RequirePasswordChange(f.t.Context(), tx, f.root(), f.ada.ID, why)
		}, run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RequirePasswordChange(ctx, tx, f.root(), f.ada.ID, why)
		}, want: none},
		{verb: "ImportUser", name: "into a group", audit: "user.import", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			u := idp.User{ID: "eve-id", Username: "eve"}
			_, err := identity.ImportUser(ctx, tx, f.root(), u, f.hash, []idp.GroupID{f.staff.ID}, identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			p := idp.Principal{UserID: "eve-id", Groups: []idp.GroupID{f.staff.ID}}
			return []signal{password(p, "admin", "create", "The account was imported", "")}
		}},
	}
}
