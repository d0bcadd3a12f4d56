// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/tocsin-id/tocsin/internal/dbtest"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

// version3 is what a database of the first release holds: a user with a
// password, a stream of an SSF provider with a delivery that was acknowledged
// and one that waits, and an audit entry.
const version3 = `
INSERT INTO users VALUES ('ada', 'ada', 'ada@example.com', 'Ada', 'ada', 1, NULL, 1000, 2000);
INSERT INTO logins VALUES ('ada', 'ada');
INSERT INTO credentials VALUES ('c', 'ada', 'password', '', x'5345414c4544', 1000, 2000);
INSERT INTO audit VALUES (7, 1000, 'user', 'ada', 'Ada', '192.0.2.1', '', '', 'user.update', 'user', 'ada', 'Ada', 'Asked', 'ok', 't');
INSERT INTO applications VALUES ('a', 'crm', 'CRM', '', '', 1000, 2000);
INSERT INTO oidc_providers VALUES ('o', 'a', 'CRM', 'client', NULL, 'none', NULL, '[]', '[]', '[]', 1, 1, 1, 0, 1000, 2000);
INSERT INTO signing_keys VALUES ('k', 'k', 'ES256', 1000);
INSERT INTO ssf_providers VALUES ('p', 'a', 'CRM', 'crm', 'k', 1000, 1, 0, 0, '["e"]', 'ALL', '[]', 1000, 2000);
INSERT INTO streams VALUES (5, 'push', 'p', 'a', '["x"]', NULL, '', 'urn:ietf:rfc:8935', 'https://x.example', NULL,
  'enabled', '', 'application', 'ALL', 0, 1000, NULL, 1000, 2000);
INSERT INTO streams VALUES (6, 'poll', 'p', 'a', '["x"]', NULL, '', 'urn:ietf:rfc:8936', '', NULL,
  'paused', '', 'application', 'ALL', 0, 1000, NULL, 1000, 2000);
INSERT INTO positions VALUES (5, 2, 1, x''), (6, 0, 0, x'');
INSERT INTO signals VALUES (9, 1000, 't', 'e', '{}', 'ada', 'ada@example.com', NULL, '[]', NULL, 0);
INSERT INTO payloads VALUES (3, 9, zeroblob(32), '{}');
INSERT INTO deliveries VALUES (5, 1, 3, 0, 1, 0, 9000), (5, 2, 3, 0, 1, 0, 9000);
INSERT INTO attempts VALUES (1, 5, 1, 1, 3000, 5, 'acknowledged', 202, '', '');
UPDATE fan_out_position SET signal_id = 9;
`

// oldDatabase makes a file as the first release left it.
func oldDatabase(t *testing.T) sqlite.Config {
	t.Helper()
	cfg := config(t)
	db, err := sql.Open("sqlite", cfg.Path+"?_pragma=foreign_keys(ON)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migration"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(version3, ";\n") {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return cfg
}

// plain is a sealer that seals nothing, to read what version3 wrote by hand.
type plain struct{}

func (plain) Seal(plaintext, _ []byte) ([]byte, error) { return bytes.Clone(plaintext), nil }
func (plain) Open(sealed, _ []byte) ([]byte, error)    { return bytes.Clone(sealed), nil }

func TestMigrate(t *testing.T) {
	cfg := oldDatabase(t)
	cfg.Sealer = plain{}
	db := open(t, cfg)
	dbtest.CheckInvariants(t, db)
	for name, check := range map[string]func(idp.Tx) error{
		"keeps users and credentials": keepsUsers,
		"keeps streams":               keepsStreams,
		"keeps deliveries":            keepsDeliveries,
		"finds old audit entries":     findsAudit,
	} {
		t.Run(name, func(t *testing.T) {
			if err := db.View(t.Context(), check); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("lets streams of both kinds be made and go", func(t *testing.T) { streamsGo(t, db) })
}

func keepsUsers(tx idp.Tx) error {
	u, err := tx.User("ada")
	if err != nil {
		return err
	}
	if u.RecoveryEmail != "" || u.MustChangePassword || !u.Admin || u.UpdatedAt != time.UnixMilli(2000).UTC() {
		return fmt.Errorf("User = %+v, want it as it was, without the new members", u)
	}
	c, err := tx.Credential("c")
	if err != nil {
		return err
	}
	if c.Secret.Reveal() != "SEALED" || c.Data != nil || !c.UsedAt.IsZero() {
		return fmt.Errorf("Credential = %+v, want it as it was, never used", c)
	}
	return nil
}

func keepsStreams(tx idp.Tx) error {
	streams, err := tx.Streams(idp.StreamFilter{ProviderID: "p"})
	if err != nil {
		return err
	}
	if len(streams) != 2 || streams[0].Num != 5 || streams[0].Method != idp.Push ||
		streams[1].Method != idp.Poll || streams[1].ProviderID != "p" || streams[1].Status != idp.StreamPaused {
		return fmt.Errorf("Streams = %+v, want those that were there", streams)
	}
	p, err := tx.SSFProvider("p")
	if p.SubjectFormat != "" || p.HoldBack != nil || p.TellTimeouts {
		return fmt.Errorf("SSFProvider = %+v, want no rules", p)
	}
	return err
}

func keepsDeliveries(tx idp.Tx) error {
	ds, err := tx.DeliveriesAfter(5, 0, 10, false)
	if err != nil {
		return err
	}
	if len(ds) != 2 || string(ds[1].Payload) != "{}" {
		return fmt.Errorf("DeliveriesAfter = %+v, want the two that were there", ds)
	}
	rs, err := tx.Receipts(9)
	if err != nil {
		return err
	}
	if len(rs) != 2 || !rs[0].Settled || rs[0].Outcome != idp.Acknowledged || rs[1].Settled {
		return fmt.Errorf("Receipts = %+v, want the first acknowledged and the second waiting", rs)
	}
	signals, err := tx.SignalsOf("t")
	if len(signals) != 1 || signals[0].Cause != "" {
		return fmt.Errorf("SignalsOf = %+v, want one without a cause", signals)
	}
	return err
}

func findsAudit(tx idp.Tx) error {
	for _, search := range []string{"ASKED", "192.0.2.1"} {
		found, err := tx.AuditEntries(idp.AuditFilter{Search: search, Txn: "t", Action: "user."})
		if err != nil || len(found) != 1 || found[0].ID != 7 {
			return fmt.Errorf("AuditEntries with %q = %v, %w, want the entry", search, found, err)
		}
	}
	return nil
}

// streamsGo deletes providers, and expects their streams to go along.
func streamsGo(t *testing.T, db idp.DB) {
	var made idp.Stream
	update(t, db, func(tx idp.Tx) (err error) {
		made, err = tx.CreateStream(idp.Stream{ID: "logout", ProviderID: "o", ApplicationID: "a", Method: idp.Logout,
			Status: idp.StreamEnabled, DefaultSubjects: idp.SubjectsAll})
		return err
	})
	if made.Num <= 6 {
		t.Errorf("Num = %d, want one that no stream had", made.Num)
	}
	update(t, db, func(tx idp.Tx) error { return tx.DeleteOIDCProvider("o") })
	update(t, db, func(tx idp.Tx) error { return tx.DeleteSSFProvider("p") })
	err := db.View(t.Context(), func(tx idp.Tx) error {
		streams, err := tx.Streams(idp.StreamFilter{})
		if len(streams) != 0 {
			t.Errorf("Streams = %v, want none", streams)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
