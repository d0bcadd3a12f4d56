// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

// world is a provider on a loopback port, with one user who is signed in and
// two applications.
type world struct {
	t        testing.TB
	db       idp.DB
	provider *oidc.Provider
	url      string
	// dir holds the database, log what the provider wrote.
	dir string
	log *syncBuffer

	user    idp.User
	session idp.Session
	// atlas has an SSF provider and asks for no consent; beacon has neither.
	atlas, beacon registration
}

// registration is an application as its developer knows it.
type registration struct {
	app    idp.Application
	client idp.OIDCProvider
	secret string
}

// callback is the redirect URI of the applications.
const callback = "https://rp.example/callback"

func newWorld(t testing.TB) *world { return newWorldWith(t, secevent.ES256) }

func newWorldWith(t testing.TB, alg secevent.Algorithm) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: new(syncBuffer)}
	w.db = openDB(t, w.dir)
	key, err := signing.Generate("oidc", alg)
	if err != nil {
		t.Fatal(err)
	}
	w.update(func(tx idp.Tx) error { return tx.CreateSigningKey(key) })

	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	base, _ := url.Parse(server.URL)
	w.provider, err = oidc.New(oidc.Config{
		DB: w.db, Keys: signing.New(signing.Config{DB: w.db}), SigningKey: key.ID,
		Base: base, AllowInsecure: true,
		SSFIssuer: func(slug string) string { return w.url + "/ssf/" + slug },
		Log:       slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = w.provider.Handler()

	w.user = idp.User{ID: idp.NewID[idp.UserID](), Username: "ada", Email: "ada@example.com", Name: "Ada Lovelace"}
	w.update(func(tx idp.Tx) error { return tx.CreateUser(w.user) })
	w.session = w.signIn(w.user.ID, time.Now().Add(-time.Minute))
	w.atlas = w.register("atlas", func(p *idp.OIDCProvider) { p.SkipConsent = true })
	w.beacon = w.register("beacon", nil)
	w.addSSFProvider(w.atlas, "atlas", key.ID)
	return w
}

// syncBuffer is a log that handlers write to at the same time.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func openDB(t testing.TB, dir string) idp.DB {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (w *world) update(fn func(idp.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(fn func(idp.Tx) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// signIn makes a session with the given auth_time.
func (w *world) signIn(user idp.UserID, at time.Time) idp.Session {
	w.t.Helper()
	s := idp.Session{
		ID: idp.NewID[idp.SessionID](), UserID: user, TokenHash: idp.HashToken(idp.NewToken()),
		CreatedAt: at, AuthTime: at, LastSeenAt: at, ExpiresAt: at.Add(24 * time.Hour),
		AMR: []string{"pwd"}, ACR: "urn:example:acr",
	}
	w.update(func(tx idp.Tx) error { return tx.CreateSession(s) })
	return s
}

func (w *world) register(slug string, change func(*idp.OIDCProvider)) registration {
	w.t.Helper()
	r := registration{secret: idp.NewToken()}
	r.app = idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: slug, Name: strings.ToUpper(slug[:1]) + slug[1:]}
	r.client = idp.OIDCProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: r.app.ID, Name: r.app.Name, ClientID: slug + "-client",
		SecretHash: idp.HashToken(r.secret), AuthMethod: idp.AuthClientSecretBasic,
		RedirectURIs:           []string{callback, "https://rp.example/with?fixed=1"},
		PostLogoutRedirectURIs: []string{"https://rp.example/bye", "https://rp.example/bye?fixed=1"},
		Grants:                 []string{idp.GrantAuthorizationCode, idp.GrantRefreshToken, idp.GrantClientCredentials},
		AccessTokenLifetime:    10 * time.Minute, IDTokenLifetime: time.Hour, RefreshTokenLifetime: 24 * time.Hour,
	}
	if change != nil {
		change(&r.client)
	}
	if err := r.client.Validate(); err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx idp.Tx) error {
		if err := tx.CreateApplication(r.app); err != nil {
			return err
		}
		return tx.CreateOIDCProvider(r.client)
	})
	return r
}

func (w *world) addSSFProvider(r registration, slug string, key idp.KeyID) {
	w.t.Helper()
	w.update(func(tx idp.Tx) error {
		return tx.CreateSSFProvider(idp.SSFProvider{
			ID: idp.NewID[idp.ProviderID](), ApplicationID: r.app.ID, Name: slug, Slug: slug, SigningKeyID: key,
			EventRetention: time.Hour, EventTypes: []secevent.EventType{"https://schemas.openid.net/secevent/caep/event-type/session-revoked"},
			DefaultSubjects: idp.SubjectsAll,
		})
	})
}

// verifier and challenge are one PKCE pair (RFC 7636 §B).
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// authorizeParams is a good authorization request of a client. Pairs of names
// and values replace parameters; an empty value takes one away.
func authorizeParams(r registration, pairs ...string) url.Values {
	params := url.Values{
		"client_id": {r.client.ClientID}, "redirect_uri": {callback}, "response_type": {"code"},
		"scope": {"openid profile email offline_access"}, "state": {"af0ifjsldkj"}, "nonce": {"n-0S6_WzA2Mj"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	return with(params, pairs...)
}

func with(params url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			params.Del(pairs[i])
			continue
		}
		params.Set(pairs[i], pairs[i+1])
	}
	return params
}

// answer is an HTTP response that was read.
type answer struct {
	status int
	header http.Header
	body   string
	// json is the body when it is an object.
	json map[string]any
}

func (a answer) location(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		t.Fatalf("status %d, Location %q, body %q: want a redirect", a.status, a.header.Get("Location"), a.body)
	}
	return u
}

func (a answer) errorCode() string {
	code, _ := a.json["error"].(string)
	return code
}

func (a answer) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// send does not follow redirects.
func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(body)}
	json.Unmarshal(body, &a.json)
	return a
}

func (w *world) get(path string, params url.Values) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "GET", w.url+path+"?"+params.Encode(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.send(r)
}

// post sends a form. A client with a secret authenticates with HTTP Basic.
func (w *world) post(path string, r registration, params url.Values) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), "POST", w.url+path, strings.NewReader(params.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.secret != "" {
		request.SetBasicAuth(url.QueryEscape(r.client.ClientID), url.QueryEscape(r.secret))
	}
	return w.send(request)
}

// request sends a good authorization request and returns its id.
func (w *world) request(r registration, pairs ...string) string {
	w.t.Helper()
	a := w.get("/oauth2/authorize", authorizeParams(r, pairs...))
	u := a.location(w.t)
	if u.Path != oidc.SignInPath || u.Query().Get("request") == "" {
		w.t.Fatalf("GET authorize = %d to %s, want the sign-in page", a.status, u)
	}
	return u.Query().Get("request")
}

// resume calls Resume and fails the test on an error.
func (w *world) resume(id string, session *idp.Session) oidc.Step {
	w.t.Helper()
	step, err := w.provider.Resume(w.t.Context(), id, session)
	if err != nil {
		w.t.Fatalf("Resume(%q) = %v", id, err)
	}
	return step
}

// code takes atlas through authorization and returns its code.
func (w *world) code(pairs ...string) string {
	w.t.Helper()
	step := w.resume(w.request(w.atlas, pairs...), &w.session)
	next, ok := step.(oidc.Continue)
	if !ok {
		w.t.Fatalf("Resume = %#v, want Continue", step)
	}
	return param(w.t, next.URL, "code")
}

func param(t testing.TB, raw, name string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil || u.Query().Get(name) == "" {
		t.Fatalf("%q has no %q", raw, name)
	}
	return u.Query().Get(name)
}

// codeForm is a good token request for a code.
func codeForm(code string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}, pairs...)
}

func refreshForm(token string, pairs ...string) url.Values {
	return with(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, pairs...)
}

// tokens takes atlas through the whole flow.
func (w *world) tokens(pairs ...string) answer {
	w.t.Helper()
	a := w.post("/oauth2/token", w.atlas, codeForm(w.code(pairs...)))
	if a.status != http.StatusOK {
		w.t.Fatalf("token endpoint = %d %s, want 200", a.status, a.body)
	}
	return a
}

// works reports whether an access token does.
func (w *world) works(token string) bool {
	w.t.Helper()
	_, err := w.provider.Authenticate(w.t.Context(), token)
	return err == nil
}

// wantError checks the answer to a client that was refused.
func wantError(t *testing.T, what string, a answer, status int, code oidc.Code) {
	t.Helper()
	if a.status != status || a.errorCode() != string(code) {
		t.Errorf("%s = %d %s, want %d %s", what, a.status, a.body, status, code)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: Cache-Control = %q, want no-store", what, a.header.Get("Cache-Control"))
	}
}
