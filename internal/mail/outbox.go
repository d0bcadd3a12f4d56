// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// OutboxPath is where development shows the mails.
const OutboxPath = "/dev/mail"

// shown is how many mails an Outbox shows.
const shown = 100

//go:embed outbox.html
var outboxHTML string

//go:embed outbox.css
var outboxCSS string

var outboxPage = template.Must(template.New("outbox").Parse(outboxHTML))

// Outbox shows the mails that wait, newest first, with their links. It is for
// development only: whoever sees it can recover any account.
type Outbox struct {
	db  idp.DB
	log *slog.Logger
	// csp allows the page's own style and nothing else.
	csp string
}

// NewOutbox returns an Outbox over the mails of db.
func NewOutbox(db idp.DB, log *slog.Logger) *Outbox {
	hash := sha256.Sum256([]byte(outboxCSS))
	return &Outbox{db: db, log: log, csp: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"}
}

// outboxMail is a mail as the page shows it.
type outboxMail struct {
	To, Subject string
	At          time.Time
	Pieces      []piece
}

// piece is a part of a text: words, or a link.
type piece struct {
	Text string
	Link bool
}

// ServeHTTP shows the page.
func (o *Outbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var waiting []idp.Mail
	err := o.db.View(r.Context(), func(tx idp.Tx) (err error) {
		waiting, err = tx.DueMails(shown)
		return err
	})
	if err != nil {
		o.log.ErrorContext(r.Context(), "mails cannot be read", "error", err)
		http.Error(w, "The mails cannot be read; the log says why.", http.StatusInternalServerError)
		return
	}
	slices.SortFunc(waiting, func(a, b idp.Mail) int { return int(b.ID - a.ID) })
	var page struct {
		Style template.CSS
		Mails []outboxMail
	}
	page.Style = template.CSS(outboxCSS)
	for _, m := range waiting {
		page.Mails = append(page.Mails, outboxMail{m.To, m.Subject, m.CreatedAt, pieces(m.Text.Reveal())})
	}
	var body bytes.Buffer
	if err := outboxPage.Execute(&body, page); err != nil {
		o.log.ErrorContext(r.Context(), "page of the mails", "error", err)
		http.Error(w, "The page cannot be made; the log says why.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", o.csp)
	h.Set("Cache-Control", "no-store")
	w.Write(body.Bytes())
}

// pieces finds the links of a text: what begins with http and goes on to the
// next space.
func pieces(text string) []piece {
	var out []piece
	words := ""
	for _, token := range strings.SplitAfter(text, " ") {
		for _, line := range strings.SplitAfter(token, "\n") {
			trimmed := strings.TrimRight(line, " \n")
			if !strings.HasPrefix(trimmed, "http://") && !strings.HasPrefix(trimmed, "https://") {
				words += line
				continue
			}
			out = append(out, piece{Text: words}, piece{Text: trimmed, Link: true})
			words = line[len(trimmed):]
		}
	}
	return append(out, piece{Text: words})
}
