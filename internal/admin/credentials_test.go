// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
)

// withoutMails replaces the API by one that sends no mails.
func (f *fixture) withoutMails(t *testing.T) {
	t.Helper()
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	f.api, err = admin.NewAPI(admin.Config{
		DB: f.db, Passwords: passwords, Keys: signing.New(signing.Config{DB: f.db}),
		Links: identity.Links{Base: "https://id.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) mails(t *testing.T) (waiting []idp.Mail) {
	t.Helper()
	f.update(t, func(tx idp.Tx) (err error) {
		waiting, err = tx.DueMails(10)
		return err
	})
	return waiting
}

// TestInviteLink: without a mail server an invitation is a link, which works.
func TestInviteLink(t *testing.T) {
	f := newFixture(t)
	f.withoutMails(t)
	path := f.expand("/api/v1/users/{user}/invite")
	if got := f.call(t, http.MethodPost, path, f.token, `{"by_mail":true}`); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.raw, "by_mail") {
		t.Errorf("invitation by mail without a mail server = %d %s, want 422", got.status, got.raw)
	}
	got := f.call(t, http.MethodPost, path, f.token, "")
	link, _ := got.body["link"].(string)
	u, err := url.Parse(link)
	if err != nil || u.Host != "id.example.com" || got.body["mailed_to"] != nil {
		t.Fatalf("invitation = %d %s, want a link", got.status, got.raw)
	}
	f.update(t, func(tx idp.Tx) error {
		ticket, user, err := identity.FindTicket(tx, u.Query().Get("ticket"))
		if string(user.ID) != f.ids["user"] || ticket.Kind != idp.TicketInvite {
			t.Errorf("FindTicket of the link = %+v of %s, want an invitation of ada", ticket, user.Username)
		}
		return err
	})
	if waiting := f.mails(t); len(waiting) != 0 {
		t.Errorf("%d mails wait, want none", len(waiting))
	}
}

func TestInviteByMail(t *testing.T) {
	f := newFixture(t)
	got := f.call(t, http.MethodPost, f.expand("/api/v1/users/{user}/invite"), f.token, "")
	waiting := f.mails(t)
	if len(waiting) != 1 || waiting[0].To != "ada@example.com" || strings.Contains(got.raw, "ticket=") {
		t.Errorf("invitation = %s with the mails %+v, want one to ada and no link", got.raw, waiting)
	}
	// Root has no address, so the default is a link.
	if got := f.call(t, http.MethodPost, f.expand("/api/v1/users/{root}/invite"), f.token, ""); got.body["link"] == nil {
		t.Errorf("invitation of a user without an address = %d %s, want a link", got.status, got.raw)
	}
}

// TestCredentials: a list tells no secret, and each kind can be removed with
// its own signal.
func TestCredentials(t *testing.T) {
	f := newFixture(t)
	path := f.expand("/api/v1/users/{user}/credentials")
	got := f.call(t, http.MethodGet, path, f.token, "")
	for _, secret := range []string{"no hash", "seed", "YQ=="} {
		if strings.Contains(got.raw, secret) {
			t.Errorf("the list tells the secret %q: %s", secret, got.raw)
		}
	}
	for _, want := range []string{`"kind":"password"`, `"name":"Phone"`, `"left":2`} {
		if !strings.Contains(got.raw, want) {
			t.Errorf("the list has no %s: %s", want, got.raw)
		}
	}
	for _, name := range []string{"password", "app", "codes"} {
		removed := f.call(t, http.MethodDelete, path+"/"+f.ids[name]+"?reason_admin=lost", f.token, "")
		if removed.status != http.StatusNoContent {
			t.Errorf("DELETE of the %s = %d %s", name, removed.status, removed.raw)
		}
		_, entry := f.entries(t)
		f.update(t, func(tx idp.Tx) error {
			signals, err := tx.SignalsOf(entry.Txn)
			if len(signals) != 1 || !strings.Contains(string(signals[0].Event), `"delete"`) || entry.Reason != "lost" {
				t.Errorf("removing the %s: %d signals share the txn of %+v, want one delete", name, len(signals), entry)
			}
			return err
		})
	}
	other := f.call(t, http.MethodDelete, f.expand("/api/v1/users/{root}/credentials/{app}"), f.token, "")
	if other.status != http.StatusNotFound {
		t.Errorf("DELETE of another user's credential = %d %s, want 404", other.status, other.raw)
	}
}

// TestAuditSearch finds one entry by each of the filters.
func TestAuditSearch(t *testing.T) {
	f := newFixture(t)
	f.call(t, http.MethodPost, f.expand("/api/v1/users/{user}/disable"), f.token, `{"reason_admin":"left the firm"}`)
	_, entry := f.entries(t)
	for query, want := range map[string]int{
		"action=user.disable": 1, "action=user.dis": 0, "txn=" + entry.Txn: 1, "search=LEFT+the": 1, "search=192.0.2.1&action=user.": 1,
		"actor_id=" + f.ids["mine"]: 1, "from=2999-01-01T00:00:00Z": 0, "until=2001-01-01T00:00:00Z": 0,
		"from=2001-01-01T00:00:00Z&until=2999-01-01T00:00:00Z&action=user.disable": 1,
	} {
		got := f.call(t, http.MethodGet, "/api/v1/audit-entries?"+query, f.token, "")
		items, _ := got.body["items"].([]any)
		if got.status != http.StatusOK || len(items) != want {
			t.Errorf("audit entries by %s = %d with %d items, want %d: %.300s", query, got.status, len(items), want, got.raw)
		}
	}
	signals := f.call(t, http.MethodGet, "/api/v1/changes/"+entry.Txn, f.token, "")
	if items, _ := signals.body["items"].([]any); len(items) != 2 || !strings.Contains(signals.raw, "account-disabled") {
		t.Errorf("signals of the change = %d %s, want two", signals.status, signals.raw)
	}
}
