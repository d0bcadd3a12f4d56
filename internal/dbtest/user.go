// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

var userChecks = []check{
	{"comes back as it was made", func(e *env) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
		want := idp.User{
			ID: "u", Username: "Ada", Email: "ada@example.com", Name: "Ada Łoveläce", Admin: true,
			DisabledAt: at, CreatedAt: at, UpdatedAt: at.Add(time.Hour),
		}
		write(e, idp.Tx.CreateUser, want)
		same(e, "User", read(e, idp.Tx.User, "u"), want)
	}},
	{"is made now", func(e *env) {
		e.update(func(tx idp.Tx) error {
			if err := tx.CreateUser(idp.User{ID: "u", Username: "ada"}); err != nil {
				return err
			}
			u, err := tx.User("u")
			same(e, "User", u, idp.User{ID: "u", Username: "ada", CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
			return err
		})
	}},
	{"is found by either login in any case", func(e *env) {
		write(e, idp.Tx.CreateUser, idp.User{ID: "u", Username: "Ada", Email: "Ada.L@Example.com"})
		for _, login := range []string{"Ada", "ada", "ADA", "ada.l@example.com", "ADA.L@EXAMPLE.COM"} {
			if got := read(e, idp.Tx.UserByLogin, login).ID; got != "u" {
				e.Errorf("UserByLogin(%q) = %q, want u", login, got)
			}
		}
		missing(e, idp.Tx.UserByLogin, "ada.l")
		missing(e, idp.Tx.UserByLogin, "")
	}},
	{"has logins of its own", func(e *env) {
		write(e, idp.Tx.CreateUser, idp.User{ID: "u", Username: "ada", Email: "ada@example.com"})
		for _, taken := range []idp.User{
			{ID: "u", Username: "other"},
			{ID: "v", Username: "ADA"},
			{ID: "v", Username: "bob", Email: "Ada@Example.com"},
			{ID: "v", Username: "Ada@example.com"},
			{ID: "v", Username: "bob", Email: "ADA"},
		} {
			refuse(e, idp.ErrConflict, idp.Tx.CreateUser, taken)
		}
		write(e, idp.Tx.CreateUser, idp.User{ID: "v", Username: "bob"})
		refuse(e, idp.ErrConflict, idp.Tx.UpdateUser, idp.User{ID: "v", Username: "Ada"})
		refuse(e, idp.ErrConflict, idp.Tx.UpdateUser, idp.User{ID: "v", Username: "bob", Email: "ADA@example.com"})
		same(e, "user name after refused updates", read(e, idp.Tx.User, "v").Username, "bob")
	}},
	{"needs no e-mail address", func(e *env) {
		write(e, idp.Tx.CreateUser, idp.User{ID: "u", Username: "ada"})
		write(e, idp.Tx.CreateUser, idp.User{ID: "v", Username: "bob"})
	}},
	{"may have a recovery address that others have", func(e *env) {
		ada := e.user("ada")
		for _, u := range []idp.User{
			{ID: "v", Username: "bob", RecoveryEmail: ada.Email},
			{ID: "w", Username: "carol", RecoveryEmail: ada.Email},
		} {
			write(e, idp.Tx.CreateUser, u)
			same(e, "recovery address", read(e, idp.Tx.User, u.ID).RecoveryEmail, ada.Email)
		}
		same(e, "user of the address", read(e, idp.Tx.UserByLogin, ada.Email).ID, ada.ID)
	}},
	{"gives old logins free", func(e *env) {
		u := e.user("ada")
		u.Username, u.Email = "lovelace", "l@example.com"
		write(e, idp.Tx.UpdateUser, u)
		missing(e, idp.Tx.UserByLogin, "ada")
		missing(e, idp.Tx.UserByLogin, "ada@example.com")
		write(e, idp.Tx.CreateUser, idp.User{ID: "v", Username: "ada", Email: "ada@example.com"})
		write(e, idp.Tx.DeleteUser, "v")
		write(e, idp.Tx.CreateUser, idp.User{ID: "w", Username: "ada", Email: "ada@example.com"})
	}},
	{"is replaced but for its id and creation", func(e *env) {
		u := e.user("ada")
		next := idp.User{
			ID: u.ID, Username: "ADA", Email: "new@example.com", Name: "Ada", Admin: true,
			RecoveryEmail: "home@example.com", MustChangePassword: true,
			DisabledAt: u.CreatedAt, CreatedAt: u.CreatedAt.Add(time.Hour), UpdatedAt: u.CreatedAt.Add(time.Hour),
		}
		e.update(func(tx idp.Tx) error {
			next.UpdatedAt = tx.Now()
			return tx.UpdateUser(next)
		})
		next.CreatedAt = u.CreatedAt
		same(e, "User", read(e, idp.Tx.User, u.ID), next)
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.User, "nobody")
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateUser, idp.User{ID: "nobody", Username: "nobody"})
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteUser, "nobody")
	}},
	{"is listed by user name", userPages},
	{"is searched in any case", func(e *env) {
		write(e, idp.Tx.CreateUser, idp.User{ID: "1", Username: "ada", Email: "al@example.com", Name: "Ada Łoveläce"})
		write(e, idp.Tx.CreateUser, idp.User{ID: "2", Username: "bob", Email: "bob@100%.example"})
		for search, want := range map[string][]string{
			"":         {"ada", "bob"},
			"AD":       {"ada"},
			"AL@EX":    {"ada"},
			"ŁOVELÄ":   {"ada"},
			"example":  {"ada", "bob"},
			"100%":     {"bob"},
			"%":        {"bob"},
			"_":        nil,
			"nobody":   nil,
			"ada al@e": nil,
		} {
			same(e, "search for "+search, usernames(read(e, idp.Tx.Users, idp.UserFilter{Search: search})), want)
		}
	}},
	{"is counted", func(e *env) {
		for _, u := range []idp.User{
			{ID: "1", Username: "a", Admin: true},
			{ID: "2", Username: "b", Admin: true, DisabledAt: time.Now()},
			{ID: "3", Username: "c"},
		} {
			write(e, idp.Tx.CreateUser, u)
		}
		e.view(func(tx idp.Tx) error {
			users, admins, err := tx.CountUsers()
			if users != 3 || admins != 1 {
				e.Errorf("CountUsers = %d, %d, want 3, 1", users, admins)
			}
			return err
		})
	}},
	{"is erased with what is theirs", eraseUser},
}

func usernames(users []idp.User) []string {
	var names []string
	for _, u := range users {
		names = append(names, u.Username)
	}
	return names
}

func userPages(e *env) {
	e.update(func(tx idp.Tx) error {
		for _, name := range []string{"Zoe", "ada", "Bob", "carol", "dave"} {
			if err := tx.CreateUser(idp.User{ID: idp.UserID(name), Username: name}); err != nil {
				return err
			}
		}
		return nil
	})
	var got []string
	for {
		f := idp.UserFilter{Limit: 2}
		if len(got) > 0 {
			f.After = got[len(got)-1]
		}
		page := usernames(read(e, idp.Tx.Users, f))
		got = append(got, page...)
		if len(page) < 2 {
			break
		}
	}
	same(e, "users page by page", got, []string{"ada", "Bob", "carol", "dave", "Zoe"})
	err := e.db.View(e.Context(), func(tx idp.Tx) error {
		_, err := tx.Users(idp.UserFilter{Limit: 501})
		return err
	})
	if invalid, ok := errors.AsType[*idp.InvalidError](err); !ok || invalid.Field != "limit" {
		e.Errorf("Users with limit 501 = %v, want an InvalidError about the limit", err)
	}
}

func eraseUser(e *env) {
	u, app := e.user("ada"), e.application("crm")
	group := e.group("staff")
	session := e.session("sid", u.ID)
	e.update(func(tx idp.Tx) error { return tx.AddMember(group.ID, u.ID) })
	write(e, idp.Tx.PutCredential, idp.Credential{ID: "c", UserID: u.ID, Kind: idp.CredentialPassword,
		Secret: idp.NewSecret("hash")})
	write(e, idp.Tx.PutGrant, idp.Grant{ID: "g", UserID: u.ID, ApplicationID: app.ID})
	e.accessToken("access", app.ID, u.ID, session.ID)
	e.refreshToken("refresh", app.ID, u.ID, session.ID)
	device, ticket := fullDevice("device", u.ID), e.ticket("ticket", u.ID)
	write(e, idp.Tx.PutDevice, device)
	write(e, idp.Tx.PutThrottle, idp.Throttle{Key: "password/ada", Level: 1})
	e.signal(u.ID)
	write(e, idp.Tx.AppendAudit, idp.AuditEntry{Action: "user.create", ObjectKind: "user", ObjectID: string(u.ID)})

	write(e, idp.Tx.DeleteUser, u.ID)

	missing(e, idp.Tx.User, u.ID)
	missing(e, idp.Tx.Session, session.ID)
	missing(e, idp.Tx.AccessToken, "access")
	missing(e, idp.Tx.RefreshToken, idp.HashToken("refresh"))
	missing(e, idp.Tx.DeviceByToken, device.TokenHash)
	missing(e, idp.Tx.Ticket, ticket.Hash)
	same(e, "level of the throttle", read(e, idp.Tx.Throttle, "password/ada").Level, 1.0)
	same(e, "credentials", read(e, idp.Tx.Credentials, u.ID), []idp.Credential(nil))
	same(e, "grants", read(e, idp.Tx.GrantsOf, u.ID), []idp.Grant(nil))
	same(e, "members", read(e, idp.Tx.Members, group.ID), []idp.UserID(nil))
	signals := get(e, func(tx idp.Tx) ([]idp.Signal, error) { return tx.SignalsAbout(u.ID, 10) })
	audit := read(e, idp.Tx.AuditEntries, idp.AuditFilter{ObjectID: string(u.ID)})
	if len(signals) != 1 || len(audit) != 1 {
		e.Errorf("%d signals and %d audit entries about the user stay, want 1 and 1", len(signals), len(audit))
	}
}
