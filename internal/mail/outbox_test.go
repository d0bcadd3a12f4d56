// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
)

func outbox(t *testing.T, db idp.DB) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mail.NewOutbox(db, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, mail.OutboxPath, nil))
	return w
}

func TestOutbox(t *testing.T) {
	db := openDB(t)
	if body := outbox(t, db).Body.String(); !strings.Contains(body, "There are none yet") {
		t.Errorf("empty outbox = %s", body)
	}
	post(t, db, "ada@example.com", 0, 0)
	err := db.Update(t.Context(), func(tx idp.Tx) error {
		return tx.AppendMail(idp.Mail{To: "bob@example.com", Subject: "<b>Hello</b>",
			Text: idp.NewSecret("http://127.0.0.1:8080/invite?a=1&b=2 and javascript:alert(1)"), NextAt: tx.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	w := outbox(t, db)
	body := w.Body.String()
	for _, want := range []string{
		`<a href="https://id.example.com/recover?token=open-sesame">`,
		`<a href="http://127.0.0.1:8080/invite?a=1&amp;b=2">`,
		"&lt;b&gt;Hello", " and javascript:alert(1)</pre>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("outbox has no %q: %s", want, body)
		}
	}
	if strings.Index(body, "bob@") > strings.Index(body, "ada@") {
		t.Error("the oldest mail comes first, want the newest")
	}
	_, rest, _ := strings.Cut(body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	hash := sha256.Sum256([]byte(style))
	if csp := w.Header().Get("Content-Security-Policy"); style == "" || !strings.Contains(csp, base64.StdEncoding.EncodeToString(hash[:])) {
		t.Errorf("Content-Security-Policy = %q, want one that allows the style", csp)
	}
}

// closedDB answers nothing.
type closedDB struct{ idp.DB }

func (closedDB) View(context.Context, func(idp.Tx) error) error { return errors.New("secret path") }

func TestOutboxWithoutDatabase(t *testing.T) {
	if w := outbox(t, closedDB{}); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("outbox without a database = %d %s, want 500 without the cause", w.Code, w.Body)
	}
}
