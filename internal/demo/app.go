// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

// Config is what an application knows: its own address, the identity
// provider's, and its credentials.
type Config struct {
	// Name and Slug are how people and cookies call it.
	Name, Slug string
	// URL is its own address, without a slash at its end.
	URL string
	// Method is "push" or "poll".
	Method string
	// Issuer is the OpenID issuer, SSFIssuer that of its SSF provider.
	Issuer, SSFIssuer string
	// ClientID and ClientSecret are its credentials.
	ClientID, ClientSecret string
	// PushToken is what pushes have to carry, for the method push.
	PushToken string
	// HTTPClient trusts the identity provider's certificate. Required.
	HTTPClient *http.Client
	// Log gets a line when something goes wrong. Required.
	Log *slog.Logger
}

// App is one of the two applications.
type App struct {
	cfg      Config
	secure   bool
	sessions sessions
	feed     feed
	closing  chan struct{}
	// inbox and configuration belong to Run.
	inbox         *receiver.Inbox
	configuration *ssf.Stream

	// mu guards the members below, for the moments of reading and changing
	// them. They are set when the identity provider was reached.
	mu     sync.Mutex
	rp     *relyingParty
	push   http.Handler
	client *receiver.Client
	stream StreamState
}

// StreamState is what the application knows of its stream.
type StreamState struct {
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
	// Problem says why there is no stream yet.
	Problem string `json:"problem,omitempty"`
}

// State is everything that the page shows.
type State struct {
	Stream   StreamState `json:"stream"`
	Sessions []Session   `json:"sessions"`
	Received []Received  `json:"received"`
}

// New returns an application that serves pages at once, and everything else
// as soon as Run has reached the identity provider.
func New(cfg Config) *App {
	return &App{cfg: cfg, secure: strings.HasPrefix(cfg.URL, "https:"), closing: make(chan struct{})}
}

// State returns what the application received and did.
func (a *App) State() State {
	a.mu.Lock()
	stream := a.stream
	a.mu.Unlock()
	return State{Stream: stream, Sessions: a.sessions.all(), Received: a.feed.all()}
}

// Handler serves the application.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.serveHome)
	mux.HandleFunc("GET /fragment", a.serveFragment)
	mux.HandleFunc("GET /live", a.serveLive)
	mux.HandleFunc("GET /state", a.serveState)
	mux.HandleFunc("GET /sign-in", a.connected(a.serveSignIn))
	mux.HandleFunc("GET /callback", a.connected(a.serveCallback))
	mux.HandleFunc("POST /sign-out", a.connected(a.serveSignOut))
	mux.HandleFunc("POST /events", a.servePush)
	mux.HandleFunc("GET /asset/{file}", serveAsset)
	// Pushes are no browser's requests, so they pass; they carry a secret.
	protection := http.NewCrossOriginProtection()
	return secured(protection.Handler(mux))
}

// secured sets what keeps a page from being framed or made to run scripts.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// connected gives a handler what is known of the identity provider, and
// answers 503 until it was reached.
func (a *App) connected(next func(*relyingParty, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		rp := a.rp
		a.mu.Unlock()
		if rp == nil {
			a.fail(w, http.StatusServiceUnavailable, a.cfg.Name+" has not reached Tocsin yet. Please try again in a moment.")
			return
		}
		next(rp, w, r)
	}
}

// servePush hands pushed SETs to the receiver (RFC 8935 §2).
func (a *App) servePush(w http.ResponseWriter, r *http.Request) {
	if a.cfg.Method != "push" {
		http.NotFound(w, r)
		return
	}
	a.mu.Lock()
	push := a.push
	a.mu.Unlock()
	if push == nil {
		http.Error(w, "not connected yet", http.StatusServiceUnavailable)
		return
	}
	push.ServeHTTP(w, r)
}

// withClient makes the OpenID libraries use the application's HTTP client.
func (a *App) withClient(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, a.cfg.HTTPClient)
}

// Run connects to the identity provider, trying until it is there, and then
// receives SETs until ctx ends.
func (a *App) Run(ctx context.Context) {
	defer close(a.closing)
	for wait := 50 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		err := a.connect(ctx)
		if err == nil {
			a.receive(ctx)
			return
		}
		if ctx.Err() == nil {
			a.cfg.Log.Warn("not connected; trying again", "application", a.cfg.Slug, "error", err)
		}
		a.setStream(StreamState{Problem: "not connected: " + err.Error()})
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func (a *App) setStream(s StreamState) {
	a.mu.Lock()
	a.stream = s
	a.mu.Unlock()
	a.feed.changed()
}

// learnStatus asks for the stream's status, in the background: SETs are
// acknowledged meanwhile.
func (a *App) learnStatus() {
	a.mu.Lock()
	id, client := a.stream.ID, a.client
	a.mu.Unlock()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		status, err := client.Status(ctx, id)
		if err != nil {
			a.cfg.Log.Warn("stream status not learned", "application", a.cfg.Slug, "error", err)
			return
		}
		a.setStream(StreamState{ID: id, Status: string(status.Status)})
	}()
}
