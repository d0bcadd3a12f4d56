// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

const userColumns = `id, username, email, name, recovery_email, admin, must_change_password,
	disabled_at, created_at, updated_at`

func scanUser(r row) (idp.User, error) {
	var u idp.User
	err := r.Scan(&u.ID, &u.Username, &u.Email, &u.Name, &u.RecoveryEmail, &u.Admin, &u.MustChangePassword,
		asTime{&u.DisabledAt}, asTime{&u.CreatedAt}, asTime{&u.UpdatedAt})
	return u, err
}

func (t *tx) CreateUser(u idp.User) error {
	err := t.insert("user "+u.Username, "users", userColumns+", search",
		u.ID, u.Username, u.Email, u.Name, u.RecoveryEmail, u.Admin, u.MustChangePassword, millis(u.DisabledAt),
		t.created(u.CreatedAt), t.created(u.UpdatedAt), searchText(u))
	if err != nil {
		return err
	}
	return t.putLogins(u)
}

// searchText is what the list of users is searched in.
func searchText(u idp.User) string {
	return fold(u.Username + "\n" + u.Email + "\n" + u.Name)
}

// putLogins reserves what the user signs in with. The table has one column for
// names and addresses, so its primary key finds every clash.
func (t *tx) putLogins(u idp.User) error {
	if _, err := t.exec("logins", `DELETE FROM logins WHERE user_id = ?`, u.ID); err != nil {
		return err
	}
	what := fmt.Sprintf("user name %q", u.Username)
	if err := t.insert(what, "logins", "login, user_id", fold(u.Username), u.ID); err != nil {
		return err
	}
	if u.Email == "" || fold(u.Email) == fold(u.Username) {
		return nil
	}
	what = fmt.Sprintf("e-mail address %q", u.Email)
	return t.insert(what, "logins", "login, user_id", fold(u.Email), u.ID)
}

func (t *tx) User(id idp.UserID) (idp.User, error) {
	return one(t, "user "+string(id), scanUser,
		`SELECT `+userColumns+` FROM users WHERE id = ?`, id)
}

// UserByLogin finds names and addresses in the one table that holds both.
func (t *tx) UserByLogin(login string) (idp.User, error) {
	return one(t, fmt.Sprintf("user %q", login), scanUser,
		`SELECT `+userColumns+` FROM users WHERE id = (SELECT user_id FROM logins WHERE login = ?)`,
		fold(login))
}

// Users compares and sorts in lower case as its index does. User names are
// ASCII, so SQL and Go agree on it.
func (t *tx) Users(f idp.UserFilter) ([]idp.User, error) {
	limit, err := pageSize(f.Limit)
	if err != nil {
		return nil, err
	}
	var w where
	if f.After != "" {
		w.and("lower(username) > ?", fold(f.After))
	}
	if f.Search != "" {
		w.and("instr(search, ?) > 0", fold(f.Search))
	}
	return many(t, "users", scanUser,
		`SELECT `+userColumns+` FROM users`+w.text()+` ORDER BY lower(username) LIMIT ?`,
		append(w.args, limit)...)
}

func (t *tx) CountUsers() (users, admins int, err error) {
	counts, err := one(t, "users", func(r row) ([2]int, error) {
		var n [2]int
		err := r.Scan(&n[0], &n[1])
		return n, err
	}, `SELECT count(*), count(CASE WHEN admin = 1 AND disabled_at IS NULL THEN 1 END) FROM users`)
	return counts[0], counts[1], err
}

func (t *tx) UpdateUser(u idp.User) error {
	err := t.update("user "+string(u.ID), "users",
		"username, email, name, recovery_email, admin, must_change_password, disabled_at, updated_at, search",
		u.Username, u.Email, u.Name, u.RecoveryEmail, u.Admin, u.MustChangePassword,
		millis(u.DisabledAt), millis(t.now), searchText(u), u.ID)
	if err != nil {
		return err
	}
	return t.putLogins(u)
}

// DeleteUser relies on the schema for what goes with the user. Signals and
// audit entries refer to nothing, and stay.
func (t *tx) DeleteUser(id idp.UserID) error {
	return t.remove("user "+string(id), `DELETE FROM users WHERE id = ?`, id)
}
