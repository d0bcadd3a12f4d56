// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestOpenIDClient has a relying party of another language drive the OpenID
// Provider: openid-client, in testdata/openid-client/flow.mjs. The test is the
// browser of its users, and judges what the library made of the answers.
func TestOpenIDClient(t *testing.T) {
	t.Parallel()
	folder := openidClient(t)
	w := startDev(t, true)
	w.mayWarn = true // the script reuses what works once
	got := runOpenIDClient(w, folder)
	t.Run("accepted", func(t *testing.T) { checkAccepted(t, w, got.Accepted) })
	t.Run("ended", func(t *testing.T) { checkEnded(t, w, got.Ended) })
	t.Run("refused at authorization", func(t *testing.T) {
		want := map[string]string{
			"nobody is signed in":  "login_required",
			"the user denies":      "access_denied",
			"scope of a Receiver":  "invalid_scope",
			"scope without openid": "invalid_scope",
			"request object":       "request_not_supported",
			"plain challenge":      "invalid_request",
			"other response type":  "unsupported_response_type",
		}
		wantSeen(t, want, got.RefusedAtAuthorization)
	})
	t.Run("refused at token", func(t *testing.T) {
		want := map[string]string{
			"wrong secret":                         "401 basic invalid_client",
			"wrong secret at introspection":        "401 basic invalid_client",
			"wrong secret at revocation":           "401 basic invalid_client",
			"unknown scope":                        "400 invalid_scope",
			"unknown grant type":                   "400 unsupported_grant_type",
			"wrong verifier":                       "400 invalid_grant",
			"code of another client":               "400 invalid_grant",
			"code used twice":                      "400 invalid_grant",
			"its token afterwards":                 "inactive",
			"token of another client":              "inactive",
			"token that never was":                 "inactive",
			"revocation of a token that never was": "accepted",
			"more scope at refresh":                "400 invalid_scope",
			"refresh token used twice":             "400 invalid_grant",
			"its successor afterwards":             "400 invalid_grant",
			"userinfo without openid":              "403 bearer insufficient_scope",
		}
		wantSeen(t, want, got.RefusedAtToken)
	})
	t.Run("authenticated", func(t *testing.T) {
		want := map[string]string{
			"client_secret_post":               "accepted",
			"private_key_jwt":                  "accepted",
			"private_key_jwt with another key": "401 basic invalid_client",
		}
		wantSeen(t, want, got.Authenticated)
	})
}

// wantSeen compares what the library said with what it should say.
func wantSeen(t *testing.T, want, got any) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("what the library saw (-want +got):\n%s", diff)
	}
}

// clientResult is what the script found out.
type clientResult struct {
	Accepted               acceptedResult    `json:"accepted"`
	Ended                  endedResult       `json:"ended"`
	RefusedAtAuthorization map[string]string `json:"refused_at_authorization"`
	RefusedAtToken         map[string]string `json:"refused_at_token"`
	Authenticated          map[string]string `json:"authenticated"`
}

type acceptedResult struct {
	Claims struct {
		Issuer          string   `json:"iss"`
		Subject         string   `json:"sub"`
		AuthorizedParty string   `json:"azp"`
		SessionID       string   `json:"sid"`
		AuthTime        int64    `json:"auth_time"`
		ACR             string   `json:"acr"`
		AMR             []string `json:"amr"`
	} `json:"claims"`
	Userinfo      map[string]any      `json:"userinfo"`
	Introspection introspectionResult `json:"introspection"`
	Scope         string              `json:"scope"`
	ExpiresIn     int                 `json:"expires_in"`
	Refreshed     struct {
		Subject  string   `json:"sub"`
		AuthTime int64    `json:"auth_time"`
		Scope    string   `json:"scope"`
		Rotated  bool     `json:"rotated"`
		Members  []string `json:"members"`
	} `json:"refreshed"`
	ClientCredentials struct {
		Scope         string              `json:"scope"`
		Introspection introspectionResult `json:"introspection"`
	} `json:"client_credentials"`
}

type introspectionResult struct {
	Active    bool   `json:"active"`
	Subject   string `json:"sub"`
	ClientID  string `json:"client_id"`
	Scope     string `json:"scope"`
	Username  string `json:"username"`
	SessionID string `json:"sid"`
}

func checkAccepted(t *testing.T, w *world, got acceptedResult) {
	mira, atlas := w.userID("mira"), w.application("atlas").ClientID
	const scope = "openid profile email offline_access"
	c := got.Claims
	if c.Issuer != w.BaseURL || c.Subject != mira || c.AuthorizedParty != atlas || c.SessionID == "" {
		t.Errorf("ID token = %+v, want one of %s for %s with a session", c, mira, atlas)
	}
	if c.ACR != "urn:tocsin:acr:password" || !slices.Equal(c.AMR, []string{"pwd"}) {
		t.Errorf("ID token has acr %q and amr %q, want those of a password", c.ACR, c.AMR)
	}
	for member, want := range map[string]string{
		"sub": mira, "name": "Mira Lindqvist", "preferred_username": "mira", "email": "mira@example.com",
	} {
		if got.Userinfo[member] != want {
			t.Errorf("userinfo has %s %v, want %q", member, got.Userinfo[member], want)
		}
	}
	wantSeen(t, introspectionResult{true, mira, atlas, scope, "mira", c.SessionID}, got.Introspection)
	if got.Scope != scope || got.ExpiresIn != 900 {
		t.Errorf("access token has scope %q for %d s, want %q for 900 s", got.Scope, got.ExpiresIn, scope)
	}
	r := got.Refreshed
	if r.Subject != mira || r.AuthTime != c.AuthTime || r.Scope != "openid email" || !r.Rotated {
		t.Errorf("refresh = %+v, want the sign-in of before with less scope and another refresh token", r)
	}
	wantSeen(t, []string{"email", "sub"}, r.Members)
	if got.ClientCredentials.Scope != "ssf.read" {
		t.Errorf("client credentials gave scope %q, want ssf.read", got.ClientCredentials.Scope)
	}
	wantSeen(t, introspectionResult{Active: true, Subject: atlas, ClientID: atlas, Scope: "ssf.read"}, got.ClientCredentials.Introspection)
}

type endedResult struct {
	AccessToken struct {
		Active   bool   `json:"access"`
		Userinfo string `json:"userinfo"`
	} `json:"revoked_access_token"`
	RefreshAfterThat bool `json:"refresh_after_that"`
	Family           struct {
		Active  bool   `json:"access"`
		Refresh string `json:"refresh"`
	} `json:"revoked_family"`
	Logout struct {
		To      string `json:"to"`
		State   string `json:"state"`
		Active  bool   `json:"access"`
		Refresh string `json:"refresh"`
	} `json:"logout"`
}

func checkEnded(t *testing.T, w *world, got endedResult) {
	var want endedResult
	want.AccessToken.Userinfo = "401 bearer invalid_token"
	want.RefreshAfterThat = true
	want.Family.Refresh = "400 invalid_grant"
	want.Logout.To, want.Logout.State = w.application("atlas").URL+"/", "after the logout"
	want.Logout.Refresh = "400 invalid_grant"
	wantSeen(t, want, got)
}

// openidClient returns a folder with the script and the library that it
// imports. It skips the test where Node or the library is missing, and fails it
// if TOCSIN_TEST_REQUIRE names node.
func openidClient(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the whole program with Node: left out by -short")
	}
	missing := t.Skipf
	if slices.Contains(strings.Split(os.Getenv("TOCSIN_TEST_REQUIRE"), ","), "node") {
		missing = t.Fatalf
	}
	var major int
	version, err := exec.Command("node", "--version").Output()
	if _, scanErr := fmt.Sscanf(string(version), "v%d.", &major); err != nil || scanErr != nil || major < 20 {
		missing("drives openid-client with Node 20 or newer: node --version = %q, %v", version, err)
	}
	const source = "testdata/openid-client"
	installed, err := filepath.Abs(cmp.Or(os.Getenv("TOCSIN_TEST_OPENID_CLIENT"), source))
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(installed, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "openid-client", "package.json")); err != nil {
		missing("drives openid-client: %v: run npm ci in a copy of internal/app/%s, and set TOCSIN_TEST_OPENID_CLIENT to it", err, source)
	}
	// Node looks for the library beside the script, wherever it is installed.
	script, err := os.ReadFile(filepath.Join(source, "flow.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "flow.mjs"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// runOpenIDClient runs the script to its end, and returns its result.
func runOpenIDClient(w *world, folder string) clientResult {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*patience)
	defer cancel()
	node := exec.CommandContext(ctx, "node", filepath.Join(folder, "flow.mjs"))
	node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+w.CAFile)
	var complaints bytes.Buffer
	node.Stderr = &complaints
	in, inErr := node.StdinPipe()
	out, outErr := node.StdoutPipe()
	if err := cmp.Or(inErr, outErr, node.Start()); err != nil {
		w.t.Fatal(err)
	}
	result, err := serveScript(w, json.NewEncoder(in), json.NewDecoder(out))
	in.Close()
	if err := cmp.Or(node.Wait(), err); err != nil || complaints.Len() > 0 {
		w.t.Fatalf("flow.mjs: %v\n%s", err, &complaints)
	}
	return result
}

// serveScript does what the script asks for, until it has its result.
func serveScript(w *world, answers *json.Encoder, requests *json.Decoder) (clientResult, error) {
	w.t.Helper()
	p := people{w: w, byName: make(map[string]*person)}
	var answer any = map[string]any{"issuer": w.BaseURL, "atlas": w.application("atlas"), "beacon": w.application("beacon")}
	for {
		if err := answers.Encode(answer); err != nil {
			return clientResult{}, err
		}
		var ask struct {
			Open   string           `json:"open"`
			Person string           `json:"person"`
			Keys   []map[string]any `json:"keys"`
			Result *clientResult    `json:"result"`
		}
		if err := requests.Decode(&ask); err != nil {
			return clientResult{}, err
		}
		switch {
		case ask.Result != nil:
			return *ask.Result, nil
		case ask.Keys != nil:
			answer = w.createCedar(ask.Keys)
		default:
			answer = map[string]string{"url": p.named(ask.Person).open(ask.Open)}
		}
	}
}

// createCedar makes an application that proves itself with keys of its own.
func (w *world) createCedar(keys []map[string]any) application {
	w.t.Helper()
	cedar := application{Slug: "cedar", Name: "Cedar", URL: "https://cedar.example", ClientID: "cedar"}
	var made struct {
		ID string `json:"id"`
	}
	w.api(http.MethodPost, "/applications", map[string]any{"slug": cedar.Slug, "name": cedar.Name}, &made)
	w.api(http.MethodPost, "/oidc-providers", map[string]any{
		"application_id": made.ID, "name": cedar.Name, "client_id": cedar.ClientID,
		"auth_method": "private_key_jwt", "jwks": map[string]any{"keys": keys},
		"redirect_uris": []string{cedar.URL + "/callback"},
	}, nil)
	return cedar
}

// people are the users of the script, each with a browser that keeps its
// cookies.
type people struct {
	w      *world
	byName map[string]*person
}

// person is somebody at a browser without scripts: it follows redirects as far
// as an application, and fills in the forms on the way.
type person struct {
	w    *world
	name string
	http *http.Client
}

func (p people) named(name string) *person {
	if p.byName[name] == nil {
		jar, err := cookiejar.New(nil)
		if err != nil {
			p.w.t.Fatal(err)
		}
		p.byName[name] = &person{w: p.w, name: name, http: &http.Client{
			Jar: jar, Transport: p.w.http.Transport, Timeout: patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
	}
	return p.byName[name]
}

// open returns the URL of the application at which it ended, without asking
// for it.
func (p *person) open(target string) string {
	p.w.t.Helper()
	for range 20 {
		if !strings.HasPrefix(target, p.w.BaseURL+"/") {
			return target
		}
		resp, err := p.http.Get(target)
		if err != nil {
			p.w.t.Fatal(err)
		}
		if resp.StatusCode == http.StatusOK {
			resp = p.fillIn(resp)
		}
		target = p.next(resp)
	}
	p.w.t.Fatalf("%s was sent around and never back to the application, at last to %s", p.name, target)
	return ""
}

// fillIn sends the form of a page: the password of the person, or their answer
// to what an application asks for, which is no for June.
func (p *person) fillIn(resp *http.Response) *http.Response {
	p.w.t.Helper()
	resp.Body.Close()
	form := url.Values{"request": {resp.Request.URL.Query().Get("request")}}
	switch resp.Request.URL.Path {
	case "/sign-in":
		u := p.w.user(p.name)
		form.Set("login", u.Username)
		form.Set("password", u.Password)
	case "/consent":
		form.Set("answer", "allow")
		if p.name == "june" {
			form.Set("answer", "deny")
		}
	default:
		p.w.t.Fatalf("%s is at %s, which has no form that they know", p.name, resp.Request.URL)
	}
	answer, err := p.http.PostForm(p.w.BaseURL+resp.Request.URL.Path, form)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return answer
}

// pageRefresh is how a page that answers a form goes on to another site.
var pageRefresh = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]+)"`)

// next is where an answer sends the browser.
func (p *person) next(resp *http.Response) string {
	p.w.t.Helper()
	defer resp.Body.Close()
	if to, err := resp.Location(); err == nil {
		return to.String()
	}
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		p.w.t.Fatal(err)
	}
	m := pageRefresh.FindSubmatch(page)
	if m == nil {
		p.w.t.Fatalf("%s at %s = %d, want a way to the application:\n%s", p.name, resp.Request.URL, resp.StatusCode, page)
	}
	return html.UnescapeString(string(m[1]))
}
