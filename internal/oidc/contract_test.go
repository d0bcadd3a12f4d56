// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/tocsin-id/tocsin/secevent"
)

// TestLibrary is all that this package relies on from zitadel/oidc. Whatever
// replaces it has to do the same, and a new version of it has to still do so.
func TestLibrary(t *testing.T) {
	t.Run("prompt none stands alone", testPrompt)
	t.Run("verifier is compared with the challenge", testVerifier)
	t.Run("response is added to the query", testResponse)
	t.Run("signature is checked against a list", testSignature)
	t.Run("hint may be old and nothing else", testHintVerifier)
	t.Run("ID token claims are encoded", testClaims)
	t.Run("at_hash follows the algorithm", testClaimHash)
}

func testPrompt(t *testing.T) {
	if _, err := op.ValidateAuthReqPrompt([]string{"none", "consent"}, nil); err == nil {
		t.Error("ValidateAuthReqPrompt accepts none with another value")
	}
	if _, err := op.ValidateAuthReqPrompt([]string{"login", "consent"}, nil); err != nil {
		t.Errorf("ValidateAuthReqPrompt(login consent) = %v", err)
	}
}

func testVerifier(t *testing.T) {
	s256 := &wire.CodeChallenge{Challenge: challenge, Method: wire.CodeChallengeMethodS256}
	if err := op.AuthorizeCodeChallenge(verifier, s256); err != nil {
		t.Errorf("AuthorizeCodeChallenge(right) = %v", err)
	}
	for _, wrong := range []string{"", challenge, verifier + "x"} {
		if err := op.AuthorizeCodeChallenge(wrong, s256); err == nil {
			t.Errorf("AuthorizeCodeChallenge(%q) accepts it", wrong)
		}
	}
}

func testResponse(t *testing.T) {
	response := struct {
		Code   string `schema:"code,omitempty"`
		Error  string `schema:"error,omitempty"`
		Issuer string `schema:"iss"`
	}{Code: "a b", Issuer: "https://id.example"}
	got, err := op.AuthResponseURL("https://rp.example/?x=y", wire.ResponseTypeCode, wire.ResponseModeQuery, response, wire.NewEncoder())
	if want := "https://rp.example/?code=a+b&iss=https%3A%2F%2Fid.example&x=y"; err != nil || got != want {
		t.Errorf("AuthResponseURL = %q, %v, want %q", got, err, want)
	}
}

// keySet verifies with one key, whatever the token says about keys.
type keySet struct{ *secevent.Signer }

func (k keySet) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	kid, alg := wire.GetKeyIDAndAlg(jws)
	key, err := wire.FindMatchingKey(kid, "sig", alg, jose.JSONWebKey{Key: k.Public(), KeyID: k.KeyID(), Use: "sig"})
	if err != nil {
		return nil, err
	}
	return jws.Verify(&key)
}

func testSignature(t *testing.T) {
	key := newKey(t)
	token := sign(t, key, map[string]any{"iss": "a", "jti": "b"})
	check := func(token string, algorithms ...string) error {
		var claims wire.TokenClaims
		payload, err := wire.ParseToken(token, &claims)
		if err != nil {
			return err
		}
		if claims.Issuer != "a" || claims.JWTID != "b" {
			t.Errorf("ParseToken = %+v", claims)
		}
		return wire.CheckSignature(t.Context(), token, payload, &claims, algorithms, keySet{key})
	}
	if err := check(token, "ES256"); err != nil {
		t.Errorf("CheckSignature = %v", err)
	}
	if err := check(token, "RS256"); err == nil {
		t.Error("CheckSignature accepts an algorithm that is not on the list")
	}
	if err := check(withHeader(map[string]any{"iss": "a", "jti": "b"}, `{"alg":"none"}`, ""), "ES256"); err == nil {
		t.Error("CheckSignature accepts alg none")
	}
	if err := check(sign(t, newKey(t), map[string]any{"iss": "a", "jti": "b"}), "ES256"); err == nil {
		t.Error("CheckSignature accepts another key's signature")
	}
	if _, err := wire.ParseToken("a.b", new(wire.TokenClaims)); err == nil {
		t.Error("ParseToken accepts two parts")
	}
}

func testHintVerifier(t *testing.T) {
	key := newKey(t)
	now := time.Now().Unix()
	verify := func(issuer string, claims map[string]any) (*wire.IDTokenClaims, error) {
		verifier := op.NewIDTokenHintVerifier(issuer, keySet{key}, op.WithSupportedIDTokenHintSigningAlgorithms("ES256"))
		return op.VerifyIDTokenHint[*wire.IDTokenClaims](t.Context(), sign(t, key, claims), verifier)
	}
	good := map[string]any{"iss": "a", "sub": "u", "azp": "c", "sid": "s", "iat": now, "exp": now + 60}
	claims, err := verify("a", good)
	if err != nil || claims.Subject != "u" || claims.AuthorizedParty != "c" || claims.SessionID != "s" {
		t.Errorf("VerifyIDTokenHint = %+v, %v", claims, err)
	}
	good["exp"] = now - 60
	claims, err = verify("a", good)
	if expired := (op.IDTokenHintExpiredError{}); !errors.As(err, &expired) || claims.SessionID != "s" {
		t.Errorf("VerifyIDTokenHint(expired) = %+v, %v, want the claims and IDTokenHintExpiredError", claims, err)
	}
	if _, err = verify("b", good); err == nil || errors.As(err, new(op.IDTokenHintExpiredError)) {
		t.Errorf("VerifyIDTokenHint(another issuer) = %v, want an error", err)
	}
}

func testClaims(t *testing.T) {
	at := time.Unix(1000, 0)
	claims := wire.NewIDTokenClaims("i", "u", nil, at.Add(time.Hour), at, "n", "c", []string{"pwd"}, "client", 0)
	about := &wire.UserInfo{Subject: "u"}
	about.AppendClaims("groups", []string{"g"})
	claims.SetUserInfo(about)
	claims.SessionID = "s"
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"iss": "i", "sub": "u", "nonce": "n", "acr": "c", "azp": "client", "sid": "s", "auth_time": 1000.0, "exp": 4600.0,
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	if got["groups"] == nil || got["amr"] == nil || got["aud"] == nil || got["email_verified"] != nil {
		t.Errorf("claims = %s, want groups, amr, aud and no email_verified", body)
	}
}

func testClaimHash(t *testing.T) {
	for alg, want := range map[jose.SignatureAlgorithm]int{jose.RS256: 22, jose.PS256: 22, jose.ES256: 22, jose.ES384: 32, jose.EdDSA: 43} {
		if got, err := wire.ClaimHash("token", alg); err != nil || len(got) != want {
			t.Errorf("ClaimHash(%s) = %q, %v, want %d characters", alg, got, err, want)
		}
	}
}
