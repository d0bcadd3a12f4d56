// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/internal/web"
	"github.com/tocsin-id/tocsin/secevent"
)

// The passwords of the users.
const (
	adasPassword = "difference engine 2"
	bobsPassword = "bob's burgers 2011"
)

// world is the pages and the OpenID Provider on a loopback port, with two
// users and an application.
type world struct {
	t         *testing.T
	db        idp.DB
	passwords *identity.Passwords
	passkeys  *identity.Passkeys
	provider  *oidc.Provider
	site      *web.Site
	url       string
	log       *lines

	ada, bob idp.User
	atlas    idp.Application
}

// worldConfig is what differs between tests.
type worldConfig struct {
	// base is what the site thinks its URL is; empty is the real one.
	base string
	// noMails is a site that cannot send any.
	noMails bool
	// redirectURI is atlas's.
	redirectURI string
}

func newWorld(t *testing.T) *world { return newWorldWith(t, worldConfig{}) }

func newWorldWith(t *testing.T, c worldConfig) *world {
	t.Helper()
	w := &world{t: t, db: openDB(t), log: &lines{}}
	var err error
	if w.passwords, err = identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1}); err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	// Browsers give passkeys to names only, and treat this one as secure.
	w.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	if c.base == "" {
		c.base = w.url
	}
	base, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	w.provider = w.newProvider(w.url)
	w.passkeys, err = identity.NewPasskeys(identity.PasskeysConfig{
		RPID: "localhost", Origins: []string{w.url}, DisplayName: "Tocsin",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.site, err = web.New(web.Config{
		DB: w.db, Passwords: w.passwords, Passkeys: w.passkeys, OIDC: w.provider, Base: base, Mails: !c.noMails,
		RequestID: func(*http.Request) string { return "request-1" },
		Log:       slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.site.Mount(router)
	w.provider.Mount(router)
	router.NotFound(w.site.NotFound)

	w.ada = w.createUser("ada", "Ada Lovelace", adasPassword)
	w.bob = w.createUser("bob", "", bobsPassword)
	if c.redirectURI == "" {
		c.redirectURI = "https://atlas.example/callback"
	}
	w.atlas = w.createApplication("atlas", c.redirectURI)
	return w
}

func (w *world) newProvider(issuer string) *oidc.Provider {
	w.t.Helper()
	key, err := signing.Generate("web", secevent.ES256)
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx idp.Tx) error { return tx.CreateSigningKey(key) })
	base, err := url.Parse(issuer)
	if err != nil {
		w.t.Fatal(err)
	}
	provider, err := oidc.New(oidc.Config{
		DB: w.db, Keys: signing.New(signing.Config{DB: w.db}), SigningKey: key.ID, Base: base, AllowInsecure: true,
		SSFIssuer: func(slug string) string { return issuer + "/ssf/" + slug },
		ErrorPage: func(rw http.ResponseWriter, r *http.Request, e *oidc.Error) { w.site.ShowOIDCError(rw, r, e) },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return provider
}

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
	t.Cleanup(func() { db.Close() })
	return db
}

func (w *world) update(fn func(idp.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) createUser(username, name, password string) idp.User {
	w.t.Helper()
	hash, err := w.passwords.Hash(w.t.Context(), password)
	if err != nil {
		w.t.Fatal(err)
	}
	user := idp.User{Username: username, Name: name, Email: username + "@example.com"}
	w.update(func(tx idp.Tx) (err error) {
		user, err = identity.CreateUser(w.t.Context(), tx, idp.System(), user, hash, identity.Cause{})
		return err
	})
	return user
}

func (w *world) createApplication(slug, redirectURI string, groups ...idp.GroupID) idp.Application {
	w.t.Helper()
	app := idp.Application{
		ID: idp.NewID[idp.ApplicationID](), Slug: slug, Name: strings.ToUpper(slug[:1]) + slug[1:],
		LaunchURL: "https://" + slug + ".example/", Groups: groups,
	}
	client := idp.OIDCProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: app.Name, ClientID: slug,
		SecretHash: idp.HashToken(idp.NewToken()), AuthMethod: idp.AuthClientSecretBasic,
		RedirectURIs: []string{redirectURI}, Grants: []string{idp.GrantAuthorizationCode},
		AccessTokenLifetime: time.Hour, IDTokenLifetime: time.Hour, RefreshTokenLifetime: time.Hour,
	}
	w.update(func(tx idp.Tx) error {
		if err := tx.CreateApplication(app); err != nil {
			return err
		}
		return tx.CreateOIDCProvider(client)
	})
	return app
}

// sessions returns a user's live sessions.
func (w *world) sessions(user idp.User) []idp.Session {
	w.t.Helper()
	var sessions []idp.Session
	err := w.db.View(context.Background(), func(tx idp.Tx) (err error) {
		sessions, err = tx.SessionsOf(user.ID, true)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return sessions
}

// authorizeURL is an authorization request of an application. Pairs add
// parameters.
func (w *world) authorizeURL(clientID, redirectURI string, pairs ...string) string {
	query := url.Values{
		"client_id": {clientID}, "redirect_uri": {redirectURI}, "response_type": {"code"},
		"scope": {"openid email"}, "state": {"xyz"}, "code_challenge_method": {"S256"},
		// The challenge of RFC 7636 §B.
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
	}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return "/oauth2/authorize?" + query.Encode()
}

// browser has cookies and follows no redirect.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	// header is sent with each request.
	header http.Header
}

func (w *world) newBrowser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{t: w.t, base: w.url, header: http.Header{}, client: &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a browser in which the user is signed in.
func (w *world) signedIn(login, password string) *browser {
	w.t.Helper()
	b := w.newBrowser()
	if a := b.post("/sign-in", "login", login, "password", password); a.status != http.StatusSeeOther {
		w.t.Fatalf("sign-in of %s = %d, want 303:\n%s", login, a.status, a.body)
	}
	return b
}

// answer is what came back.
type answer struct {
	status   int
	header   http.Header
	location string
	body     string
	cookies  []*http.Cookie
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

// post sends a form, as a page of the site does.
func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (b *browser) do(method, path string, body io.Reader) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, response.Header.Get("Location"), string(text), response.Cookies()}
}

// cookie is the value of a cookie that the browser holds, or "".
func (b *browser) cookie(name string) string {
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// lines keeps a log.
type lines struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
