// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/app"
	"github.com/tocsin-id/tocsin/internal/browsertest"
)

// patience bounds waiting for what does not happen.
const patience = 3 * time.Minute

// complaint is a line of the log about what should not happen.
var complaint = regexp.MustCompile(`(?m)^\S+ (WRN|ERR) `)

// world is a running `tocsin dev`, known by its dev.json alone, and a browser.
type world struct {
	t       *testing.T
	http    *http.Client
	browser *browsertest.Browser
	// mayWarn allows warnings and errors in the program's log.
	mayWarn bool
	// ids are the users that were asked for, by name.
	ids map[string]string

	BaseURL    string `json:"base_url"`
	AdminToken string `json:"admin_token"`

	Users        []user        `json:"users"`
	Applications []application `json:"applications"`
	CAFile       string        `json:"ca_file"`
}

type user struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Name     string `json:"name"`
}

type application struct {
	Slug         string `json:"slug"`
	Name         string `json:"name"`
	URL          string `json:"url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	SSFIssuer    string `json:"ssf_issuer"`
}

// newWorld starts everything with a browser. It all ends with the test.
func newWorld(t *testing.T, secure bool) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the whole program with Chromium: left out by -short")
	}
	w := startDev(t, secure)
	w.browser = browsertest.Start(t, browsertest.Config{CA: w.authority()})
	return w
}

// startDev runs the program until the test ends, and waits until both
// applications have their streams. It may neither end with an error nor warn.
func startDev(t *testing.T, secure bool) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, ids: make(map[string]string)}
	ctx, stop := context.WithCancel(context.Background())
	ready, log, ended := newFirstWrite(), &logOf{}, make(chan error, 1)
	go func() {
		ended <- app.Dev(ctx, app.DevConfig{Listen: "localhost:0", Data: dir, TLS: secure, Out: ready, Err: log})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Dev() = %v, want nil after its context ended", err)
		}
		if complaint.MatchString(log.String()) && !w.mayWarn || t.Failed() {
			t.Errorf("the program's log:\n%s", log)
		}
	})
	select {
	case <-ready.written:
	case err := <-ended:
		ended <- nil // said here
		t.Fatalf("Dev() = %v before it served", err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err == nil {
		err = json.Unmarshal(raw, w)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots()}}}
	t.Cleanup(w.http.CloseIdleConnections)
	for _, a := range w.Applications {
		w.await(a.Name+" has its stream", func() bool { return w.state(a).Stream.Status == "enabled" })
	}
	return w
}

// authority is the certificate authority of ca_file, or nil.
func (w *world) authority() *x509.Certificate {
	w.t.Helper()
	if w.CAFile == "" {
		return nil
	}
	raw, err := os.ReadFile(w.CAFile)
	if err != nil {
		w.t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		w.t.Fatalf("%s holds no PEM", w.CAFile)
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		w.t.Fatal(err)
	}
	return ca
}

// roots are what the test's own HTTP client believes, and nothing else.
func (w *world) roots() *x509.CertPool {
	roots := x509.NewCertPool()
	if ca := w.authority(); ca != nil {
		roots.AddCert(ca)
	}
	return roots
}

func (w *world) application(slug string) application {
	w.t.Helper()
	for _, a := range w.Applications {
		if a.Slug == slug {
			return a
		}
	}
	w.t.Fatalf("dev.json has no application %s", slug)
	return application{}
}

func (w *world) user(username string) user {
	w.t.Helper()
	for _, u := range w.Users {
		if u.Username == username {
			return u
		}
	}
	w.t.Fatalf("dev.json has no user %s", username)
	return user{}
}

// state is an application's state for scripts.
type state struct {
	Stream struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	} `json:"stream"`
	Sessions []struct {
		SID     string `json:"sid"`
		Subject string `json:"sub"`
	} `json:"sessions"`
	Received []struct {
		ID      string `json:"jti"`
		Type    string `json:"type"`
		AfterMS int64  `json:"after_ms"`
		// Claims is the whole SET.
		Claims json.RawMessage `json:"claims"`
	} `json:"received"`
}

func (w *world) state(a application) (s state) {
	w.t.Helper()
	w.request(http.MethodGet, a.URL+"/state", nil, "", &s)
	return s
}

// api calls the admin API with the token of dev.json.
func (w *world) api(method, path string, in, out any) {
	w.t.Helper()
	w.request(method, w.BaseURL+"/api/v1"+path, in, w.AdminToken, out)
}

// userID asks the admin API for a user's ID, once: they may be deleted later.
func (w *world) userID(username string) string {
	w.t.Helper()
	if id := w.ids[username]; id != "" {
		return id
	}
	var users struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	w.api(http.MethodGet, "/users?search="+username, nil, &users)
	if len(users.Items) != 1 {
		w.t.Fatalf("GET /users?search=%s = %+v, want one user", username, users)
	}
	w.ids[username] = users.Items[0].ID
	return w.ids[username]
}

// request sends and receives JSON. Anything but a 2xx fails the test.
func (w *world) request(method, url string, in any, token string, out any) {
	w.t.Helper()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, url, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s = %d %s, %v", method, url, answer.StatusCode, text, err)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(text, out); err != nil {
		w.t.Fatalf("%s %s = %s: %v", method, url, text, err)
	}
}

// await waits until a condition holds that no browser shows.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	for !holds() {
		select {
		case <-again.C:
		case <-late:
			w.t.Fatalf("%s: not after %v", what, patience)
		}
	}
}

// firstWrite tells when something was written.
type firstWrite struct {
	once    sync.Once
	written chan struct{}
}

func newFirstWrite() *firstWrite { return &firstWrite{written: make(chan struct{})} }

func (f *firstWrite) Write(p []byte) (int, error) {
	f.once.Do(func() { close(f.written) })
	return len(p), nil
}

// logOf keeps what is written, from any goroutine.
type logOf struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (l *logOf) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logOf) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
