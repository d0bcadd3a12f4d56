// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
)

// PushConfig configures Push.
type PushConfig struct {
	// Inbox takes the SETs. Required.
	Inbox *Inbox

	// AuthorizationHeader is the whole value of the Authorization header
	// that a Transmitter has to send, the same as in the delivery of the
	// stream; "" demands none.
	AuthorizationHeader string

	// MaxBytes bounds a SET; 0 is 1 MiB.
	MaxBytes int64

	// Log gets one line for each SET that is not acknowledged; nil is none.
	Log *slog.Logger
}

// maxSET bounds a pushed SET unless configured otherwise.
const maxSET = 1 << 20

// Push is the http.Handler of a push endpoint (RFC 8935 §2). It answers 202
// when a SET was accepted, now or before; 400 with an error when the SET is to
// blame; 503 when it should be pushed again.
type Push struct {
	cfg PushConfig
}

// NewPush returns the handler.
func NewPush(cfg PushConfig) (*Push, error) {
	if err := require("push", map[string]bool{"Inbox": cfg.Inbox == nil}); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Push{cfg: cfg}, nil
}

// ServeHTTP takes one SET. What is cheap to check comes first, so that
// strangers cost little (RFC 8935 §5.4).
func (p *Push) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "a SET is delivered with POST", http.StatusMethodNotAllowed)
		return
	}
	if !p.authorized(r) {
		w.Header().Set("WWW-Authenticate", p.challenge())
		p.refuse(w, r, http.StatusUnauthorized, &secevent.Error{
			Code:        secevent.AuthenticationFailed,
			Description: "the Authorization header is not the one in the delivery of the stream",
		})
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/secevent+jwt" {
		http.Error(w, "the Content-Type of a SET is application/secevent+jwt", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, orElse(p.cfg.MaxBytes, maxSET)))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		http.Error(w, "the SET is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the SET could not be read", http.StatusBadRequest)
		return
	}
	// A Transmitter that hangs up has not heard of our answer and will push
	// again; that is no reason to stop halfway.
	err = p.cfg.Inbox.Accept(context.WithoutCancel(r.Context()), strings.TrimSpace(string(body)))
	p.answer(w, r, err)
}

func (p *Push) answer(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	var rejected *secevent.Error
	if errors.As(err, &rejected) {
		p.refuse(w, r, http.StatusBadRequest, rejected)
		return
	}
	p.cfg.Log.WarnContext(r.Context(), "SET left for a later push", "error", err)
	w.Header().Set("Retry-After", "5")
	http.Error(w, "the SET could not be processed now; push it again later", http.StatusServiceUnavailable)
}

// refuse answers with an error about the SET (RFC 8935 §2.3). Descriptions are
// in English, whatever the Transmitter would like better.
func (p *Push) refuse(w http.ResponseWriter, r *http.Request, status int, rejected *secevent.Error) {
	p.cfg.Log.WarnContext(r.Context(), "SET rejected", "code", rejected.Code, "error", rejected)
	body, err := json.Marshal(rejected)
	if err != nil {
		http.Error(w, "the SET was rejected", status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Language", "en")
	w.WriteHeader(status)
	// The Transmitter may be gone; there is nobody else to tell.
	_, _ = w.Write(body)
}

// authorized compares digests, so that neither the time nor the length tells
// how much of a guess was right.
func (p *Push) authorized(r *http.Request) bool {
	if p.cfg.AuthorizationHeader == "" {
		return true
	}
	want := sha256.Sum256([]byte(p.cfg.AuthorizationHeader))
	got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// challenge names the scheme that is expected (RFC 9110 §11.6.1).
func (p *Push) challenge() string {
	scheme, _, ok := strings.Cut(p.cfg.AuthorizationHeader, " ")
	if !ok {
		scheme = "Bearer"
	}
	return scheme + ` realm="push"`
}
