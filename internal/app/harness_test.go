// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/app"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

// callback is where the applications of a program get their codes.
const callback = "https://application.example/callback"

// program is the whole program on a loopback port, as a stranger to package
// app sees it: applications atlas and beacon, each with an OIDC and an SSF
// provider, an admin and a user, ada.
type program struct {
	*testing.T
	db  idp.DB
	app *app.App
	url string
	log *logOf
	// client follows no redirects.
	client *http.Client

	key          idp.SigningKey
	applications map[string]idp.Application
	ssf          map[string]idp.SSFProvider
	ada          idp.User
	apiToken     string
}

// newProgram starts a program that runs until the test ends.
func newProgram(t *testing.T) *program {
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
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{
		T: t, db: db, url: "http://" + ln.Addr().String(), log: &logOf{},
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{}, Timeout: patience,
		},
		applications: make(map[string]idp.Application), ssf: make(map[string]idp.SSFProvider),
	}
	base, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	p.app, err = app.New(t.Context(), app.Config{
		DB: db, Base: base, Development: true, AllowHTTP: true, AnyPort: true,
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Log:           slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.seed()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.app.Run(ctx, ln) }()
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v, want nil after its context ended", err)
		}
	})
	return p
}

// clientSecret is that of both applications.
const clientSecret = "secret-of-an-application"

func (p *program) seed() {
	p.Helper()
	var err error
	if p.key, err = signing.Generate("signals", secevent.ES256); err != nil {
		p.Fatal(err)
	}
	p.apiToken = idp.NewToken()
	p.update(func(tx idp.Tx) error {
		if err := tx.CreateSigningKey(p.key); err != nil {
			return err
		}
		for _, slug := range []string{"atlas", "beacon"} {
			if err := p.seedApplication(tx, slug); err != nil {
				return err
			}
		}
		admin := idp.User{Username: "root", Name: "Administrator", Admin: true}
		if _, err := identity.CreateUser(context.Background(), tx, idp.System(), admin, idp.Secret{}, identity.Cause{}); err != nil {
			return err
		}
		ada := idp.User{Username: "ada", Name: "Ada Lovelace", Email: "ada@example.com"}
		if p.ada, err = identity.CreateUser(context.Background(), tx, idp.System(), ada, idp.Secret{}, identity.Cause{}); err != nil {
			return err
		}
		return tx.CreateAPIToken(idp.APIToken{
			ID: idp.NewID[string](), Name: "test", Hash: idp.HashToken(p.apiToken), CreatedAt: tx.Now(),
		})
	})
}

func (p *program) seedApplication(tx idp.Tx, slug string) error {
	a := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: slug, Name: slug}
	p.applications[slug] = a
	p.ssf[slug] = idp.SSFProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: a.ID, Name: slug, Slug: slug, SigningKeyID: p.key.ID,
		EventRetention: time.Hour, VerifyTLS: true, EventTypes: identity.EventTypes(), DefaultSubjects: idp.SubjectsAll,
	}
	if err := tx.CreateApplication(a); err != nil {
		return err
	}
	if err := tx.CreateSSFProvider(p.ssf[slug]); err != nil {
		return err
	}
	return tx.CreateOIDCProvider(idp.OIDCProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: a.ID, Name: slug, ClientID: slug,
		SecretHash: idp.HashToken(clientSecret), AuthMethod: idp.AuthClientSecretBasic, SkipConsent: true,
		Grants:       []string{idp.GrantAuthorizationCode, idp.GrantClientCredentials},
		RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{callback},
		AccessTokenLifetime: 15 * time.Minute, IDTokenLifetime: time.Hour, RefreshTokenLifetime: time.Hour,
	})
}

func (p *program) update(fn func(idp.Tx) error) {
	p.Helper()
	if err := p.db.Update(context.Background(), fn); err != nil {
		p.Fatal(err)
	}
}

// signIn begins a session of a user and returns its cookie. The password is
// left out: it is not what these tests are about.
func (p *program) signIn(user idp.UserID) (idp.SessionID, *http.Cookie) {
	p.Helper()
	token := idp.NewToken()
	s := idp.Session{ID: idp.NewID[idp.SessionID](), UserID: user, TokenHash: idp.HashToken(token), AMR: []string{"pwd"}}
	p.update(func(tx idp.Tx) error {
		s.CreatedAt, s.AuthTime, s.LastSeenAt, s.ExpiresAt = tx.Now(), tx.Now(), tx.Now(), tx.Now().Add(time.Hour)
		return tx.CreateSession(s)
	})
	return s.ID, &http.Cookie{Name: "tocsin_session", Value: token}
}

// newStream makes a stream of an application.
func (p *program) newStream(slug string, method idp.DeliveryMethod, endpoint string) idp.Stream {
	p.Helper()
	var s idp.Stream
	p.update(func(tx idp.Tx) (err error) {
		s, err = tx.CreateStream(idp.Stream{
			ID: idp.NewID[idp.StreamID](), ProviderID: p.ssf[slug].ID, ApplicationID: p.applications[slug].ID,
			Audience: secevent.Audience{slug}, Method: method, EndpointURL: endpoint, Status: idp.StreamEnabled,
			StatusBy: idp.ActorApplication, DefaultSubjects: idp.SubjectsAll, ActiveAt: tx.Now(),
		})
		return err
	})
	return s
}

// clientToken is an access token of an application of its own.
func (p *program) clientToken(slug, scope string) string {
	p.Helper()
	return p.token(slug, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
}

// The code verifier of RFC 7636 Appendix B with its challenge.
const (
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// userToken is an access token that a user gave an application by signing in
// to it.
func (p *program) userToken(slug string, cookie *http.Cookie) string {
	p.Helper()
	next := p.url + "/oauth2/authorize?" + url.Values{
		"client_id": {slug}, "response_type": {"code"}, "scope": {"openid profile"}, "redirect_uri": {callback},
		"code_challenge": {codeChallenge}, "code_challenge_method": {"S256"}, "state": {"state"},
	}.Encode()
	for !strings.HasPrefix(next, callback) {
		req, err := http.NewRequest("GET", next, nil)
		if err != nil {
			p.Fatal(err)
		}
		req.AddCookie(cookie)
		resp, err := p.client.Do(req)
		if err != nil {
			p.Fatal(err)
		}
		resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			p.Fatalf("GET %s = %d without a Location, want a way to the application", next, resp.StatusCode)
		}
		next = to.String()
	}
	back, err := url.Parse(next)
	if err != nil {
		p.Fatal(err)
	}
	return p.token(slug, url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {codeVerifier},
	})
}

func (p *program) token(slug string, form url.Values) string {
	p.Helper()
	req, err := http.NewRequest("POST", p.url+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		p.Fatal(err)
	}
	req.SetBasicAuth(slug, clientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Token == "" {
		p.Fatalf("token endpoint = %d %s, want a token for %v", resp.StatusCode, raw, form)
	}
	return answer.Token
}
