// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"log/slog"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// User is a person with an account.
type User struct {
	ID UserID
	// Username is unique regardless of case, 1 to 64 characters.
	Username string
	// Email is unique regardless of case, or empty.
	Email string
	// Name is what people call them, at most 200 characters.
	Name string
	// RecoveryEmail is where recovery links go instead of Email; empty uses
	// Email. It need not be unique.
	RecoveryEmail string
	// Admin lets the user administer everything.
	Admin bool
	// MustChangePassword makes the next sign-in end at the page for a new
	// password.
	MustChangePassword bool
	// DisabledAt is zero while the account works.
	DisabledAt time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Disabled reports whether the account is switched off.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// DisplayName is the name, or the user name where there is none.
func (u User) DisplayName() string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

// LogValue shows the id and user name, never the e-mail address.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(u.ID)), slog.String("username", u.Username))
}

var usernamePattern = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$`)

// Validate returns an *InvalidError for the first member that is wrong.
func (u User) Validate() error {
	if !usernamePattern.MatchString(u.Username) {
		return Invalid("username", "must be 1 to 64 letters, digits, dots, dashes or underscores, and begin and end with a letter or digit")
	}
	for _, e := range []struct{ field, value string }{{"email", u.Email}, {"recovery_email", u.RecoveryEmail}} {
		if e.value == "" {
			continue
		}
		if err := validateEmail(e.field, e.value); err != nil {
			return err
		}
	}
	if !utf8.ValidString(u.Name) || utf8.RuneCountInString(u.Name) > 200 {
		return Invalid("name", "must be at most 200 characters of UTF-8")
	}
	return nil
}

func validateEmail(field, s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsAny(s, "\r\n\"<> ") {
		return Invalid(field, "must be a plain address such as ada@example.com")
	}
	return nil
}

// Group is a named set of users. Applications name the groups that may use
// them.
type Group struct {
	ID GroupID
	// Name is unique regardless of case, 1 to 64 characters.
	Name      string
	CreatedAt time.Time
}

// Validate returns an *InvalidError for a bad name.
func (g Group) Validate() error {
	return validateName("name", g.Name, 64)
}

func validateName(field, s string, limit int) error {
	if strings.TrimSpace(s) != s || s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return Invalid(field, "must be 1 to %d characters without spaces at its ends", limit)
	}
	return nil
}

// UserFilter selects users, ordered by user name.
type UserFilter struct {
	// Search matches a part of the user name, e-mail address or name,
	// regardless of case. Empty matches all.
	Search string
	// After is the user name after which to begin; empty begins at the first.
	After string
	// Limit is how many to return, 1 to 500; zero means 50.
	Limit int
}
