// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed asset
var assets embed.FS

//go:embed page
var templates embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock":   func(t time.Time) string { return t.Local().Format("15:04:05.000") },
	"minute":  func(t time.Time) string { return t.Local().Format("15:04") },
	"instant": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"short":   shortType,
	"tail":    tail,
	"pretty":  pretty,
	"ms":      milliseconds,
}).ParseFS(templates, "page/*.html"))

// view is what the page shows.
type view struct {
	App      Config
	Visited  *Session
	SignedIn bool
	Sessions []Session
	Received []Received
	Stream   StreamState
}

func (a *App) view(r *http.Request) view {
	v := view{App: a.cfg, Sessions: a.sessions.all(), Received: a.feed.all(), Stream: a.State().Stream}
	if session, ok := a.visited(r); ok {
		v.Visited, v.SignedIn = &session, session.Live()
	}
	return v
}

func (a *App) serveHome(w http.ResponseWriter, r *http.Request) {
	a.render(w, http.StatusOK, "home.html", a.view(r))
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, assets, "asset/"+r.PathValue("file"))
}

// serveFragment is the part of the page that live updates replace.
func (a *App) serveFragment(w http.ResponseWriter, r *http.Request) {
	a.render(w, http.StatusOK, "state", a.view(r))
}

func (a *App) fail(w http.ResponseWriter, status int, text string) {
	a.render(w, status, "error.html", struct {
		App  Config
		Text string
	}{a.cfg, text})
}

func (a *App) render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		a.cfg.Log.Error("page not rendered", "page", name, "error", err)
		http.Error(w, "The page could not be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// How long a page may be told nothing, and how long it may take to be told:
// the server's own bound is for a whole answer, and this one does not end.
const (
	liveBeat  = 20 * time.Second
	liveWrite = 10 * time.Second
)

// serveLive tells the page, over server-sent events, that something changed.
func (a *App) serveLive(w http.ResponseWriter, r *http.Request) {
	changes, stop := a.feed.watch()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	control := http.NewResponseController(w)
	tell := func(text string) error {
		if err := control.SetWriteDeadline(time.Now().Add(liveWrite)); err != nil {
			return err
		}
		fmt.Fprint(w, text)
		return control.Flush()
	}
	for err := tell(": here\n\n"); err == nil; {
		select {
		case <-changes:
			err = tell("event: change\ndata: {}\n\n")
		case <-beat.C:
			err = tell(": still here\n\n")
		case <-a.closing:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// serveState is the page's content for scripts.
func (a *App) serveState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(a.State())
}

// shortType is the last part of an event type, which people know it by.
func shortType(uri string) string { return uri[strings.LastIndexByte(uri, '/')+1:] }

// tail is the end of an identifier, which tells it from others made at about
// the same time; the start of a UUID of version 7 does not.
func tail(id string) string {
	if len(id) <= 12 {
		return id
	}
	return "…" + id[len(id)-8:]
}

func pretty(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return b.String()
}

func milliseconds(ms int64) string {
	switch {
	case ms < 0:
		return "unknown"
	case ms < 10_000:
		return fmt.Sprintf("%d\u00a0ms", ms)
	}
	return (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}
