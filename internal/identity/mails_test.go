// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

func links() identity.Links { return identity.Links{Base: "https://id.example.com"} }

var mailedLink = regexp.MustCompile(`https://id\.example\.com/(?:recover|welcome)\?ticket=([A-Za-z0-9_-]{43})`)

// mails returns those that wait, oldest first.
func mails(t *testing.T, tx idp.Tx) []idp.Mail {
	t.Helper()
	due, err := tx.DueMails(100)
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// mailedToken returns the token of the link in the newest mail with one.
func mailedToken(t *testing.T, tx idp.Tx) string {
	t.Helper()
	var token string
	for _, m := range mails(t, tx) {
		if found := mailedLink.FindStringSubmatch(m.Text.Reveal()); found != nil {
			token = found[1]
		}
	}
	if token == "" {
		t.Fatal("no mail with a link waits")
	}
	return token
}

// TestMails says who gets a mail.
func TestMails(t *testing.T) {
	for _, c := range []struct {
		name        string
		run         func(f *fixture, tx idp.Tx) error
		to, subject string
		holds       []string
	}{
		{"recovery", func(f *fixture, tx idp.Tx) error {
			return identity.StartRecovery(t.Context(), tx, f.user(), links(), " ADA ", identity.Cause{})
		}, "ada@example.com", "Choose a new password", []string{"Hello Ada,", "account ada", "/recover?ticket=", "one hour"}},
		{"recovery to the recovery address", func(f *fixture, tx idp.Tx) error {
			u := f.ada
			u.RecoveryEmail = "spare@example.org"
			if err := tx.UpdateUser(u); err != nil {
				return err
			}
			return identity.StartRecovery(t.Context(), tx, f.user(), links(), "ada", identity.Cause{})
		}, "spare@example.org", "Choose a new password", []string{"/recover?ticket="}},
		{"invitation", func(f *fixture, tx idp.Tx) error {
			return identity.Invite(t.Context(), tx, f.root(), links(), f.ada.ID, identity.Cause{})
		}, "ada@example.com", "You have an account", []string{"/welcome?ticket=", "seven days"}},
		{"new recovery address", func(f *fixture, tx idp.Tx) error {
			return identity.ChangeRecoveryEmail(t.Context(), tx, f.user(), f.ada.ID, "spare@example.org", identity.Cause{})
		}, "ada@example.com", "Your recovery address was changed", []string{"spare@example.org"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.update(t, func(tx idp.Tx) error { return c.run(f, tx) })
			f.update(t, func(tx idp.Tx) error {
				waiting := mails(t, tx)
				if len(waiting) != 1 || waiting[0].To != c.to || waiting[0].Subject != c.subject {
					t.Fatalf("mails = %+v, want one %q to %s", waiting, c.subject, c.to)
				}
				for _, part := range c.holds {
					if !strings.Contains(waiting[0].Text.Reveal(), part) {
						t.Errorf("mail = %q, want it to hold %q", waiting[0].Text.Reveal(), part)
					}
				}
				return nil
			})
		})
	}
}
