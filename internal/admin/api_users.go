// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

type userJSON struct {
	ID       idp.UserID `json:"id" doc:"The sub of the user's ID tokens."`
	Username string     `json:"username"`
	Email    string     `json:"email,omitempty"`
	Name     string     `json:"name,omitempty"`
	// The recovery address is empty while recovery links go to Email.
	RecoveryEmail      string    `json:"recovery_email,omitempty"`
	Admin              bool      `json:"admin"`
	MustChangePassword bool      `json:"must_change_password" doc:"The next sign-in asks for a new password."`
	Disabled           bool      `json:"disabled"`
	DisabledAt         time.Time `json:"disabled_at,omitzero"`
	CreatedAt          time.Time `json:"created_at"`
	UpdatedAt          time.Time `json:"updated_at"`
}

func toUser(u idp.User) userJSON {
	return userJSON{
		u.ID, u.Username, u.Email, u.Name, u.RecoveryEmail, u.Admin, u.MustChangePassword,
		u.Disabled(), u.DisabledAt, u.CreatedAt, u.UpdatedAt,
	}
}

type newUserJSON struct {
	Username string `json:"username" example:"ada"`
	Email    string `json:"email,omitempty" example:"ada@example.com"`
	Name     string `json:"name,omitempty" example:"Ada Lovelace"`
	Admin    bool   `json:"admin,omitempty"`
	Password string `json:"password,omitempty" doc:"10 to 256 characters. Without it the user cannot sign in until one is set."`
}

type userPatchJSON struct {
	ReasonJSON
	Username *string `json:"username,omitempty"`
	Email    *string `json:"email,omitempty" doc:"Empty removes it."`
	Name     *string `json:"name,omitempty"`
	Admin    *bool   `json:"admin,omitempty"`
}

// ReasonJSON is why an admin does something. Like the other types that are
// embedded in a body it is exported, because the schema is made by reflection.
type ReasonJSON struct {
	ReasonAdmin string `json:"reason_admin,omitempty" maxLength:"500" doc:"For the audit log, and for the administrators of applications, in English."`
	ReasonUser  string `json:"reason_user,omitempty" maxLength:"500" doc:"Applications may show it to the user, in English."`
}

func (r ReasonJSON) reason() Reason { return Reason{Admin: r.ReasonAdmin, User: r.ReasonUser} }

// erasure is a request to delete: it has no body, so the reason is in the
// query.
type erasure struct {
	ID          string `path:"id" maxLength:"64"`
	ReasonAdmin string `query:"reason_admin" maxLength:"500"`
	ReasonUser  string `query:"reason_user" maxLength:"500"`
}

type userList struct {
	Search string `query:"search" maxLength:"200" doc:"A part of the user name, e-mail address or name."`
	Cursor string `query:"cursor" maxLength:"128"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (a *API) userRoutes() {
	const users, user = "/users", "/users/{id}"
	view(a, operation(http.MethodGet, users, "users", "List users"), listUsers)
	serve(a, creates(operation(http.MethodPost, users, "users", "Create a user", http.StatusConflict)), a.createUser)
	serve(a, importOperation(), a.importUsers)
	view(a, operation(http.MethodGet, user, "users", "Get a user", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (userJSON, error) {
			u, err := User(ctx, tx, who, idp.UserID(in.ID))
			return toUser(u), err
		})
	change(a, operation(http.MethodPatch, user, "users", "Change a user", http.StatusNotFound, http.StatusConflict), patchUser)
	change(a, operation(http.MethodDelete, user, "users", "Delete a user", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *erasure) (nothing, error) {
			return nothing{}, DeleteUser(ctx, tx, who, idp.UserID(in.ID), Reason{in.ReasonAdmin, in.ReasonUser})
		})
	change(a, operation(http.MethodPost, user+"/disable", "users", "Disable a user and end their sessions", http.StatusNotFound, http.StatusConflict),
		accountVerb(DisableUser))
	change(a, operation(http.MethodPost, user+"/enable", "users", "Enable a user", http.StatusNotFound),
		accountVerb(EnableUser))
	serve(a, operation(http.MethodPost, user+"/password", "users", "Set or generate a password and end the sessions", http.StatusNotFound), a.resetPassword)
}

func listUsers(ctx context.Context, tx idp.Tx, who idp.Actor, in *userList) (page[userJSON], error) {
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return page[userJSON]{}, idp.Invalid("cursor", "must be a next_cursor")
	}
	users, err := Users(ctx, tx, who, idp.UserFilter{Search: in.Search, After: string(after), Limit: in.Limit})
	out := page[userJSON]{Items: convert(users, toUser)}
	if len(users) == in.Limit {
		out.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(users[len(users)-1].Username))
	}
	return out, err
}

func (a *API) createUser(ctx context.Context, who idp.Actor, in *withBody[newUserJSON]) (out userJSON, err error) {
	var hash idp.Secret
	if in.Body.Password != "" {
		if hash, err = a.cfg.Passwords.Hash(ctx, in.Body.Password); err != nil {
			return out, err
		}
	}
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		u, err := CreateUser(ctx, tx, who, idp.User{
			Username: in.Body.Username, Email: in.Body.Email, Name: in.Body.Name, Admin: in.Body.Admin,
		}, hash)
		out = toUser(u)
		return err
	})
	return out, err
}

func patchUser(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[userPatchJSON]) (userJSON, error) {
	u, err := User(ctx, tx, who, idp.UserID(in.ID))
	if err != nil {
		return userJSON{}, err
	}
	set(&u.Username, in.Body.Username)
	set(&u.Email, in.Body.Email)
	set(&u.Name, in.Body.Name)
	set(&u.Admin, in.Body.Admin)
	u, err = UpdateUser(ctx, tx, who, u, in.Body.reason())
	return toUser(u), err
}

// accountVerb serves a verb that takes a user and a reason, and answers with
// the user.
func accountVerb(verb func(context.Context, idp.Tx, idp.Actor, idp.UserID, Reason) error) func(context.Context, idp.Tx, idp.Actor, *mayHave[ReasonJSON]) (userJSON, error) {
	return func(ctx context.Context, tx idp.Tx, who idp.Actor, in *mayHave[ReasonJSON]) (userJSON, error) {
		id := idp.UserID(in.ID)
		if err := verb(ctx, tx, who, id, in.body().reason()); err != nil {
			return userJSON{}, err
		}
		u, err := User(ctx, tx, who, id)
		return toUser(u), err
	}
}

type resetJSON struct {
	ReasonJSON
	Password string `json:"password,omitempty" doc:"10 to 256 characters. Without it one is made and returned."`
}

type passwordJSON struct {
	Password string `json:"password,omitempty" doc:"The password that was made; it is not shown again. Absent when the request had one."`
}

func (a *API) resetPassword(ctx context.Context, who idp.Actor, in *mayHave[resetJSON]) (passwordJSON, error) {
	var out passwordJSON
	password := in.body().Password
	if password == "" {
		password = idp.NewToken()[:24] // 144 random bits
		out.Password = password
	}
	hash, err := a.cfg.Passwords.Hash(ctx, password)
	if err != nil {
		return passwordJSON{}, err
	}
	return out, a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		return ResetPassword(ctx, tx, who, idp.UserID(in.ID), hash, in.body().reason())
	})
}
