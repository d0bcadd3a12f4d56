// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/admin"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/seal"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/internal/sqlite"
	"github.com/tocsin-id/tocsin/secevent"
)

// fixture is an API over a database with one of everything. Names in braces
// in paths and bodies stand for the ids of these: {user} and so on.
type fixture struct {
	db    idp.DB
	api   *admin.API
	token string
	ids   map[string]string
	// changed are the streams that the API told of.
	changed []idp.StreamNum
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "tocsin.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	passwords, err := identity.NewPasswords(identity.PasswordsConfig{MemoryKiB: 8, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{db: db, ids: map[string]string{}}
	f.api, err = admin.NewAPI(admin.Config{
		DB: db, Passwords: passwords, Keys: signing.New(signing.Config{DB: db}),
		Links: identity.Links{Base: "https://id.example.com"}, Mails: true,
		StreamChanged: func(n idp.StreamNum) { f.changed = append(f.changed, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, "atlas key")
	spare := newKey(t, "spare key")
	f.update(t, func(tx idp.Tx) error { return f.fill(t.Context(), tx, key, spare) })
	return f
}

func newKey(t *testing.T, name string) idp.SigningKey {
	t.Helper()
	key, err := signing.Generate(name, secevent.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// fill makes one of everything by the verbs of this package.
func (f *fixture) fill(ctx context.Context, tx idp.Tx, keys ...idp.SigningKey) error {
	system := idp.System()
	var steps []func() error
	for i, name := range []string{"key", "spare"} {
		f.ids[name] = string(keys[i].ID)
		steps = append(steps, func() error { return admin.AddSigningKey(ctx, tx, system, keys[i]) })
	}
	steps = append(steps,
		func() error {
			u, err := admin.CreateUser(ctx, tx, system, idp.User{Username: "ada", Email: "ada@example.com"}, idp.NewSecret("no hash"))
			f.ids["user"] = string(u.ID)
			return err
		},
		func() error {
			u, err := admin.CreateUser(ctx, tx, system, idp.User{Username: "root", Admin: true}, idp.Secret{})
			f.ids["root"] = string(u.ID)
			return err
		},
		func() error {
			g, err := admin.CreateGroup(ctx, tx, system, "staff")
			f.ids["group"] = string(g.ID)
			return err
		},
		func() error {
			return admin.AddMember(ctx, tx, system, idp.GroupID(f.ids["group"]), idp.UserID(f.ids["user"]))
		},
		func() error {
			a, err := admin.CreateApplication(ctx, tx, system, idp.Application{Slug: "atlas", Name: "Atlas"})
			f.ids["application"] = string(a.ID)
			return err
		},
		func() error { return f.fillProviders(ctx, tx) },
		func() error { return f.fillTokens(ctx, tx) },
		func() error { return f.fillFactors(tx) },
	)
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) fillProviders(ctx context.Context, tx idp.Tx) error {
	app := idp.ApplicationID(f.ids["application"])
	o, _, err := admin.CreateOIDCProvider(ctx, tx, idp.System(), idp.OIDCProvider{
		ApplicationID: app, Name: "Atlas", ClientID: "atlas", AuthMethod: idp.AuthClientSecretBasic,
		Grants: []string{idp.GrantClientCredentials}, AccessTokenLifetime: time.Minute,
		IDTokenLifetime: time.Minute, RefreshTokenLifetime: time.Hour,
	})
	if err != nil {
		return err
	}
	f.ids["oidc"] = string(o.ID)
	p, err := admin.CreateSSFProvider(ctx, tx, idp.System(), idp.SSFProvider{
		ApplicationID: app, Name: "Atlas", Slug: "atlas", SigningKeyID: idp.KeyID(f.ids["key"]),
		EventRetention: time.Hour, EventTypes: []secevent.EventType{caep.TypeSessionRevoked}, DefaultSubjects: idp.SubjectsAll,
	})
	if err != nil {
		return err
	}
	f.ids["ssf"] = string(p.ID)
	s, err := tx.CreateStream(idp.Stream{
		ID: idp.NewID[idp.StreamID](), ProviderID: p.ID, ApplicationID: app, Audience: secevent.Audience{"atlas"},
		Method: idp.Push, EndpointURL: "https://atlas.example.com/events", Authorization: idp.NewSecret("Bearer push-secret"),
		Status: idp.StreamEnabled, DefaultSubjects: idp.SubjectsAll, ActiveAt: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	})
	f.ids["stream"] = string(s.ID)
	return err
}

func (f *fixture) fillTokens(ctx context.Context, tx idp.Tx) error {
	t, secret, err := admin.CreateAPIToken(ctx, tx, idp.System(), "test", time.Time{})
	if err != nil {
		return err
	}
	f.token, f.ids["mine"] = secret.Reveal(), t.ID
	other, _, err := admin.CreateAPIToken(ctx, tx, idp.System(), "other", tx.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	f.ids["token"] = other.ID
	s := idp.Session{
		ID: idp.NewID[idp.SessionID](), UserID: idp.UserID(f.ids["user"]), TokenHash: idp.HashToken("cookie"),
		CreatedAt: tx.Now(), AuthTime: tx.Now(), AMR: []string{"pwd"}, LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
	}
	f.ids["session"] = string(s.ID)
	return tx.CreateSession(s)
}

// fillFactors gives the user an authenticator app and recovery codes, and looks
// up the txn of a change that made a signal.
func (f *fixture) fillFactors(tx idp.Tx) error {
	user := idp.UserID(f.ids["user"])
	app := idp.Credential{ID: idp.NewID[idp.CredentialID](), UserID: user, Kind: idp.CredentialTOTP, Name: "Phone", Secret: idp.NewSecret("seed")}
	codes := idp.Credential{ID: idp.NewID[idp.CredentialID](), UserID: user, Kind: idp.CredentialRecoveryCodes, Data: json.RawMessage(`{"hashes":["YQ==","Yg=="]}`)}
	f.ids["app"], f.ids["codes"] = string(app.ID), string(codes.ID)
	if err := errors.Join(tx.PutCredential(app), tx.PutCredential(codes)); err != nil {
		return err
	}
	all, err := tx.Credentials(user)
	for _, c := range all {
		if c.Kind == idp.CredentialPassword {
			f.ids["password"] = string(c.ID)
		}
	}
	if err != nil {
		return err
	}
	signals, err := tx.SignalsAbout(user, 1)
	if err == nil {
		f.ids["txn"] = signals[0].Txn
	}
	return err
}

func (f *fixture) update(t *testing.T, fn func(idp.Tx) error) {
	t.Helper()
	if err := f.db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// expand puts ids in the place of names in braces.
func (f *fixture) expand(s string) string {
	for name, id := range f.ids {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

// answer is a response with its body decoded, if it is a JSON object.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// call sends a request with the given token; an empty one sends none.
func (f *fixture) call(t *testing.T, method, path, token, body string) answer {
	t.Helper()
	return f.send(t, method, path, token, "application/json", body)
}

// send is call with a body of any media type.
func (f *fixture) send(t *testing.T, method, path, token, contentType, body string) answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	r.Header.Set("User-Agent", "test")
	if body != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	out := answer{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, out.raw)
		}
	}
	return out
}

// entries returns how many audit entries there are, and the newest.
func (f *fixture) entries(t *testing.T) (n int64, newest idp.AuditEntry) {
	t.Helper()
	f.update(t, func(tx idp.Tx) error {
		found, err := tx.AuditEntries(idp.AuditFilter{Limit: 1})
		if len(found) > 0 {
			n, newest = found[0].ID, found[0]
		}
		return err
	})
	return n, newest
}
