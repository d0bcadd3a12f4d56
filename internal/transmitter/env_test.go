// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/risc"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

const base = "http://127.0.0.1:8080"

// The tokens of a test. Those of "other" belong to an application of its own.
const (
	manage      = "atlas-manage"
	read        = "atlas-read"
	noScope     = "atlas-openid"
	ofUser      = "atlas-user"
	otherManage = "other-manage"
	expired     = "atlas-expired"
)

// tokens stands in for the OpenID Provider.
type tokens map[string]idp.AccessToken

func (m tokens) Authenticate(_ context.Context, bearer string) (idp.AccessToken, error) {
	switch token, ok := m[bearer]; {
	case bearer == expired:
		return idp.AccessToken{}, fmt.Errorf("access token: %w", idp.ErrExpired)
	case !ok:
		return idp.AccessToken{}, fmt.Errorf("access token: %w", idp.ErrNotFound)
	default:
		return token, nil
	}
}

// env is a transmitter over a database of its own, with the provider "atlas"
// of the application "atlas" and the provider "other" of "other".
type env struct {
	t        testing.TB
	db       *sqlite.DB
	tx       *transmitter.Transmitter
	fan      *transmitter.FanOut
	handler  http.Handler
	server   *httptest.Server // nil in a synctest bubble
	keys     *signing.Keys
	signer   *signing.SETs
	provider idp.SSFProvider
	app      idp.Application
	group    idp.GroupID

	mu   sync.Mutex
	woke []idp.Delivery
}

// migrated is an empty database file with its schema: making the schema takes
// most of the time of a test.
var migrated []byte

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "transmitter")
	if err == nil {
		migrated, err = migrate(filepath.Join(dir, "tocsin.db"))
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func migrate(path string) ([]byte, error) {
	sealer, err := seal.Ephemeral()
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: path, Sealer: sealer})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// option changes what an env starts with.
type option func(*transmitter.Config, *idp.SSFProvider)

func newEnv(t testing.TB, options ...option) *env {
	t.Helper()
	e := newEnvInside(t, options...)
	e.server = httptest.NewServer(e.handler)
	t.Cleanup(e.server.Close)
	return e
}

// newEnvInside makes an env without a server, for a synctest bubble: a socket
// does not count as durably blocked.
func newEnvInside(t testing.TB, options ...option) *env {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tocsin.db")
	if err := os.WriteFile(path, migrated, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	key, err := generate("SSF")
	if err != nil {
		t.Fatal(err)
	}
	e := &env{t: t, db: db, keys: signing.New(signing.Config{DB: db}), group: idp.NewID[idp.GroupID]()}
	sets, err := signing.NewSETs(signing.SETsConfig{Keys: e.keys, BaseURL: base,
		JTIKey:    idp.NewSecret(base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef"))),
		LogoutKey: key.ID})
	if err != nil {
		t.Fatal(err)
	}
	e.signer = sets
	e.app = idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "atlas", Name: "Atlas"}
	other := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "other", Name: "Other"}
	e.provider = newProvider("atlas", e.app.ID, key.ID)
	cfg := transmitter.Config{DB: db, BaseURL: base, Keys: e.keys, SETs: sets, LongPoll: time.Minute, Wake: e.noteWake,
		Tokens: tokens{
			manage:      {ApplicationID: e.app.ID, ClientID: "atlas-client", Scopes: []string{"ssf.manage"}},
			read:        {ApplicationID: e.app.ID, ClientID: "atlas-client", Scopes: []string{"ssf.read"}},
			noScope:     {ApplicationID: e.app.ID, ClientID: "atlas-client", Scopes: []string{"openid"}},
			ofUser:      {ApplicationID: e.app.ID, ClientID: "atlas-client", UserID: "ada", Scopes: []string{"ssf.manage", "ssf.read"}},
			otherManage: {ApplicationID: other.ID, ClientID: "other-client", Scopes: []string{"ssf.manage", "ssf.read"}},
		}}
	for _, o := range options {
		o(&cfg, &e.provider)
	}
	e.update(func(tx idp.Tx) error {
		return errors.Join(
			tx.CreateSigningKey(key),
			tx.CreateGroup(idp.Group{ID: e.group, Name: "staff"}),
			tx.CreateApplication(e.app), tx.CreateApplication(other),
			tx.CreateOIDCProvider(newOIDC("atlas", e.app.ID)), tx.CreateOIDCProvider(newOIDC("other", other.ID)),
			tx.CreateSSFProvider(e.provider), tx.CreateSSFProvider(newProvider("other", other.ID, key.ID)),
			tx.CreateSSFProvider(newProvider("unassigned", "", key.ID)))
	})
	if e.tx, err = transmitter.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.tx.Close)
	e.fan = e.tx.FanOut()
	router := chi.NewRouter()
	e.tx.Mount(router)
	e.handler = router
	return e
}

func newProvider(slug string, app idp.ApplicationID, key idp.KeyID) idp.SSFProvider {
	return idp.SSFProvider{ID: idp.NewID[idp.ProviderID](), ApplicationID: app, Name: slug, Slug: slug,
		SigningKeyID: key, EventRetention: 24 * time.Hour, VerifyTLS: true,
		EventTypes: []secevent.EventType{caep.TypeSessionRevoked, caep.TypeCredentialChange,
			caep.TypeSessionEstablished, risc.TypeAccountDisabled, risc.TypeIdentifierChanged},
		DefaultSubjects: idp.SubjectsAll}
}

func newOIDC(slug string, app idp.ApplicationID) idp.OIDCProvider {
	return idp.OIDCProvider{ID: idp.NewID[idp.ProviderID](), ApplicationID: app, Name: slug, ClientID: slug + "-client",
		AuthMethod: idp.AuthClientSecretBasic, Grants: []string{idp.GrantClientCredentials}, SkipConsent: true,
		AccessTokenLifetime: time.Hour, IDTokenLifetime: time.Hour, RefreshTokenLifetime: time.Hour}
}

func (e *env) noteWake(ds []idp.Delivery) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.woke = append(e.woke, ds...)
}

func (e *env) update(fn func(idp.Tx) error) {
	e.t.Helper()
	if err := e.db.Update(e.t.Context(), fn); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) view(fn func(idp.Tx) error) {
	e.t.Helper()
	if err := e.db.View(e.t.Context(), fn); err != nil {
		e.t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// do sends a request. A body that is a string is sent as it is, anything else
// as JSON; a path is below the provider "atlas" unless it begins with a slash.
func (e *env) do(method, path, token string, body any) answer {
	e.t.Helper()
	return e.doContext(e.t.Context(), method, path, token, body)
}

func (e *env) doContext(ctx context.Context, method, path, token string, body any) answer {
	e.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/ssf/atlas/" + path
	}
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			e.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	origin := base
	if e.server != nil {
		origin = e.server.URL
	}
	req, err := http.NewRequestWithContext(ctx, method, origin+path, content)
	if err != nil {
		e.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return e.send(req)
}

func (e *env) send(req *http.Request) answer {
	e.t.Helper()
	if e.server == nil {
		if req.Body == nil {
			req.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, req)
		return answer{e.t, w.Code, w.Header(), w.Body.String()}
	}
	resp, err := e.server.Client().Do(req)
	if err != nil {
		e.t.Error(err)
		return answer{t: e.t}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Error(err)
	}
	return answer{e.t, resp.StatusCode, resp.Header, string(text)}
}

// want fails the test unless the answer has the status, and returns it.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status = %d, want %d; body %s", a.status, status, a.body)
	}
	return a
}

// wantError is want for an error whose description holds every word.
func (a answer) wantError(status int, words ...string) {
	a.t.Helper()
	a.want(status)
	var body struct{ Err, Description string }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Err == "" {
		a.t.Fatalf("body = %q, want JSON with err and description", a.body)
	}
	for _, word := range words {
		if !strings.Contains(body.Err+" "+body.Description, word) {
			a.t.Errorf("error = %s: %s, want it to hold %q", body.Err, body.Description, word)
		}
	}
}

// decode reads the body as T.
func decode[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("body %q: %v", a.body, err)
	}
	return v
}

// create makes a stream and returns its configuration.
func (e *env) create(body any) ssf.Stream {
	e.t.Helper()
	return decode[ssf.Stream](e.do("POST", "streams", manage, body).want(http.StatusCreated))
}

func (e *env) createPoll() ssf.Stream {
	e.t.Helper()
	return e.create(object{})
}

func (e *env) createPush() ssf.Stream {
	e.t.Helper()
	return e.create(object{"delivery": object{"method": ssf.Push,
		"endpoint_url": "https://rp.example/push", "authorization_header": "Bearer s3cret"}})
}

// object is a JSON object.
type object map[string]any

// stored reads a stream from the database.
func (e *env) stored(id string) (s idp.Stream) {
	e.t.Helper()
	e.view(func(tx idp.Tx) (err error) {
		s, err = tx.Stream(idp.StreamID(id))
		return err
	})
	return s
}

// signal records a signal about a user; the event is valid for any type.
func (e *env) signal(typ secevent.EventType, p idp.Principal) idp.Signal {
	e.t.Helper()
	s := idp.Signal{Txn: idp.NewID[string](), Type: typ, Event: json.RawMessage(`{"initiating_entity":"admin"}`), Principal: p}
	e.update(func(tx idp.Tx) error { return tx.AppendSignal(&s) })
	return s
}

// revoke records a session-revoked about a user and fans it out.
func (e *env) revoke(user string) {
	e.t.Helper()
	e.signal(caep.TypeSessionRevoked, idp.Principal{UserID: idp.UserID(user)})
	e.fanOut()
}

// fanOut fans out everything there is.
func (e *env) fanOut() {
	e.t.Helper()
	for {
		n, err := e.fan.Once(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// deliveries are all deliveries of a stream, settled or not.
func (e *env) deliveries(id string) (ds []idp.Delivery) {
	e.t.Helper()
	num := e.stored(id).Num
	e.view(func(tx idp.Tx) (err error) {
		ds, err = tx.DeliveriesAfter(num, 0, 10_000, false)
		return err
	})
	return ds
}

// poll polls at once and returns the SETs, decoded and verified.
func (e *env) poll(s ssf.Stream, body object) []*secevent.Token {
	e.t.Helper()
	sets, _ := e.pollMore(s, body)
	return sets
}

func (e *env) pollMore(s ssf.Stream, body object) ([]*secevent.Token, bool) {
	e.t.Helper()
	if body == nil {
		body = object{}
	}
	body["returnImmediately"] = true
	return e.sets(e.do("POST", pollPath(s), read, body).want(http.StatusOK))
}

// pollPath is the path of a stream's poll URL.
func pollPath(s ssf.Stream) string {
	return strings.TrimPrefix(s.Delivery.EndpointURL, base)
}

// sets verifies the SETs of a poll answer, in their order.
func (e *env) sets(a answer) ([]*secevent.Token, bool) {
	e.t.Helper()
	resp, err := ssf.ParsePollResponse([]byte(a.body))
	if err != nil {
		e.t.Fatalf("poll answer %q: %v", a.body, err)
	}
	jwks, err := e.keys.JWKS(e.t.Context(), e.provider.SigningKeyID)
	if err != nil {
		e.t.Fatal(err)
	}
	keys, err := secevent.ParseJWKS(jwks)
	if err != nil {
		e.t.Fatal(err)
	}
	verifier := secevent.Verifier{Issuer: base + "/ssf/atlas", Audience: secevent.Audience{"atlas-client"}, Keys: keys}
	var sets []*secevent.Token
	for _, set := range resp.Sets {
		token, err := verifier.Verify(e.t.Context(), set.Token)
		if err != nil {
			e.t.Fatalf("SET %s: %v", set.ID, err)
		}
		if token.ID != set.ID {
			e.t.Errorf("SET under the name %q has the jti %q", set.ID, token.ID)
		}
		sets = append(sets, token)
	}
	return sets, resp.MoreAvailable
}

// ids are the jti of SETs.
func ids(sets []*secevent.Token) []string {
	list := []string{}
	for _, set := range sets {
		list = append(list, set.ID)
	}
	return list
}

func (e *env) jti(d idp.Delivery) string { return e.signer.JTI(d.Stream, d.Seq) }

func generate(name string) (idp.SigningKey, error) { return signing.Generate(name, secevent.ES256) }
