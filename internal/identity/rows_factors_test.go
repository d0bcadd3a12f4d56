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

// factorRows is the verbs on authenticator apps, passkeys and recovery codes.
func factorRows() []row {
	return append(append(addRows(), removeRows()...), proveRows()...)
}

// changed is a credential-change of Cleo's.
func (k *keyring) changed(entity, typ, kind, admin string, more payload) signal {
	user := ""
	if entity == "admin" {
		user = "An administrator changed how you sign in"
	}
	event := by(entity, admin, user, more)
	event["credential_type"], event["change_type"] = typ, kind
	return signal{caep.TypeCredentialChange, k.principal(), event}
}

func addRows() []row {
	return []row{
		{verb: "AddTOTP", name: "by the user", audit: "user.add_totp", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			seed := identity.NewTOTPSeed()
			_, err := identity.AddTOTP(ctx, tx, f.cleo.actor(), f.cleo.user.ID, "Tablet", seed, code(f.t, seed, time.Now()), identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{f.cleo.changed("user", "app", "create", "An authenticator app was added", payload{"friendly_name": "Tablet"})}
		}},
		{verb: "AddPasskey", name: "a security key", audit: "user.add_passkey", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.AddPasskey(ctx, tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.another, "", identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{f.cleo.changed("user", "fido2-roaming", "create", "A passkey was added",
				payload{"friendly_name": "Security key (USB, NFC)", "fido2_aaguid": aaguid})}
		}},
		{verb: "GenerateRecoveryCodes", name: "again", audit: "user.generate_recovery_codes", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.GenerateRecoveryCodes(ctx, tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{f.cleo.changed("user", "recovery-codes", "update", "Recovery codes were generated", nil)}
		}},
		{verb: "GenerateRecoveryCodes", name: "for the first time", audit: "user.generate_recovery_codes", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.GenerateRecoveryCodes(ctx, tx, f.user(), f.ada.ID, identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			s := f.cleo.changed("user", "recovery-codes", "create", "Recovery codes were generated", nil)
			s.Principal = f.principal()
			return []signal{s}
		}},
		{verb: "RenameCredential", name: "a passkey", audit: "user.rename_credential", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RenameCredential(ctx, tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.passkey.ID, "Old laptop", identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{f.cleo.changed("user", "fido2-platform", "update", "A passkey was renamed",
				payload{"friendly_name": "Old laptop", "fido2_aaguid": aaguid})}
		}},
		{verb: "RenameCredential", name: "a passkey to the same name", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RenameCredential(ctx, tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.passkey.ID, "Laptop", identity.Cause{})
		}, want: none},
		{verb: "RenameCredential", name: "an authenticator app", audit: "user.rename_credential", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RenameCredential(ctx, tx, f.cleo.actor(), f.cleo.user.ID, f.cleo.app.ID, "Old phone", identity.Cause{})
		}, want: none},
	}
}

func removeRows() []row {
	app := func(f *fixture, entity, words string) signal {
		return f.cleo.changed(entity, "app", "delete", words, payload{"friendly_name": "Phone"})
	}
	passkey := func(f *fixture, entity, words string) signal {
		return f.cleo.changed(entity, "fido2-platform", "delete", words, payload{"friendly_name": "Laptop", "fido2_aaguid": aaguid})
	}
	remove := func(actor func(*fixture) idp.Actor, id func(*keyring) idp.CredentialID) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemoveCredential(ctx, tx, actor(f), f.cleo.user.ID, id(f.cleo), identity.Cause{})
		}
	}
	cleo := func(f *fixture) idp.Actor { return f.cleo.actor() }
	theApp := func(k *keyring) idp.CredentialID { return k.app.ID }
	thePasskey := func(k *keyring) idp.CredentialID { return k.passkey.ID }
	const words = "A credential was removed"
	return []row{
		{verb: "RemoveCredential", name: "an authenticator app by the user", audit: "user.remove_credential", run: remove(cleo, theApp),
			want: func(f *fixture) []signal { return []signal{app(f, "user", words)} }},
		{verb: "RemoveCredential", name: "an authenticator app by an admin", audit: "user.remove_credential", run: remove((*fixture).root, theApp),
			want: func(f *fixture) []signal { return []signal{app(f, "admin", words)} }},
		{verb: "RemoveCredential", name: "a passkey by the user", audit: "user.remove_credential", run: remove(cleo, thePasskey),
			want: func(f *fixture) []signal { return []signal{passkey(f, "user", words)} }},
		{verb: "RemoveCredential", name: "a passkey by an admin", audit: "user.remove_credential", run: remove((*fixture).root, thePasskey),
			want: func(f *fixture) []signal { return []signal{passkey(f, "admin", words)} }},
		{verb: "RemoveRecoveryCodes", name: "by the user", audit: "user.remove_recovery_codes", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemoveRecoveryCodes(ctx, tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{f.cleo.changed("user", "recovery-codes", "delete", "The recovery codes were removed", nil)}
		}},
		{verb: "ResetFactors", name: "all of them", audit: "user.reset_factors", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ResetFactors(ctx, tx, f.root(), f.cleo.user.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			const words = "All second factors were reset"
			return []signal{app(f, "admin", words),
				f.cleo.changed("admin", "recovery-codes", "delete", words, nil), passkey(f, "admin", words)}
		}},
		{verb: "ResetFactors", name: "none", audit: "user.reset_factors", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ResetFactors(ctx, tx, f.root(), f.ada.ID, identity.Cause{})
		}, want: none},
		{verb: "ForgetDevices", name: "by the user", audit: "user.forget_devices", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ForgetDevices(ctx, tx, f.cleo.actor(), f.cleo.user.ID, identity.Cause{})
		}, want: none},
	}
}

// proveRows use factors: that changes nothing, so only the last recovery code,
// with which the set is gone, is a signal.
func proveRows() []row {
	reads := func(read func(ctx context.Context, f *fixture, tx idp.Tx) error) func(context.Context, *fixture, idp.Tx) error {
		return read
	}
	return []row{
		{verb: "ProveTOTP", name: "a code", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.ProveTOTP(ctx, tx, f.cleo.password, f.cleo.next(f.t))
			return err
		}, want: none},
		{verb: "ProveRecoveryCode", name: "one of several", audit: "user.use_recovery_code", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.ProveRecoveryCode(ctx, tx, f.cleo.actor(), f.cleo.password, f.cleo.codes[0], identity.Cause{})
			return err
		}, want: none},
		{verb: "ProveRecoveryCode", name: "the last", audit: "user.use_recovery_code", before: func(f *fixture, tx idp.Tx) error {
			for _, code := range f.cleo.codes[1:] {
				if _, err := identity.ProveRecoveryCode(f.t.Context(), tx, f.cleo.actor(), f.cleo.password, code, identity.Cause{}); err != nil {
					return err
				}
			}
			return nil
		}, run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.ProveRecoveryCode(ctx, tx, f.cleo.actor(), f.cleo.password, f.cleo.codes[0], identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			s := f.cleo.changed("user", "recovery-codes", "delete", "The last recovery code was used", nil)
			s.Event["reason_user"] = map[string]any{"en": "You used your last recovery code"}
			return []signal{s}
		}},
		{verb: "ProveDevice", name: "an unknown one", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.ProveDevice(ctx, tx, f.cleo.password, idp.NewToken())
			return err
		}, want: none},
		{verb: "ProofOfSession", name: "reads", run: reads(func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.ProofOfSession(ctx, tx, f.cleo.session.ID)
			return err
		}), want: none},
		{verb: "FactorsOf", name: "reads", run: reads(func(_ context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.FactorsOf(tx, f.cleo.user.ID)
			return err
		}), want: none},
	}
}
