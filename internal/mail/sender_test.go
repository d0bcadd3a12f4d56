// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	netmail "net/mail"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/sqlite"
)

const text = "Open this link:\n\nhttps://id.example.com/recover?token=open-sesame\n"

func openDB(t *testing.T) idp.DB {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// post appends a mail that waits for the given time already.
func post(t *testing.T, db idp.DB, to string, waits time.Duration, tries int) {
	t.Helper()
	err := db.Update(t.Context(), func(tx idp.Tx) error {
		return tx.AppendMail(idp.Mail{To: to, Subject: "Recover your account", Text: idp.NewSecret(text),
			CreatedAt: tx.Now().Add(-waits), NextAt: tx.Now(), Tries: tries})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// waiting returns the mails that are due at once.
func waiting(t *testing.T, db idp.DB) (due []idp.Mail) {
	t.Helper()
	err := db.View(t.Context(), func(tx idp.Tx) (err error) {
		due, err = tx.DueMails(10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// bench is a sender with what it logs and what it stores.
type bench struct {
	*mail.Sender
	db  *recordingDB
	log bytes.Buffer
}

// recordingDB keeps the mails that were settled.
type recordingDB struct {
	idp.DB
	settled []idp.Mail
}

type recordingTx struct {
	idp.Tx
	db *recordingDB
}

func (db *recordingDB) Update(ctx context.Context, fn func(idp.Tx) error) error {
	return db.DB.Update(ctx, func(tx idp.Tx) error { return fn(recordingTx{tx, db}) })
}

func (tx recordingTx) UpdateMail(m idp.Mail) error {
	tx.db.settled = append(tx.db.settled, m)
	return tx.Tx.UpdateMail(m)
}

func newBench(t *testing.T, server mail.Server) *bench {
	t.Helper()
	b := &bench{db: &recordingDB{DB: openDB(t)}}
	var err error
	b.Sender, err = mail.New(mail.Config{DB: b.db, Server: server, Log: slog.New(slog.NewTextHandler(&b.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) sendDue(t *testing.T, want int) {
	t.Helper()
	if n, err := b.SendDue(t.Context()); n != want || err != nil {
		t.Errorf("SendDue() = %d, %v, want %d", n, err, want)
	}
	if log := b.log.String(); strings.Contains(log, "sesame") || strings.Contains(log, "ada@") {
		t.Errorf("the log holds the text or the address: %s", log)
	}
	if lines := strings.Count(b.log.String(), "\n"); lines != want {
		t.Errorf("%d lines logged, want %d: %s", lines, want, b.log.String())
	}
}

func TestSend(t *testing.T) {
	for _, security := range []mail.Security{mail.StartTLS, mail.TLS, mail.Plain} {
		t.Run(string(security), func(t *testing.T) {
			smtp := startSMTP(t, security)
			if security != mail.Plain {
				smtp.demand("tocsin", "mail password")
			}
			b := newBench(t, smtp.server())
			post(t, b.db, "ada@example.com", 0, 0)
			post(t, b.db, "bob@example.com", 0, 0)
			b.sendDue(t, 2)
			if n := smtp.dialled(); n != 1 {
				t.Errorf("%d connections for two mails, want 1", n)
			}
			checkLetter(t, <-smtp.got, "ada@example.com")
			checkLetter(t, <-smtp.got, "bob@example.com")
			b.log.Reset()
			b.sendDue(t, 0)
			if m := b.db.settled[0]; m.SentAt.IsZero() || m.Tries != 0 {
				t.Errorf("settled = %+v, want it sent", m)
			}
		})
	}
}

func checkLetter(t *testing.T, l letter, to string) {
	t.Helper()
	if !strings.Contains(l.from, "<tocsin@id.example.com>") || !strings.Contains(l.to, "<"+to+">") {
		t.Errorf("envelope from %s to %s, want <tocsin@id.example.com> and <%s>", l.from, l.to, to)
	}
	msg, err := netmail.ReadMessage(strings.NewReader(l.data))
	if err != nil {
		t.Fatalf("ReadMessage(%q) = %v", l.data, err)
	}
	for name, want := range map[string]string{
		"From": `"Tocsin" <tocsin@id.example.com>`, "To": "<" + to + ">",
		"Subject": "Recover your account", "Auto-Submitted": "auto-generated",
	} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := msg.Header.Get("Message-Id"); !strings.HasSuffix(id, "@id.example.com>") {
		t.Errorf("Message-ID %q, want one of the sender's domain", id)
	}
	if !strings.Contains(l.data, "open-sesame") {
		t.Errorf("the letter has not its text: %q", l.data)
	}
}

// TestRefusals: what the server says decides whether it is asked again.
func TestRefusals(t *testing.T) {
	const soon = 30 * time.Second
	for _, tt := range []struct {
		name, command, reply string
		waits                time.Duration
		tries                int
		next                 time.Duration
		givenUp              bool
		says                 string
	}{
		{"busy", "RCPT", "450 4.2.0 greylisted", 0, 0, soon, false, "greylisted"},
		{"busy twice", "RCPT", "450 4.2.0 greylisted", 0, 1, 2 * soon, false, "greylisted"},
		{"busy for long", "RCPT", "450 4.2.0 greylisted", 24 * time.Hour, 40, time.Hour, false, "greylisted"},
		{"busy for two days", "RCPT", "450 4.2.0 greylisted", 48 * time.Hour, 60, time.Hour, true, "greylisted"},
		{"no such mailbox", "RCPT", "550 5.1.1 <ada@example.com> unknown", 0, 0, soon, true, "<[recipient]> unknown"},
		{"text refused", ".", "554 5.7.1 looks like spam", 0, 0, soon, true, "spam"},
		{"text not stored", ".", "452 4.3.1 disk full", 0, 0, soon, false, "disk full"},
		{"sender refused", "MAIL", "550 5.7.1 relaying denied", 0, 0, soon, false, "relaying"},
		{"long words", "RCPT", "450 4.2.0 " + strings.Repeat("x", 400), 0, 0, soon, false, "xxx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			smtp := startSMTP(t, mail.Plain)
			b := newBench(t, smtp.server())
			smtp.answer(tt.command, tt.reply)
			post(t, b.db, "ada@example.com", tt.waits, tt.tries)
			b.sendDue(t, 1)
			m := b.db.settled[0]
			if m.Tries != tt.tries+1 || !m.SentAt.IsZero() || m.GivenUpAt.IsZero() == tt.givenUp {
				t.Errorf("settled = %+v, want another try counted and given up %t", m, tt.givenUp)
			}
			if got := m.NextAt.Sub(m.CreatedAt.Add(tt.waits)); got < tt.next || got > tt.next+10*time.Second {
				t.Errorf("next attempt after %v, want %v", got, tt.next)
			}
			if !strings.Contains(m.Err, tt.says) || len(m.Err) > 300 || strings.Contains(m.Err, "ada@") {
				t.Errorf("err = %q, want at most 300 bytes with %q and without the address", m.Err, tt.says)
			}
			if left := waiting(t, b.db); len(left) != 0 {
				t.Errorf("%d mails are due at once, want none", len(left))
			}
		})
	}
}

// TestOneIsRefused: the other mails of the connection are sent.
func TestOneIsRefused(t *testing.T) {
	smtp := startSMTP(t, mail.Plain)
	b := newBench(t, smtp.server())
	post(t, b.db, "no address", 0, 0)
	post(t, b.db, "bob@example.com", 0, 0)
	b.sendDue(t, 2)
	if l := <-smtp.got; !strings.Contains(l.to, "bob@example.com") {
		t.Errorf("sent to %s, want bob@example.com", l.to)
	}
	if m := b.db.settled[0]; m.GivenUpAt.IsZero() {
		t.Errorf("the mail to no address is settled as %+v, want it given up", m)
	}
}

// TestUnreachable: nothing is lost while the server cannot be reached or
// trusted.
func TestUnreachable(t *testing.T) {
	closed := startSMTP(t, mail.Plain)
	closed.ln.Close()
	noTLS := startSMTP(t, mail.Plain)
	demanding := noTLS.server()
	demanding.Security = mail.StartTLS
	untrusted := startSMTP(t, mail.TLS).server()
	untrusted.RootCAs = nil
	password := startSMTP(t, mail.TLS)
	password.demand("tocsin", "right")
	wrong := password.server()
	wrong.Password = idp.NewSecret("wrong one")
	for name, server := range map[string]mail.Server{
		"closed": closed.server(), "without STARTTLS": demanding, "unknown certificate": untrusted, "wrong password": wrong,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, server)
			post(t, b.db, "ada@example.com", 0, 0)
			b.sendDue(t, 1)
			if m := b.db.settled[0]; m.Tries != 1 || !m.GivenUpAt.IsZero() || m.Err == "" || strings.Contains(m.Err, "wrong one") {
				t.Errorf("settled = %+v, want it to wait", m)
			}
		})
	}
}

// TestRun sends a mail that comes while it runs, and stops.
func TestRun(t *testing.T) {
	smtp := startSMTP(t, mail.Plain)
	b := newBench(t, smtp.server())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	post(t, b.db, "ada@example.com", 0, 0)
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	checkLetter(t, <-smtp.got, "ada@example.com")
	stop()
	<-done
	if left := waiting(t, b.db); len(left) != 0 {
		t.Errorf("%d mails wait after the end, want none", len(left))
	}
}

// TestCutShort: the end of the program is no failure of the mail.
func TestCutShort(t *testing.T) {
	smtp := startSMTP(t, mail.Plain)
	b := newBench(t, smtp.server())
	post(t, b.db, "ada@example.com", 0, 0)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if n, err := b.SendDue(ctx); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("SendDue() after the end = %d, %v, want nothing done", n, err)
	}
	if left := waiting(t, b.db); len(left) != 1 || left[0].Tries != 0 {
		t.Errorf("waiting = %+v, want the mail untouched", left)
	}
}

func TestNewRefuses(t *testing.T) {
	good := mail.Server{Host: "mail.example.com", Port: 587, Security: mail.StartTLS, From: "tocsin@example.com"}
	for want, edit := range map[string]func(*mail.Server){
		"from": func(s *mail.Server) { s.From = "nobody" },
		"tls":  func(s *mail.Server) { s.Security = "ssl" },
		"user": func(s *mail.Server) { s.Security, s.User = mail.Plain, "tocsin" },
		"port": func(s *mail.Server) { s.Port = 70000 },
		"host": func(s *mail.Server) { s.Host = "" },
	} {
		server := good
		edit(&server)
		if _, err := mail.New(mail.Config{DB: openDB(t), Server: server}); err == nil || !strings.Contains(strings.ToLower(err.Error()), want) {
			t.Errorf("New with a bad %s = %v, want an error that names it", want, err)
		}
	}
	if _, err := mail.New(mail.Config{Server: good}); err == nil {
		t.Error("New without a database = nil error")
	}
}
