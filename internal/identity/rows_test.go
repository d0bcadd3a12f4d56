// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"slices"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/risc"
)

// why is a cause with both texts.
var why = identity.Cause{Admin: "asked by phone", User: "you asked us"}

// rows is which signals each verb records.
func rows() []row {
	return slices.Concat(userRows(), sessionRows(), passwordRows(), groupRows(), factorRows(),
		levelRows(), presenceRows(), riskRows(), recoveryRows())
}

func userRows() []row {
	change := func(edit func(*idp.User)) func(context.Context, *fixture, idp.Tx) error {
		return func(ctx context.Context, f *fixture, tx idp.Tx) error {
			u := f.ada
			edit(&u)
			_, err := identity.UpdateUser(ctx, tx, f.root(), u, identity.Cause{})
			return err
		}
	}
	const changed = "The account's data was changed"
	return []row{
		{verb: "CreateUser", name: "without a password", audit: "user.create", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.CreateUser(ctx, tx, f.root(), idp.User{Username: "eve"}, idp.Secret{}, why)
			return err
		}, want: none},
		{verb: "CreateUser", name: "with a password", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.CreateUser(ctx, tx, idp.System(), idp.User{ID: "eve-id", Username: "eve"}, f.hash, identity.Cause{})
			return err
		}, want: func(*fixture) []signal {
			return []signal{password(idp.Principal{UserID: "eve-id"}, "system", "create", "The account was created", "")}
		}, audit: "user.create"},
		{verb: "UpdateUser", name: "e-mail address", audit: "user.update", run: change(func(u *idp.User) { u.Email = "new@example.com" }),
			want: func(f *fixture) []signal {
				return []signal{identifier(f.principal(), "new@example.com"),
					claims(f.principal(), changed, payload{"email": "new@example.com"})}
			}},
		{verb: "UpdateUser", name: "e-mail address removed", audit: "user.update", run: change(func(u *idp.User) { u.Email = "" }),
			want: func(f *fixture) []signal {
				return []signal{identifier(f.principal(), ""), claims(f.principal(), changed, payload{"email": nil})}
			}},
		{verb: "UpdateUser", name: "first e-mail address", audit: "user.update", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			u := f.admin
			u.Email = "root@example.com"
			_, err := identity.UpdateUser(ctx, tx, f.root(), u, identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{claims(idp.Principal{UserID: f.admin.ID}, changed, payload{"email": "root@example.com"})}
		}},
		{verb: "UpdateUser", name: "user name", audit: "user.update", run: change(func(u *idp.User) { u.Username = "countess" }),
			want: func(f *fixture) []signal {
				return []signal{claims(f.principal(), changed, payload{"preferred_username": "countess"})}
			}},
		{verb: "UpdateUser", name: "name", audit: "user.update", run: change(func(u *idp.User) { u.Name = "Ada Lovelace" }),
			want: func(f *fixture) []signal {
				return []signal{claims(f.principal(), changed, payload{"name": "Ada Lovelace"})}
			}},
		{verb: "UpdateUser", name: "nothing", audit: "user.update", run: change(func(*idp.User) {}), want: none},
		{verb: "UpdateUser", name: "the admin right", audit: "user.update", run: change(func(u *idp.User) { u.Admin = true }), want: none},
		{verb: "DisableUser", name: "by an admin", audit: "user.disable", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.DisableUser(ctx, tx, f.root(), f.ada.ID, why)
		}, want: func(f *fixture) []signal {
			return []signal{account(risc.TypeAccountDisabled, f.principal()),
				revoked(f.principal(), "admin", "asked by phone", "you asked us")}
		}},
		{verb: "DisableUser", name: "disabled already", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.DisableUser(ctx, tx, f.root(), f.bob.ID, why)
		}, want: none},
		{verb: "EnableUser", name: "by an admin", audit: "user.enable", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.EnableUser(ctx, tx, f.root(), f.bob.ID, why)
		}, want: func(f *fixture) []signal {
			return []signal{account(risc.TypeAccountEnabled, idp.Principal{UserID: f.bob.ID})}
		}},
		{verb: "EnableUser", name: "enabled already", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.EnableUser(ctx, tx, f.root(), f.ada.ID, why)
		}, want: none},
		{verb: "DeleteUser", name: "by themselves", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.DeleteUser(ctx, tx, f.user(), f.ada.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{account(risc.TypeAccountPurged, f.principal()),
				revoked(f.principal(), "user", "The account was deleted", "Your account was deleted")}
		}, audit: "user.delete"},
	}
}

func sessionRows() []row {
	ended := func(f *fixture, tx idp.Tx) error { return tx.EndSession(f.first.ID, "before") }
	return []row{
		{verb: "SignIn", name: "with a password", run: func(ctx context.Context, f *fixture, tx idp.Tx) (err error) {
			f.first, _, err = identity.SignIn(ctx, tx, f.user(), identity.SessionPolicy{}, f.proof, identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{{caep.TypeSessionEstablished, f.about(f.first),
				by("user", "The user signed in", "", payload{"acr": identity.ACRPassword, "amr": []any{"pwd"}})}}
		}, audit: "session.sign_in"},
		{verb: "Reauthenticate", name: "with a password", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, _, err := identity.Reauthenticate(ctx, tx, f.user(), f.first.ID, f.proof)
			return err
		}, want: none, audit: "session.reauthenticate"},
		{verb: "SignOut", name: "a session", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.SignOut(ctx, tx, f.user(), f.first.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{revoked(f.about(f.first), "user", "The user signed out", "")}
		}, audit: "session.sign_out"},
		{verb: "SignOut", name: "ended already", before: ended, run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.SignOut(ctx, tx, f.user(), f.first.ID, identity.Cause{})
		}, want: none},
		{verb: "RevokeSession", name: "by the user", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RevokeSession(ctx, tx, f.user(), f.second.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{revoked(f.about(f.second), "user", "The user revoked the session", "")}
		}, audit: "session.revoke"},
		{verb: "RevokeSession", name: "by an admin", audit: "session.revoke", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RevokeSession(ctx, tx, f.root(), f.second.ID, identity.Cause{Admin: "lost laptop"})
		}, want: func(f *fixture) []signal {
			return []signal{revoked(f.about(f.second), "admin", "lost laptop", "An administrator ended your session")}
		}},
		{verb: "RevokeSessions", name: "by the user", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RevokeSessions(ctx, tx, f.user(), f.ada.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{revoked(f.principal(), "user", "The user signed out everywhere", "")}
		}, audit: "user.revoke_sessions"},
		{verb: "RevokeSessions", name: "by an admin without sessions here", audit: "user.revoke_sessions", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RevokeSessions(ctx, tx, f.root(), f.bob.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{revoked(idp.Principal{UserID: f.bob.ID}, "admin", "An administrator revoked all sessions", "An administrator ended your sessions")}
		}},
		{verb: "RefreshTokenReused", name: "of a session", run: reused((*fixture).refreshToken), want: func(f *fixture) []signal {
			return []signal{
				revoked(f.about(f.first), "policy", "A refresh token was used twice", "Your session was ended to protect your account"),
				risk(f.about(f.first), "SESSION"),
			}
		}, audit: "session.token_reused"},
		{verb: "RefreshTokenReused", name: "of an ended session with live tokens", before: ended, run: reused((*fixture).refreshToken), want: func(f *fixture) []signal {
			return []signal{risk(f.about(f.first), "SESSION")}
		}, audit: "session.token_reused"},
		{verb: "RefreshTokenReused", name: "without a session", run: reused(func(f *fixture) idp.RefreshToken {
			token := f.refreshToken()
			token.SessionID = ""
			return token
		}), want: func(f *fixture) []signal { return []signal{risk(f.principal(), "USER")} }, audit: "session.token_reused"},
		{verb: "RefreshTokenReused", name: "with nothing left to revoke", before: func(f *fixture, tx idp.Tx) error {
			if _, err := tx.RevokeTokens(idp.TokenFilter{FamilyID: "family"}); err != nil {
				return err
			}
			return ended(f, tx)
		}, run: reused((*fixture).refreshToken), want: none},
	}
}

func reused(token func(*fixture) idp.RefreshToken) func(context.Context, *fixture, idp.Tx) error {
	return func(ctx context.Context, f *fixture, tx idp.Tx) error {
		client := idp.Actor{Kind: idp.ActorApplication, ID: string(f.app.ID), Address: "192.0.2.9"}
		return identity.RefreshTokenReused(ctx, tx, client, token(f), identity.Cause{})
	}
}

// risk is a risk-level-change to HIGH.
func risk(p idp.Principal, principal string) signal {
	return signal{caep.TypeRiskLevelChange, p, by("policy", "A refresh token was used twice",
		"Your session was ended to protect your account", payload{
			"principal": principal, "current_level": "HIGH", "risk_reason": "A refresh token was used twice",
		})}
}

func passwordRows() []row {
	return []row{
		{verb: "ChangePassword", name: "keeps the session it is made through", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ChangePassword(ctx, tx, f.user(), f.proof, f.hash, identity.Cause{})
		}, want: func(f *fixture) []signal {
			const words = "The user changed their password"
			return []signal{password(f.principal(), "user", "update", words, ""),
				revoked(f.about(f.second), "user", words, "")}
		}, audit: "user.change_password"},
		{verb: "ResetPassword", name: "ends every session", audit: "user.reset_password", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ResetPassword(ctx, tx, f.root(), f.ada.ID, f.hash, why)
		}, want: func(f *fixture) []signal {
			return []signal{password(f.principal(), "admin", "update", why.Admin, why.User),
				revoked(f.about(f.second), "admin", why.Admin, why.User),
				revoked(f.about(f.first), "admin", why.Admin, why.User)}
		}},
		{verb: "ResetPassword", name: "first password", audit: "user.reset_password", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.ResetPassword(ctx, tx, f.root(), f.bob.ID, f.hash, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{password(idp.Principal{UserID: f.bob.ID}, "admin", "create",
				"An administrator reset the password", "An administrator reset your password")}
		}},
		{verb: "RemovePassword", name: "by an admin", audit: "user.remove_password", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemovePassword(ctx, tx, f.root(), f.ada.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{password(f.principal(), "admin", "delete", "The password was removed", "")}
		}},
	}
}

func groupRows() []row {
	both := func(f *fixture) idp.Principal {
		p := f.principal()
		p.Groups = []idp.GroupID{f.guests.ID, f.staff.ID}
		return p
	}
	return []row{
		{verb: "AddMember", name: "to another group", audit: "user.join_group", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.AddMember(ctx, tx, f.root(), f.guests.ID, f.ada.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{claims(both(f), "The user joined a group", payload{"groups": []any{"Guests", "staff"}})}
		}},
		{verb: "AddMember", name: "to their own group", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.AddMember(ctx, tx, f.root(), f.staff.ID, f.ada.ID, identity.Cause{})
		}, want: none},
		{verb: "RemoveMember", name: "the old group still hears of it", audit: "user.leave_group", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemoveMember(ctx, tx, f.root(), f.staff.ID, f.ada.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{claims(f.principal(), "The user left a group", payload{"groups": []any{}})}
		}},
		{verb: "RemoveMember", name: "entered by the caller", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemoveMember(ctx, tx, f.root(), f.staff.ID, f.ada.ID, identity.Cause{Entered: true})
		}, want: func(f *fixture) []signal {
			return []signal{claims(f.principal(), "The user left a group", payload{"groups": []any{}})}
		}},
		{verb: "RemoveMember", name: "of another group", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.RemoveMember(ctx, tx, f.root(), f.guests.ID, f.ada.ID, identity.Cause{})
		}, want: none},
		{verb: "RenameGroup", name: "with a member", audit: "group.rename", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.RenameGroup(ctx, tx, f.root(), f.staff.ID, "crew", identity.Cause{})
			return err
		}, want: func(f *fixture) []signal {
			return []signal{claims(f.principal(), "A group was renamed", payload{"groups": []any{"crew"}})}
		}},
		{verb: "RenameGroup", name: "to the same name", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.RenameGroup(ctx, tx, f.root(), f.staff.ID, "staff", identity.Cause{})
			return err
		}, want: none},
		{verb: "DeleteGroup", name: "with a member", audit: "group.delete", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.DeleteGroup(ctx, tx, f.root(), f.staff.ID, identity.Cause{})
		}, want: func(f *fixture) []signal {
			return []signal{claims(f.principal(), "A group was deleted", payload{"groups": []any{}})}
		}},
		{verb: "DeleteGroup", name: "without members", audit: "group.delete", run: func(ctx context.Context, f *fixture, tx idp.Tx) error {
			return identity.DeleteGroup(ctx, tx, f.root(), f.guests.ID, identity.Cause{})
		}, want: none},
		{verb: "GroupNames", name: "reads", run: func(_ context.Context, f *fixture, tx idp.Tx) error {
			_, err := identity.GroupNames(tx, []idp.GroupID{f.staff.ID})
			return err
		}, want: none},
	}
}
