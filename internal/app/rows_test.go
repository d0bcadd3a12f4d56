// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// row is a line of testdata/rights.tsv: a request that is right in itself, and
// the status that it is answered with for each kind of credentials.
type row struct {
	method string
	// target is a path with placeholders in braces, and perhaps a query.
	target string
	// body is JSON or a form with placeholders in brackets; empty for none.
	body string
	// want is the status by column.
	want map[string]string
}

// route is what the row is about.
func (r row) route() string {
	path, _, _ := strings.Cut(r.target, "?")
	return r.method + " " + path
}

func (r row) contentType() string {
	switch {
	case r.body == "":
		return ""
	case r.target == "/api/v1/users/import":
		return "application/x-ndjson"
	case strings.HasPrefix(r.body, "{"):
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// readRows reads the table; columns are the kinds of credentials in its order.
func readRows(t *testing.T) (rows []row, columns []string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/rights.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if columns == nil {
			columns = fields[2 : len(fields)-1]
			continue
		}
		if len(fields) != len(columns)+3 {
			t.Fatalf("rights.tsv:%d: %d fields, want %d", n+1, len(fields), len(columns)+3)
		}
		r := row{method: fields[0], target: fields[1], body: fields[len(fields)-1], want: make(map[string]string)}
		for i, column := range columns {
			r.want[column] = fields[i+2]
		}
		rows = append(rows, r)
	}
	return rows, columns
}

// routesOf returns every route of the program as METHOD PATTERN. The router
// knows the patterns; what one that takes every method really answers is in
// its Allow header, and the routes of the admin API are in its OpenAPI
// document.
func (p *program) routesOf() []string {
	p.Helper()
	methods := make(map[string][]string)
	walk := func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		methods[pattern] = append(methods[pattern], method)
		return nil
	}
	if err := chi.Walk(p.app.Handler().(chi.Routes), walk); err != nil {
		p.Fatal(err)
	}
	routes := p.adminRoutes()
	for pattern, those := range methods {
		if slices.Contains(those, "TRACE") {
			those = p.allowed(pattern)
		}
		for _, method := range those {
			routes = append(routes, method+" "+pattern)
		}
	}
	return routes
}

// allowed asks a pattern for its methods (RFC 9110 §10.2.1). One that answers
// all methods alike, as a place where nothing is, counts as GET.
func (p *program) allowed(pattern string) []string {
	p.Helper()
	req, err := http.NewRequest("TRACE", p.url+fill(pattern, nil), nil)
	if err != nil {
		p.Fatal(err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	resp.Body.Close()
	allow := resp.Header.Get("Allow")
	if allow == "" {
		return []string{"GET"}
	}
	methods := strings.Split(allow, ", ")
	return slices.DeleteFunc(methods, func(m string) bool { return m == "HEAD" })
}

func (p *program) adminRoutes() []string {
	p.Helper()
	resp, err := p.client.Get(p.url + "/api/v1/openapi.json")
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil || len(document.Paths) == 0 {
		p.Fatalf("openapi.json = %v, %v; want paths", document, err)
	}
	routes := []string{"GET /api/v1/openapi.json"}
	for path, methods := range document.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	return routes
}

// objects is what a row may use and use up, by placeholder: {id} after
// /users/ is users, [users] in a body too.
type objects map[string]string

// newObjects makes an object of each kind.
func (p *program) newObjects(n string) objects {
	p.Helper()
	key, err := signing.Generate("key-"+n, secevent.ES256)
	if err != nil {
		p.Fatal(err)
	}
	o := objects{
		"slug": "atlas", "stream_id": string(p.newStream("atlas", idp.Poll, "").ID),
		"streams": string(p.newStream("atlas", idp.Poll, "").ID), "signing-keys": string(key.ID), "key": string(p.key.ID),
		"atlas": string(p.applications["atlas"].ID), "beacon-stream": string(p.newStream("beacon", idp.Poll, "").ID),
	}
	p.update(func(tx idp.Tx) error {
		user, err := identity.CreateUser(p.Context(), tx, idp.System(), idp.User{Username: "user-" + n}, idp.NewSecret("no hash"), identity.Cause{Txn: "change-" + n})
		if err != nil {
			return err
		}
		app := idp.Credential{ID: idp.NewID[idp.CredentialID](), UserID: user.ID, Kind: idp.CredentialTOTP, Name: n, Secret: idp.NewSecret("seed")}
		g := idp.Group{ID: idp.NewID[idp.GroupID](), Name: "group-" + n}
		a := idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: "application-" + n, Name: n}
		oidc := idp.OIDCProvider{
			ID: idp.NewID[idp.ProviderID](), Name: n, ClientID: "client-" + n, AuthMethod: idp.AuthClientSecretBasic,
			AccessTokenLifetime: 900e9, IDTokenLifetime: 3600e9, RefreshTokenLifetime: 3600e9,
		}
		ssf := p.ssf["atlas"]
		ssf.ID, ssf.ApplicationID, ssf.Slug, ssf.Name = idp.NewID[idp.ProviderID](), "", "provider-"+n, n
		token := idp.APIToken{ID: idp.NewID[string](), Name: n, Hash: idp.HashToken(n), CreatedAt: tx.Now()}
		o["users"], o["user"], o["groups"], o["applications"] = string(user.ID), string(p.ada.ID), string(g.ID), string(a.ID)
		o["oidc-providers"], o["ssf-providers"], o["api-tokens"] = string(oidc.ID), string(ssf.ID), token.ID
		o["credential"], o["changes"] = string(app.ID), "change-"+n
		for _, create := range []func() error{
			func() error { return tx.PutCredential(app) },
			func() error { return tx.CreateSigningKey(key) },
			func() error { return tx.CreateGroup(g) },
			func() error { return tx.CreateApplication(a) },
			func() error { return tx.CreateOIDCProvider(oidc) },
			func() error { return tx.CreateSSFProvider(ssf) },
			func() error { return tx.CreateAPIToken(token) },
		} {
			if err := create(); err != nil {
				return err
			}
		}
		return nil
	})
	session, _ := p.signIn(idp.UserID(o["users"]))
	o["session"], o["n"], o["pem"] = string(session), n, newPEM(p.T)
	return o
}

// newPEM is a private key as a JSON string holds it.
func newPEM(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return strings.ReplaceAll(string(text), "\n", `\n`)
}

var (
	idOfKind = regexp.MustCompile(`([a-z-]+)/\{id\}`)
	inTarget = regexp.MustCompile(`\{([a-z_]+)\}`)
	inBody   = regexp.MustCompile(`\[([a-z_-]+)\]`)
)

// nothingIsThere stands for an object that does not exist.
const nothingIsThere = "nothing-is-there"

// fill replaces the placeholders of a target. Without an object it names one
// that does not exist.
func fill(target string, o objects) string {
	value := func(name string) string {
		if v, ok := o[name]; ok {
			return v
		}
		return nothingIsThere
	}
	target = idOfKind.ReplaceAllStringFunc(target, func(s string) string {
		kind := strings.TrimSuffix(s, "/{id}")
		return kind + "/" + value(kind)
	})
	target = inTarget.ReplaceAllStringFunc(target, func(s string) string { return value(s[1 : len(s)-1]) })
	return strings.ReplaceAll(target, "*", nothingIsThere)
}

// fillBody replaces the placeholders of a body.
func fillBody(body string, o objects) string {
	return inBody.ReplaceAllStringFunc(body, func(s string) string {
		if v, ok := o[s[1:len(s)-1]]; ok {
			return v
		}
		return s
	})
}

// credentials puts on a request what a column of the table has.
type credentials func(*http.Request)

// newCredentials returns the credentials of all columns. Those of ada have
// a session of their own.
func (p *program) newCredentials() map[string]credentials {
	p.Helper()
	bearer := func(token string) credentials {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	_, cookie := p.signIn(p.ada.ID)
	basic := base64.StdEncoding.EncodeToString([]byte("atlas:" + clientSecret))
	return map[string]credentials{
		"none":   func(*http.Request) {},
		"bad":    bearer("not-a-token-of-ours"),
		"user":   bearer(p.userToken("atlas", cookie)),
		"other":  bearer(p.clientToken("beacon", "ssf.manage")),
		"client": func(r *http.Request) { r.Header.Set("Authorization", "Basic "+basic) },
		"read":   bearer(p.clientToken("atlas", "ssf.read")),
		"manage": bearer(p.clientToken("atlas", "ssf.manage")),
		"admin":  bearer(p.apiToken),
		"cookie": func(r *http.Request) { r.AddCookie(cookie) },
	}
}
