// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"log/slog"
	"net/url"
	"regexp"
	"time"
)

// Application is what a user opens. It has at most one main OIDC provider and
// any number of backchannel providers.
type Application struct {
	ID ApplicationID
	// Slug names it in URLs and scripts: unique, 1 to 63 characters of a-z,
	// 0-9 and dashes.
	Slug string
	Name string
	// Icon is the http or https URL of an image; empty shows
	// the first letter of the name.
	Icon string
	// LaunchURL is where the portal sends a user; empty hides the application.
	LaunchURL string
	// Policy is what a user has to prove to use the application.
	Policy SignInPolicy
	// Groups may use the application. None means that every user may.
	Groups    []GroupID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SignInPolicy says what a user has to prove.
type SignInPolicy string

// The policies. The zero value is PolicyAny.
const (
	// PolicyAny takes a password or a passkey.
	PolicyAny SignInPolicy = ""
	// PolicyFactor takes a password with any second factor, or a passkey that
	// verified its user.
	PolicyFactor SignInPolicy = "factor"
	// PolicyPasskey takes a passkey that verified its user.
	PolicyPasskey SignInPolicy = "passkey"
)

// Admits reports whether a member of the given groups may use the application.
func (a Application) Admits(groups []GroupID) bool {
	if len(a.Groups) == 0 {
		return true
	}
	for _, g := range groups {
		for _, allowed := range a.Groups {
			if g == allowed {
				return true
			}
		}
	}
	return false
}

// LogValue shows id and slug.
func (a Application) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(a.ID)), slog.String("slug", a.Slug))
}

var slugPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidateSlug returns an *InvalidError unless s is a slug.
func ValidateSlug(field, s string) error {
	if !slugPattern.MatchString(s) {
		return Invalid(field, "must be 1 to 63 characters of a-z, 0-9 and dashes, and begin and end with a letter or digit")
	}
	return nil
}

// Validate returns an *InvalidError for the first member that is wrong.
func (a Application) Validate() error {
	if err := ValidateSlug("slug", a.Slug); err != nil {
		return err
	}
	if err := validateName("name", a.Name, 100); err != nil {
		return err
	}
	if a.Policy != PolicyAny && a.Policy != PolicyFactor && a.Policy != PolicyPasskey {
		return Invalid("policy", "must be empty, factor or passkey")
	}
	for _, f := range []struct{ field, value string }{{"icon", a.Icon}, {"launch_url", a.LaunchURL}} {
		if f.value == "" {
			continue
		}
		u, err := url.Parse(f.value)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || len(f.value) > 2048 {
			return Invalid(f.field, "must be an absolute http or https URL")
		}
	}
	return nil
}
