// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/secevent"
)

// robot is an application that authenticates with private_key_jwt.
type robot struct {
	registration
	key *secevent.Signer
}

func (w *world) registerRobot(slug string) robot {
	w.t.Helper()
	r := robot{key: newKey(w.t)}
	r.registration = w.register(slug, func(p *idp.OIDCProvider) {
		p.AuthMethod, p.SecretHash = idp.AuthPrivateKeyJWT, idp.Hash{}
		p.JWKS, _ = secevent.JWKS(r.key.Key())
	})
	r.secret = ""
	var key idp.KeyID
	w.view(func(tx idp.Tx) error {
		keys, err := tx.SigningKeys()
		key = keys[0].ID
		return err
	})
	w.addSSFProvider(r.registration, slug, key)
	return r
}

func newKey(t testing.TB) *secevent.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := secevent.NewSigner(private, "client-key", secevent.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// claims are those of a good assertion; pairs replace or, with nil, remove.
func (r robot) claims(issuer string, pairs ...any) map[string]any {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": r.client.ClientID, "sub": r.client.ClientID, "aud": issuer,
		"iat": now, "exp": now + 60, "jti": idp.NewToken(),
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(claims, pairs[i].(string))
			continue
		}
		claims[pairs[i].(string)] = pairs[i+1]
	}
	return claims
}

func sign(t *testing.T, key *secevent.Signer, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.SignTyped("JWT", payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// withHeader puts another header before the claims of an assertion, signed by
// nobody or with a shared secret.
func withHeader(claims map[string]any, header, secret string) string {
	payload, _ := json.Marshal(claims)
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	if secret == "" {
		return input + "."
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, nil)
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	compact, _ := jws.CompactSerialize()
	return compact
}

func assertionForm(assertion string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {"client_credentials"}, "scope": {"ssf.read"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}, pairs...)
}

func TestAssertion(t *testing.T) {
	w := newWorld(t)
	r := w.registerRobot("robot")
	for _, tt := range []struct {
		name  string
		pairs []any
	}{
		{"for the issuer", nil},
		{"for the token endpoint", []any{"aud", w.url + "/oauth2/token"}},
		{"for several", []any{"aud", []string{"https://other.example", w.url}}},
		{"without iat", []any{"iat", nil}},
		{"an hour long", []any{"exp", time.Now().Add(time.Hour).Unix()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.post("/oauth2/token", registration{}, assertionForm(sign(t, r.key, r.claims(w.url, tt.pairs...))))
			if a.status != http.StatusOK || !w.works(a.text("access_token")) {
				t.Errorf("token = %d %s, want 200", a.status, a.body)
			}
		})
	}
	t.Run("for a code", func(t *testing.T) {
		next, err := w.provider.Consent(t.Context(), w.request(r.registration), &w.session)
		if err != nil {
			t.Fatal(err)
		}
		form := codeForm(param(t, next.(oidc.Continue).URL, "code"))
		for name, values := range assertionForm(sign(t, r.key, r.claims(w.url)), "grant_type", "", "scope", "") {
			form[name] = values
		}
		if a := w.post("/oauth2/token", registration{}, form); a.status != http.StatusOK {
			t.Errorf("token = %d %s, want 200", a.status, a.body)
		}
	})
}

// TestAssertionRefused lists the ways to forge, steal and stretch an assertion
// (OIDC Core §9, RFC 8725 §3.1).
func TestAssertionRefused(t *testing.T) {
	w := newWorld(t)
	r, other := w.registerRobot("robot"), w.registerRobot("other")
	now := time.Now()
	signed := func(pairs ...any) string { return sign(t, r.key, r.claims(w.url, pairs...)) }
	tampered := func() string {
		parts := strings.Split(signed(), ".")
		payload, _ := json.Marshal(r.claims(w.url))
		parts[1] = base64.RawURLEncoding.EncodeToString(payload)
		return strings.Join(parts, ".")
	}
	public, err := (&jose.JSONWebKey{Key: r.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, assertion string
		pairs           []string
	}{
		{"empty", "", nil},
		{"garbage", "a.b.c", nil},
		{"alg none", withHeader(r.claims(w.url), `{"alg":"none"}`, ""), nil},
		{"alg None", withHeader(r.claims(w.url), `{"alg":"None","kid":"client-key"}`, ""), nil},
		{"alg HS256 with the public key", withHeader(r.claims(w.url), "", string(public)), nil},
		{"changed claims", tampered(), nil},
		{"another client's key", sign(t, other.key, r.claims(w.url)), nil},
		{"another issuer", signed("iss", other.client.ClientID, "sub", other.client.ClientID), nil},
		{"unknown issuer", signed("iss", "nobody", "sub", "nobody"), nil},
		{"other subject", signed("sub", other.client.ClientID), nil},
		{"no subject", signed("sub", nil), nil},
		{"no audience", signed("aud", nil), nil},
		{"another server", signed("aud", "https://other.example"), nil},
		{"longer audience", signed("aud", w.url+"/"), nil},
		{"no exp", signed("exp", nil), nil},
		{"expired", signed("exp", now.Add(-time.Minute).Unix()), nil},
		{"far exp", signed("exp", now.Add(2*time.Hour).Unix()), nil},
		{"iat ahead", signed("iat", now.Add(10*time.Minute).Unix()), nil},
		{"nbf ahead", signed("nbf", now.Add(10*time.Minute).Unix()), nil},
		{"no jti", signed("jti", nil), nil},
		{"another client_id", signed(), []string{"client_id", other.client.ClientID}},
		{"another type", signed(), []string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}},
		{"no type", signed(), []string{"client_assertion_type", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := assertionForm(tt.assertion, tt.pairs...)
			wantError(t, "token", w.post("/oauth2/token", registration{}, form), 401, oidc.InvalidClient)
		})
	}
	t.Run("two ways", func(t *testing.T) {
		r := registration{client: r.client, secret: "guess"}
		wantError(t, "token", w.post("/oauth2/token", r, assertionForm(signed())), 400, oidc.InvalidRequest)
	})
}

// TestAssertionReplay: an assertion works once, at whichever endpoint.
func TestAssertionReplay(t *testing.T) {
	w := newWorld(t)
	r, other := w.registerRobot("robot"), w.registerRobot("other")
	claims := r.claims(w.url, "jti", "the same")
	used := sign(t, r.key, claims)
	if a := w.post("/oauth2/token", registration{}, assertionForm(used)); a.status != http.StatusOK {
		t.Fatalf("token = %d %s, want 200", a.status, a.body)
	}
	for _, path := range clientEndpoints {
		wantError(t, path, w.post(path, registration{}, assertionForm(used, "token", "x")), 401, oidc.InvalidClient)
		again := sign(t, r.key, r.claims(w.url, "jti", "the same"))
		wantError(t, path+" with the jti", w.post(path, registration{}, assertionForm(again, "token", "x")), 401, oidc.InvalidClient)
	}
	// A jti is the client's own: another client may use the same.
	theirs := sign(t, other.key, other.claims(w.url, "jti", "the same"))
	if a := w.post("/oauth2/token", registration{}, assertionForm(theirs)); a.status != http.StatusOK {
		t.Errorf("token = %d %s, want 200", a.status, a.body)
	}
}

// TestMethodsDoNotMix: a client authenticates in the way it was registered
// for.
func TestMethodsDoNotMix(t *testing.T) {
	w := newWorld(t)
	r := w.registerRobot("robot")
	t.Run("secret of a client with a key", func(t *testing.T) {
		r.client.SecretHash = idp.HashToken("left over")
		w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(r.client) })
		both := registration{client: r.client, secret: "left over"}
		wantError(t, "token", w.post("/oauth2/token", both, url.Values{"grant_type": {"client_credentials"}}), 401, oidc.InvalidClient)
	})
	t.Run("key of a client with a secret", func(t *testing.T) {
		w.atlas.client.JWKS, _ = secevent.JWKS(r.key.Key())
		w.update(func(tx idp.Tx) error { return tx.UpdateOIDCProvider(w.atlas.client) })
		claims := r.claims(w.url, "iss", w.atlas.client.ClientID, "sub", w.atlas.client.ClientID)
		wantError(t, "token", w.post("/oauth2/token", registration{}, assertionForm(sign(t, r.key, claims))), 401, oidc.InvalidClient)
	})
}
